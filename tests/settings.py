"""The settings for tools that only read code (mypy, makemigrations --check): no server needed."""

import os

os.environ.setdefault("DATABASE_URL", "postgres://localhost/none")
os.environ.setdefault("REDIS_URL", "redis://localhost/0")
os.environ.setdefault("SMTP_URL", "smtp://localhost")
os.environ.setdefault("COMM100_SECRET_KEY", "only-for-checks")
os.environ.setdefault("COMM100_DEBUG", "true")

from comm100.settings import *  # noqa: F403

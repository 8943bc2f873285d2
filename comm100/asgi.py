"""The door for sockets, when live chat comes; serves the same pages today."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comm100.settings")
application = get_asgi_application()

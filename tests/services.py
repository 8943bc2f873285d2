"""pytest plugin, loaded before Django: the servers of this run, in a folder of its own.

DATABASE_URL and REDIS_URL are used when they are given (they name servers, not data: each test
process makes a database of its own there); else the embedded ones start here and stop here.
"""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from comm100.embedded.services import start_services

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="comm100-tests-"))
    folder.chmod(0o755)  # PostgreSQL may run as another user
    stack = ExitStack()
    os.environ.update(start_services(folder, stack, durable=False))
    os.environ["COMM100_DATA"] = str(folder)

    def stop() -> None:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)


def _own_names() -> None:
    """Each test process: its own database, Redis number and data folder."""
    number = int(WORKER.removeprefix("gw") or 0) + 1
    database = urlsplit(os.environ["DATABASE_URL"])
    run = os.environ.setdefault("COMM100_TEST_RUN", str(os.getpid()))
    os.environ["DATABASE_URL"] = urlunsplit(database._replace(path=f"/test_{run}_{number}"))
    broker = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = urlunsplit(broker._replace(path=f"/{number}"))
    data = Path(os.environ["COMM100_DATA"]) / f"worker-{number}"
    data.mkdir(exist_ok=True)
    os.environ["COMM100_DATA"] = str(data)


if not WORKER:
    _start()
    os.environ["COMM100_TEST_BASE"] = "\n".join(
        os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "COMM100_DATA")
    )
else:
    names = ("DATABASE_URL", "REDIS_URL", "COMM100_DATA")
    os.environ.update(zip(names, os.environ["COMM100_TEST_BASE"].split("\n"), strict=True))
_own_names()
os.environ.update(
    COMM100_DEBUG="true",
    COMM100_MODERATION_SAMPLE="0",
    COMM100_SECRET_KEY="only-for-tests",
    COMM100_TASKS_EAGER="true",
    COMM100_HOST="testserver",
    SMTP_URL="smtp://127.0.0.1:9",
)

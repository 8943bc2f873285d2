"""`bin/serve`: everything on one machine, from an empty folder to a page that answers."""

import argparse
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from comm100.core.egress import NoAnswer
from comm100.embedded import ROOT
from comm100.embedded.children import Recipe
from comm100.embedded.ourselves import ask_ourselves
from comm100.embedded.place import Place, Taken
from comm100.embedded.postgres import NoServer
from comm100.embedded.procfile import commands, resolved
from comm100.embedded.services import services_of
from comm100.embedded.supervisor import Failed, Stopped, Supervisor, Voice, stop_on_signals
from comm100.embedded.valkey import free_port

# A worker that is asked nicely would wait for a broker that is gone, too.
ORPHAN = dict.fromkeys(("worker-transactional", "worker-marketing", "beat"), signal.SIGKILL)
SIGN_INS = "sign-ins.txt"  # what the demo's seeding told, told again at each start


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parse(arguments)
    voice = Voice()
    place = Place(wanted.data)
    stop_on_signals()
    try:
        port = _claim_port(wanted.port)
        place.hold()
    except Taken as taken:
        print(taken, file=sys.stderr)
        return 1
    supervisor = Supervisor(voice)
    try:
        _serve(supervisor, place, port, demo=wanted.demo)
    except Stopped:
        voice.say("stopping …")
        return 0
    except (NoServer, Failed) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        supervisor.stop()
        place.let_go()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/serve", description="Run the whole product here.")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: 8000)")
    parser.add_argument("--data", type=Path, default=ROOT / "var", help="folder (default: var)")
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="do not fill an empty house"
    )
    return parser.parse_args(arguments)


def _claim_port(port: int) -> int:
    if port == 0:
        return free_port()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise Taken(f"Port {port} cannot be used ({error.strerror}); try --port.") from None
    return port


def _serve(supervisor: Supervisor, place: Place, port: int, *, demo: bool) -> None:
    services = services_of(place.data)
    for server in services.recipes:
        supervisor.run_server(server)
    env = place.environment(services.urls, host=f"127.0.0.1:{port}")
    env |= {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(port)}
    if "SMTP_URL" not in env:
        env |= _letterbox(free_port())
    _prepare(supervisor, env, demo=demo)
    if (place.data / SIGN_INS).exists():
        env["COMM100_DEMO"] = "true"
    place.tell(env)
    for name, words in commands(env):
        if name != "letterbox" or "COMM100_LETTERBOX" in env:
            supervisor.run(Recipe(name, resolved(words, env), env, orphan_signal=ORPHAN.get(name)))
    url = f"http://127.0.0.1:{port}/"
    supervisor.run_until(Answer(f"{url}health/"))
    supervisor.voice.say(f"ready {url} ({_age():.1f} s)")
    if (place.data / SIGN_INS).exists():
        supervisor.voice.say((place.data / SIGN_INS).read_text().rstrip())
    supervisor.run_for_ever()


def _letterbox(port: int) -> dict[str, str]:
    return {
        "SMTP_URL": f"smtp://127.0.0.1:{port}",
        "COMM100_LETTERBOX": "true",
        "LETTERBOX_PORT": str(port),
    }


def _prepare(supervisor: Supervisor, env: dict[str, str], *, demo: bool) -> None:
    """Roles, migrations, the wall, the company, the demo: one process of Django."""
    words = ["python", "manage.py", "prepare", "--company", *(["--demo"] if demo else [])]
    supervisor.run_once(Recipe("prepare", resolved(words, env), env))


class Answer:
    """Does the address answer 200? Asked a few times a second, without holding up the log."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.next = time.monotonic() + 0.5

    def __call__(self) -> bool:
        if time.monotonic() < self.next:
            return False
        self.next = time.monotonic() + 0.2
        try:
            return ask_ourselves(self.url, seconds=2).status == 200  # noqa: PLR2004
        except NoAnswer:
            return False


def _age() -> float:
    """Seconds since bin/serve was called: the shell became us by `exec`."""
    return time.time() - psutil.Process(os.getpid()).create_time()


if __name__ == "__main__":
    sys.exit(main())

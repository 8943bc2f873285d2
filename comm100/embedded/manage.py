"""`bin/manage`: Django's manage.py with the services up."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from comm100.embedded import ROOT
from comm100.embedded.place import Place, Taken
from comm100.embedded.postgres import NoServer
from comm100.embedded.services import start_services

WITHOUT_SERVICES = (["classify_mail"], ["journal"])
WITHOUT_DATABASE = {"makemigrations", "help", "--help", "version", "prepare"}


def main(arguments: Sequence[str]) -> int:
    place, arguments = _place(list(arguments))
    if arguments[:1] in WITHOUT_SERVICES:
        return _run(arguments, {**os.environ, "PYTHONPATH": str(ROOT)})
    with ExitStack() as stack:
        try:
            env = _environment(place, stack)
        except (Taken, NoServer) as error:
            print(error, file=sys.stderr)
            return 1
        started = not place.told()
        if started and not {*arguments[:1]} <= WITHOUT_DATABASE:
            _run(["prepare", "--company"], env)
        return _run(arguments, env)


def _place(arguments: list[str]) -> tuple[Place, list[str]]:
    data = Path(os.environ.get("COMM100_DATA") or ROOT / "var")
    if arguments[:1] == ["--data"] and len(arguments) > 1:
        data, arguments = Path(arguments[1]), arguments[2:]
    return Place(data), arguments


def _environment(place: Place, stack: ExitStack) -> dict[str, str]:
    """That of the running bin/serve; when none runs, of services started for this command."""
    try:
        place.hold()
    except Taken:
        told = place.told()
        if not told:  # it is just starting, or another bin/manage
            raise
        return {**os.environ, **told, "PYTHONPATH": str(ROOT)}
    stack.callback(place.let_go)
    urls = start_services(place.data, stack)
    return {"SMTP_URL": "smtp://127.0.0.1:9"} | place.environment(urls, host="127.0.0.1:8000")


def _run(arguments: Sequence[str], env: dict[str, str]) -> int:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

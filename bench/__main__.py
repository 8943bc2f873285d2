"""`bin/bench NAME [--json FILE] [--quick]`: see bench/__init__.py."""

import argparse
import inspect
import json
import os
import secrets
import shutil
import sys
import tempfile
from contextlib import ExitStack
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import Any

import bench
from bench import disk, note
from comm100.embedded.postgres import NoServer
from comm100.embedded.services import services_of, start

HERE = Path(__file__).parent
NUMBERS = ("rounds", "recipients", "seed")  # what a benchmark may take besides `quick`


def main() -> int:
    wanted = _parse()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="comm100-bench-"))
        folder.chmod(0o755)  # PostgreSQL may run as another user
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if wanted.name == "chaos" and "DATABASE_URL" not in os.environ:
            bench.small_disk = disk.mount(folder / "postgres", stack)
        try:
            _set_up(folder, stack)
        except NoServer as error:
            note(str(error))
            return 1
        measured = _measure(wanted)
        _close_connections()
    text = json.dumps(measured, indent=2)
    print(text)
    if wanted.json:
        wanted.json.write_text(text + "\n")
    return 0


def _measure(wanted: argparse.Namespace) -> dict[str, Any]:
    run = import_module(_module(wanted.name)).run
    names = (*NUMBERS, "only")
    given = {name: getattr(wanted, name) for name in names if getattr(wanted, name)}
    unknown = [name for name in given if name not in inspect.signature(run).parameters]
    if unknown:
        sys.exit(f"bin/bench {wanted.name} takes no --{unknown[0]}.")
    measured: dict[str, Any] = run(quick=wanted.quick, **given)
    return measured


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench")
    parser.add_argument("name", choices=_names(), help="what to measure")
    parser.add_argument("--json", type=Path, help="write the numbers to this file, too")
    parser.add_argument("--quick", action="store_true", help="a small run, under 60 s")
    for name in NUMBERS:
        parser.add_argument(f"--{name}", type=int, default=0, help="where it means something")
    parser.add_argument("--only", help="chaos: these kinds of faults, in this order: beat,broker")
    return parser.parse_args()


def _names() -> list[str]:
    return sorted(p.stem.rstrip("_") for p in HERE.glob("*.py") if "def run(" in p.read_text())


def _module(name: str) -> str:
    return f"bench.{name}_" if iskeyword(name) else f"bench.{name}"


def _set_up(folder: Path, stack: ExitStack) -> None:
    services = services_of(folder)
    for recipe in services.recipes:
        bench.servers.append(start(recipe))
        stack.callback(bench.servers[-1].stop)
    os.environ.update(services.urls)
    os.environ.update(
        COMM100_DATA=str(folder),
        COMM100_DEBUG="true",
        COMM100_HOST="127.0.0.1:8000",
        COMM100_SECRET_KEY=secrets.token_urlsafe(48),
        DJANGO_SETTINGS_MODULE="comm100.settings",
    )
    os.environ.setdefault("SMTP_URL", "smtp://127.0.0.1:9")
    import django  # noqa: PLC0415  its settings read the lines above

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    call_command("prepare", "--company")
    settings.DEBUG = False  # no query log; everything else that it decides is decided


def _close_connections() -> None:
    from django.db import connections  # noqa: PLC0415

    connections.close_all()


if __name__ == "__main__":
    sys.exit(main())

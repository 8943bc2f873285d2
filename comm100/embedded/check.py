"""`bin/check`: everything that must hold before a change may land, the tests last."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from comm100.embedded import ROOT
from comm100.embedded.chromium import NoChromium, find_or_install
from comm100.embedded.place import python_paths

MANAGE = (sys.executable, "manage.py")
PACKAGES = (
    *("comm100", "accounts", "operators", "privacy", "visitors", "mail", "newsletter", "website"),
    *("tests", "bench"),
)
NOWHERE = {  # the settings load; nobody connects
    "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SMTP_URL": "smtp://127.0.0.1:9",
}


@dataclass(frozen=True)
class Check:
    name: str
    command: Sequence[str]
    env: dict[str, str] = field(default_factory=dict)


def checks(scratch: str) -> list[Check]:
    """The slow one first: they share the processors."""
    production = NOWHERE | {
        "COMM100_SECRET_KEY": secrets.token_urlsafe(64),
        "COMM100_HOST": "comm100.example",
        "COMM100_COMPANY": "Example",
        "COMM100_DATA": scratch,
        "DJANGO_SETTINGS_MODULE": "comm100.settings",
    }
    quiet = {"PYTHONWARNINGS": "ignore", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return [
        Check("types", ["mypy", *PACKAGES]),
        Check("floors", ["lint-imports"]),
        Check("lint", ["ruff", "check", "--quiet"]),
        Check("format", ["ruff", "format", "--check", "--quiet"]),
        Check("templates", ["djlint", "templates", "--lint", "--quiet"]),
        Check("proofs of the policy", [sys.executable, "-m", "tests.proofs"]),
        Check("migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"], quiet),
        Check("deploy", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], production),
    ]


def main(arguments: Sequence[str]) -> int:
    """0 when all holds. `arguments` go to pytest, in place of the whole suite."""
    try:
        chromium = find_or_install()
    except NoChromium as error:
        print(error, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        checked = [pool.submit(_run, check) for check in checks(scratch)]
        tested = pool.submit(_run_tests, arguments, chromium)  # begins beside the slowest check
    failed = [name for name in (check.result() for check in checked) if name]
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return tested.result() or bool(failed)


def _own_environment() -> dict[str, str]:
    """Ours without the settings of a product that runs elsewhere; the servers may be named."""
    named = {name for name in os.environ if name.startswith("COMM100_")} - {"COMM100_VENV"}
    named |= {"SMTP_URL", "DJANGO_SETTINGS_MODULE"}
    return {n: v for n, v in os.environ.items() if n not in named} | python_paths()


def _run_tests(arguments: Sequence[str], chromium: str) -> int:
    processes = str(os.cpu_count() or 2)
    tests = [sys.executable, "-m", "pytest", "-n", processes, *arguments]
    env = {**_own_environment(), "COMM100_CHROMIUM": chromium}
    return subprocess.run(tests, cwd=ROOT, env=env, check=False).returncode


def _run(check: Check) -> str | None:
    """Its name when it failed, with what it said."""
    begun = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=_own_environment() | check.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    took = f"{time.monotonic() - begun:.1f} s"
    if not done.returncode:
        print(f"ok      {check.name} ({took})", flush=True)
        return None
    print(f"FAILED  {check.name} ({took})\n{done.stdout.rstrip()}\n", flush=True)
    return check.name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

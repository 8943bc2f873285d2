"""The Chromium of the browser tests: named, the system's, Playwright's own, or installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",  # a container's /dev/shm is small
)


class NoChromium(RuntimeError):
    """None found, none to be had; the message says what to do."""


def find() -> str | None:
    """Its path. COMM100_CHROMIUM names one."""
    named = os.environ.get("COMM100_CHROMIUM")
    if named:
        return named
    of_system = next(filter(None, map(shutil.which, NAMES)), None)
    return of_system or _playwrights_own()


def find_or_install() -> str:
    """As `find`; else by apt-get where we are root on Debian, else by Playwright."""
    path = find()
    if path:
        return path
    print("Installing Chromium for the browser tests (once) …", flush=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _try(["apt-get", "update", "-qq"])
        _try(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"])
    path = find()
    if not path:
        _try([sys.executable, "-m", "playwright", "install", "chromium"])
        path = find()
    if not path:
        raise NoChromium(
            "The browser tests need Chromium: install it, or name it in COMM100_CHROMIUM."
        )
    return path


def arguments() -> list[str]:
    return [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)


def _try(command: list[str]) -> None:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )


def _playwrights_own() -> str | None:
    """Asked in a process of its own: Playwright's loop may run here already."""
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    path = done.stdout.strip()
    return path if done.returncode == 0 and Path(path).exists() else None

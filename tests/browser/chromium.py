"""Which Chromium the browser tests drive: COMM100_CHROMIUM, the system's, or Playwright's own."""

import os
import shutil
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


def find() -> str | None:
    named = os.environ.get("COMM100_CHROMIUM")
    if named:
        return named
    of_system = next(filter(None, map(shutil.which, NAMES)), None)
    return of_system or _playwrights_own()


def arguments() -> list[str]:
    return [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":  # bin/check asks
    found = find()
    sys.stdout.write(found or "")
    sys.exit(0 if found else 1)

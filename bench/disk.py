"""A disk of its own for the database of a run, small enough to be filled (`bin/bench chaos`).

It is made of memory, by root on Linux; elsewhere there is none, and nothing is filled.
"""

import errno
import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

SIZE = 4 << 30  # bytes: the database, its log up to max_wal_size, and room
STEPS = (64 << 20, 1 << 20, 64 << 10, 4 << 10)  # bytes
BALLAST = "ballast"


def mount(folder: Path, stack: ExitStack) -> Path | None:
    """Put a disk at this new folder until the stack is closed; None where we may not."""
    folder.mkdir()
    wanted = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        subprocess.run(wanted, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    stack.callback(subprocess.run, ["umount", str(folder)], check=False)
    return folder


def fill(folder: Path) -> None:
    """Leave no room at all, until `free`."""
    with (folder / BALLAST).open("wb") as file:
        size = 0
        for step in STEPS:
            while _grow(file.fileno(), size, step):
                size += step


def free(folder: Path) -> None:
    (folder / BALLAST).unlink(missing_ok=True)


def _grow(file: int, size: int, step: int) -> bool:
    try:
        os.posix_fallocate(file, size, step)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True

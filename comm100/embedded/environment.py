"""Make the Python environment that bin/* run in, from requirements.lock, hashes checked.

Runs with any Python >= 3.11 and only its standard library. Two starts at once wait for each
other; an interrupted one is begun again, because the stamp is written last.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ROOT / "requirements.lock"


def main(places: str, *again: str) -> int:
    """Make it in the first of `places` (one a line) where we may write; then run `again`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and pip ends with us
    candidates = places.splitlines()
    for venv in map(Path, candidates):
        if _may_write(venv):
            failed = _make(venv)
            return failed or _run(again)
    print(f"No place to write for the Python environment: {', '.join(candidates)}", file=sys.stderr)
    return 1


def _run(command: Sequence[str]) -> int:
    sys.stderr.flush()
    os.execv(command[0], list(command))


def _may_write(venv: Path) -> bool:
    there = venv
    while not there.exists():
        there = there.parent
    return os.access(there, os.W_OK | os.X_OK)


def _make(venv: Path) -> int:
    venv.mkdir(parents=True, exist_ok=True)
    with Path(f"{venv}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if _is_current(venv):  # somebody else made it while we waited
            return 0
        print(f"Making the Python environment in {venv} (once, a few minutes) …", file=sys.stderr)
        try:
            _make_bare(venv)
            _install(venv)
        except subprocess.CalledProcessError as error:
            print(f"Failed: {' '.join(map(str, error.cmd[:6]))} …", file=sys.stderr)
            return 1
        shutil.copyfile(LOCK, venv / LOCK.name)
    return 0


def _is_current(venv: Path) -> bool:
    stamp = venv / LOCK.name
    return stamp.exists() and stamp.read_bytes() == LOCK.read_bytes() and _runs(venv)


def _runs(venv: Path) -> bool:
    python = venv / "bin" / "python"
    return python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0


def _make_bare(venv: Path) -> None:
    if _runs(venv):
        return
    uv = shutil.which("uv")
    if uv:
        command = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(venv)]
        if subprocess.run(command, check=False).returncode == 0:
            return
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=False)
    if done.returncode:
        print("On Debian and Ubuntu, `apt install python3-venv` helps.", file=sys.stderr)
        done.check_returncode()


def _install(venv: Path) -> None:
    """uv when it is there; pip when it is not, or when uv fails (it reads no pip.conf)."""
    python = venv / "bin" / "python"
    wanted: list[str | Path] = ["install", "--quiet", "--require-hashes", "-r", LOCK]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", *wanted, "--python", python]
        if subprocess.run(command, check=False).returncode == 0:
            return
    pip = [python, "-m", "pip", "-q", "--disable-pip-version-check", *wanted, "--no-input"]
    subprocess.run(pip, check=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

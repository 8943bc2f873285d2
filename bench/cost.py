"""What the processes of a run cost: their own numbers, from /proc."""

import os
from pathlib import Path

import psutil


class Processes:
    """By name: `pids`, each with its children, and the database when it runs here."""

    def __init__(self, pids: dict[str, int]) -> None:
        self.pids = pids | _database()
        self._begun = {name: self._cpu(name) for name in self.pids}

    def cpu_ms(self, count: int) -> dict[str, float]:
        """Milliseconds of processor time for each of `count` since this was made, by process."""
        spent = {name: self._cpu(name) - self._begun[name] for name in self.pids}
        return {name: round(1000 * seconds / count, 3) for name, seconds in spent.items()}

    def peak_mb(self) -> dict[str, float]:
        """The most that one process of each name has held since it began."""
        return {name: max(map(_peak, self._family(name))) for name in self.pids}

    def _family(self, name: str) -> list[psutil.Process]:
        parent = psutil.Process(self.pids[name])
        return [parent, *parent.children(recursive=True)]

    def _cpu(self, name: str) -> float:
        times = [p.cpu_times() for p in self._family(name)]
        ended = times[0].children_user + times[0].children_system
        return sum(t.user + t.system for t in times) + ended


def _peak(process: psutil.Process) -> float:
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except FileNotFoundError:
        return 0.0
    facts = dict(line.split(":", 1) for line in status.splitlines())
    held = facts.get("VmHWM", "0 kB")  # one that just ended holds nothing
    return round(int(held.split()[0]) / 1024, 1)


def _database() -> dict[str, int]:
    """The database of this run, when it runs here."""
    lock = Path(os.environ["COMM100_DATA"]) / "postgres" / "postmaster.pid"
    return {"postgres": int(lock.read_text().split()[0])} if lock.exists() else {}

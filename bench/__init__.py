"""Benchmarks: one file each, run by `bin/bench NAME [--json FILE] [--quick]`.

A `run` that takes more than `quick` (rounds, recipients, seed) gets `--rounds N` and the like.

`bin/bench send` runs `bench/send.py` (`import` is a word of Python: `bench/import_.py`):

    def run(quick: bool) -> dict[str, Any]:
        '''Measure; answer what goes into the JSON file. quick: under 60 s in all.'''

When `run` is called, PostgreSQL and Valkey of its own are up in a temporary folder with the
durability of production (or those of DATABASE_URL and REDIS_URL: an empty database, please),
the database is prepared, the company is seeded, and Django is set up with settings.DEBUG False
and cached templates. Everything is thrown away afterwards.

- `bench.running("worker-transactional", "worker-marketing")` runs processes of the Procfile on
  these servers and returns when both lanes answered a probe:

      with running("worker-transactional", "worker-marketing", SMTP_URL=sink.url):
          ...

  Keywords go into the environment of the processes. settings.SMTP_URL of *this* process is not
  changed by that. "beat" may be named, too.
- `bench.note("…")` tells on stderr how far it is; stdout belongs to the JSON.
- `bench.servers`: the PostgreSQL and Valkey that were started for this run.
- `bench.small_disk`: where the database of this run is, when it has a disk of its own that may be
  filled: for `chaos`, and where we may mount one (bench/disk.py).
- Ratios are measured in the same run as what they compare.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comm100.embedded.children import Child
from comm100.embedded.running import running as _running

READY_SECONDS = 30
servers: list[Child] = []
small_disk: Path | None = None


@contextmanager
def running(*names: str, **env: str) -> Iterator[dict[str, Child]]:
    log = Path(os.environ["COMM100_DATA"]) / "processes.log"
    with _running({**os.environ, **env}, *names, log=log) as children:
        if any(name.startswith("worker-") for name in names):
            _wait_for_workers([n.removeprefix("worker-") for n in names if "worker-" in n], log)
        yield children


def _wait_for_workers(lanes: list[str], log: Path) -> None:
    from comm100.core import probes  # noqa: PLC0415  Django is set up by now

    probes.forget_probes()
    tasks = {"transactional": probes.probe_transactional, "marketing": probes.probe_marketing}
    for lane in lanes:
        tasks[lane].delay()
    deadline = time.monotonic() + READY_SECONDS
    while any(probes.probe_ages()[lane] is None for lane in lanes):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the workers do not answer:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

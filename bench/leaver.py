"""`python -m bench.leaver copy|purge SITE`: one site is copied or purged, as a worker does it.

Prints seconds and the megabytes that this process held, when it began and at most.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django

SLICE = 20.0  # seconds of one task


def main(what: str, site_id: int) -> None:
    step = _copying(site_id) if what == "copy" else _purging(site_id)
    begun, started = _held("VmRSS"), time.perf_counter()
    while step():
        pass
    spent = time.perf_counter() - started
    facts = {"seconds": spent, "begun_with_mb": begun, "peak_mb": _held("VmHWM")}
    print(json.dumps(facts))


def _copying(site_id: int) -> Callable[[], bool]:
    from comm100.core.tenancy import working_for  # noqa: PLC0415  after Django's settings
    from operators.copies import ask_for_copy  # noqa: PLC0415
    from operators.copying.steps import work_on_copy  # noqa: PLC0415
    from operators.models import Operator  # noqa: PLC0415

    with working_for(site_id):
        copy = ask_for_copy(by=Operator.objects.get())
    return partial(work_on_copy, site_id, copy.pk, seconds=SLICE)


def _purging(site_id: int) -> Callable[[], bool]:
    from operators.purging import purge_some  # noqa: PLC0415

    return partial(purge_some, site_id, seconds=SLICE)


def _held(name: str) -> float:
    status = Path("/proc/self/status").read_text()
    facts = dict(line.split(":", 1) for line in status.splitlines())
    return round(int(facts[name].split()[0]) / 1024, 1)


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1], int(sys.argv[2]))

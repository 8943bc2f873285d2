"""How much work something is: counted, never timed, because a busy machine takes its time."""

import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

A_MINUTE = 60  # of processor time; what is measured here takes a hundredth of it


def calls(work: Callable[..., object], *given: Any) -> int:
    """How many functions `work(*given)` calls, those of libraries and of C among them."""
    count = 0

    def called(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    gc.disable()  # what it calls when it finds something is not our work
    sys.setprofile(called)
    try:
        work(*given)
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


@contextmanager
def an_end() -> Iterator[None]:
    """Stops what would never end: a pattern that tries everything is one call, and hours."""

    def stop(*_: object) -> None:
        raise AssertionError("this has no end")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, A_MINUTE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)

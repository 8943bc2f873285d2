"""Processes of the Procfile on servers that run already: for benchmarks and browser tests."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from comm100.embedded.children import Child, Recipe
from comm100.embedded.place import python_paths
from comm100.embedded.procfile import commands, resolved


@contextmanager
def running(env: dict[str, str], *names: str, log: Path) -> Iterator[dict[str, Child]]:
    """Run the named processes under `env`, what they say going to `log`; stop them at the end."""
    env = env | python_paths()
    known = dict(commands(env))
    children = {n: Child(Recipe(n, resolved(known[n], env), env, log=log)) for n in names}
    try:
        yield children
    finally:
        for child in children.values():
            child.ask_to_stop()
        deadline = time.monotonic() + 5
        with ExitStack() as stack:
            for child in children.values():
                stack.callback(child.end, deadline)

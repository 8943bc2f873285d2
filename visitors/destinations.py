"""Where imported people go besides the contacts: apps above register, e.g. "add to lists".

In `AppConfig.ready()`:

    register(Destination(name="lists", label="Add to lists", choices=lists_of, apply=subscribe))

`apply(run, choices)` runs inside the transaction of each chunk, with the site in context. The
people of the chunk stand in the temporary table `import_contact`: `contact_id bigint` (unique),
`is_new boolean`, `email_norm text`, `email_hash bytea`, `line bigint`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from operators.models import Operator
from visitors.models import Import


@dataclass(frozen=True, kw_only=True)
class Destination:
    """One place; `choices` are (value, label) of what this operator may choose, maybe none."""

    name: str
    label: str
    help: str = ""
    choices: Callable[[Operator], list[tuple[str, str]]]
    apply: Callable[[Import, list[str]], None]
    needs_consent: bool = True


_destinations: dict[str, Destination] = {}


def register(destination: Destination) -> None:
    _destinations[destination.name] = destination


def every_destination() -> list[Destination]:
    return list(_destinations.values())


def send_on(run: Import) -> None:
    """Let each chosen destination take the staged people of this chunk."""
    for name, choices in run.destinations.items():
        if choices and name in _destinations:
            _destinations[name].apply(run, choices)

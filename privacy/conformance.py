"""Clause by clause: what is promised, how it is kept, which tests prove it."""

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
PROOFS = DATA / "conformance.json"


@dataclass(frozen=True)
class Clause:
    """tests: node ids of pytest, `tests/mail/test_x.py::test_y`."""

    id: str
    promise: str
    how: str
    tests: tuple[str, ...]

    @property
    def section(self) -> str:
        return self.id.split(".")[0]


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    clauses: list[Clause]


@cache
def clauses() -> tuple[Clause, ...]:
    """Every clause, in the order of the policy."""
    proofs: dict[str, list[str]] = json.loads(PROOFS.read_text())
    return tuple(
        Clause(key, text["promise"], text["how"], tuple(proofs.get(key, ())))
        for key, text in _written().items()
        if key != "section"
    )


def sections() -> list[Section]:
    titles = _written()["section"]
    grouped = groupby(clauses(), key=lambda clause: clause.section)
    return [Section(key, titles[key], list(some)) for key, some in grouped]


def as_json() -> dict[str, Any]:
    """`{"clauses": [{"id", "promise", "how", "tests": [node ids]}]}`."""
    return {
        "clauses": [
            {"id": c.id, "promise": c.promise, "how": c.how, "tests": list(c.tests)}
            for c in clauses()
        ]
    }


@cache
def _written() -> dict[str, dict[str, str]]:
    return tomllib.loads((DATA / "clauses.toml").read_text())

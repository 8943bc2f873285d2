"""Which tests prove which clause: read from the markers, kept in privacy/data/conformance.json.

`python -m tests.proofs` writes the file; it fails when that changed it, so that what is shipped
is what the tests say. bin/check runs it.
"""

import ast
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from privacy.conformance import PROOFS

TESTS = Path(__file__).parent


@cache
def collected() -> dict[str, list[str]]:
    """Clause → node ids of the tests that are marked with it, in the order of the files."""
    proofs: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        whole = list(_marked(_module_marks(tree)))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                name = f"{path.relative_to(TESTS.parent).as_posix()}::{node.name}"
                for clause in dict.fromkeys([*whole, *_marked(node.decorator_list)]):
                    proofs[clause].append(name)
    return {clause: proofs[clause] for clause in sorted(proofs, key=_order)}


def _module_marks(tree: ast.Module) -> list[ast.expr]:
    """The expressions of `pytestmark = …`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            return node.value.elts if isinstance(node.value, ast.List) else [node.value]
    return []


def _marked(expressions: list[ast.expr]) -> Iterator[str]:
    for expression in expressions:
        if isinstance(expression, ast.Call) and ast.unparse(expression.func).endswith(
            "mark.policy"
        ):
            yield from (ast.literal_eval(argument) for argument in expression.args)


def _order(clause: str) -> tuple[int, int]:
    section, number = clause.removeprefix("P").split(".")
    return int(section), int(number)


def main() -> str | None:
    wanted = json.dumps(collected(), indent=1) + "\n"
    if PROOFS.exists() and PROOFS.read_text() == wanted:
        return None
    PROOFS.write_text(wanted)
    return f"{PROOFS} was out of date. It is written anew: commit it."


if __name__ == "__main__":
    sys.exit(main())

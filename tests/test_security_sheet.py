"""The security sheet (docs/security.md) names what exists, and counts right."""

import ast
import re
from collections import Counter

import pytest
from django.conf import settings

pytestmark = [pytest.mark.no_db, pytest.mark.policy("P10.1")]

ROOT = settings.BASE_DIR
SHEET = (ROOT / "docs" / "security.md").read_text()
VERDICTS = ("kept", "not yet", "does not apply")
NUMBER = re.compile(r"(?P<chapter>\d+)\.\d+\.\d+|V(?P<whole>\d+), all (?P<count>\d+)")
OURS = re.compile(r"`([\w.\-]+/[\w./\-]*[\w\-]+(?:::\w+)?|\.?\w[\w.\-]*\.(?:py|md|yml|toml|lock))`")
ROOT_FILES = {"Caddyfile", ".dockerignore"}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


TABLES = [cells(line) for line in SHEET.splitlines() if line.startswith("|")]
ROWS = [row for row in TABLES if NUMBER.fullmatch(row[0])]
SUMMARY = {row[0].split()[0]: row[1:] for row in TABLES if re.match(r"(V\d+ |all$)", row[0])}


def verdict(row: list[str]) -> str:
    return row[3].partition(":")[0]


def named(text: str) -> list[str]:
    """Paths and test nodes in a text: what stands between backticks and looks like one."""
    words = re.findall(r"`([^`]+)`", text)
    return [word for word in words if OURS.fullmatch(f"`{word}`") or word in ROOT_FILES]


def exists(node: str) -> bool:
    path, _, test = node.partition("::")
    if not (ROOT / path).is_file():
        return False
    defined = ast.parse((ROOT / path).read_text()).body if test else []
    return not test or test in {d.name for d in defined if isinstance(d, ast.FunctionDef)}


def counted(row: list[str]) -> tuple[str, int]:
    """The chapter of a row, and for how many requirements it stands."""
    found = NUMBER.fullmatch(row[0])
    assert found
    return f"V{found['whole'] or found['chapter']}", int(found["count"] or 1)


def test_every_path_and_test_that_is_named_exists():
    nodes = {node for row in ROWS for node in named(row[3])}
    assert len(nodes) > 100
    assert sorted(node for node in nodes if not exists(node)) == []


def test_every_row_has_a_level_and_one_of_three_verdicts():
    assert [row for row in ROWS if len(row) != 4 or verdict(row) not in VERDICTS] == []
    assert {row[1] for row in ROWS} == {"1", "2", "1, 2"}
    assert all(row[3].partition(": ")[2] for row in ROWS)


def test_what_is_kept_says_where():
    assert [row[0] for row in ROWS if verdict(row) == "kept" and not named(row[3])] == []


def test_no_requirement_stands_there_twice():
    assert [number for number, times in Counter(row[0] for row in ROWS).items() if times > 1] == []


def test_the_summary_counts_right():
    found: Counter[tuple[str, str]] = Counter()
    for row in ROWS:
        chapter, count = counted(row)
        found[chapter, verdict(row)] += count
        found["all", verdict(row)] += count
    right = {
        chapter: [str(found[chapter, word]) for word in VERDICTS]
        for chapter in {chapter for chapter, _ in found}
    }
    assert right == SUMMARY
    assert len(SUMMARY) == 18  # seventeen chapters and all of them
    assert sum(int(number) for number in SUMMARY["all"]) == 253  # levels 1 and 2 of ASVS 5.0.0

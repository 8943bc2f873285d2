"""Key-set pages: a page is found by the last key seen, so page 10,000 costs what page 1 costs."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import models
from django.http import HttpRequest

M = TypeVar("M", bound=models.Model)
PAGE_SIZE = 50
LONGEST_KEY = 18  # digits; a longer number is no bigint


@dataclass(frozen=True)
class Page(Generic[M]):
    """The rows of one page; `older` and `newer` are query strings, "" where nothing follows."""

    rows: list[M]
    older: str
    newer: str

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def page_by_key(
    rows: models.QuerySet[M], request: HttpRequest, *, key: str = "id", size: int = PAGE_SIZE
) -> Page[M]:
    """One page of `rows`, newest key first; `?before=` and `?after=` hold the key to go on from.

    `key` is an integer column, unique within the site. One query, no count.
    """
    before, after = (key_in(request, name) for name in ("before", "after"))
    if after is not None:
        found = list(rows.filter(**{f"{key}__gt": after}).order_by(key)[: size + 1])
        more_newer, more_older = len(found) > size, True
        found = found[:size][::-1]
    else:
        wanted = rows if before is None else rows.filter(**{f"{key}__lt": before})
        found = list(wanted.order_by(f"-{key}")[: size + 1])
        more_newer, more_older = before is not None, len(found) > size
        found = found[:size]
    if not found:
        return Page([], "", _query(request, after=0) if before is not None else "")
    first, last = getattr(found[0], key), getattr(found[-1], key)
    return Page(
        found,
        _query(request, before=last) if more_older else "",
        _query(request, after=first) if more_newer else "",
    )


def key_in(request: HttpRequest, name: str) -> int | None:
    """The key that `?before=` or `?after=` holds; None when it is no number."""
    text = request.GET.get(name)
    return int(text) if text and text.isdecimal() and len(text) <= LONGEST_KEY else None


def _query(request: HttpRequest, **key: int) -> str:
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    query.update({name: str(value) for name, value in key.items()})
    return "?" + query.urlencode()

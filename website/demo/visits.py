"""Two months of visits to the demo's web pages, made the way of real ones: events become rows."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import token_bytes

from django.utils import timezone

from accounts.models import Site
from visitors.models.visitor import KEY_BYTES
from visitors.visits import rows
from visitors.visits.buffer import Entry, Happened
from website.demo.names import SEED

DAYS = 60
BUSY = (34, 30, 36, 38, 52, 90, 74)  # visitors on a Monday, Tuesday, …
PAGES = (  # and how often each is asked for
    ("/", 30),
    ("/bikes", 16),
    ("/bikes/gravel", 14),
    ("/tyres", 11),
    ("/bikes/cargo", 7),
    ("/repairs", 6),
    ("/rides", 6),
    ("/rides/harbour-loop", 4),
    ("/opening-hours", 4),
    ("/contact", 2),
)
LINKS = (("maps.example/harbour-lane-7", 5), ("northwind.example/tyres/gravel-45.pdf", 3),
         ("rides.example/harbour-loop.gpx", 2))  # fmt: skip
BROWSERS = (("Chrome", 46), ("Safari", 28), ("Firefox", 14), ("Edge", 9), ("Samsung Internet", 3))
LANGUAGES = (("en", 58), ("nb", 17), ("de", 11), ("es", 6), ("vi", 4), ("zh", 4))


def set_up(site: Site) -> None:
    """In the site's context."""
    chance = random.Random(SEED)  # noqa: S311  nobody's secret
    rows.write(list(_numbered(sorted(_events(site, chance), key=lambda pair: pair[0]))))


def _numbered(events: list[tuple[datetime, Happened]]) -> Iterator[Entry]:
    for place, (at, event) in enumerate(events):
        yield Entry(f"{int(at.timestamp() * 1000)}-{place}", event)


def _events(site: Site, chance: random.Random) -> Iterator[tuple[datetime, Happened]]:
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(1, DAYS):
        day = today - timedelta(days=back)
        more = 1.6 if back in {1, 2} else 1  # the letter about tyres had been sent
        for _ in range(round(BUSY[day.weekday()] * more * chance.uniform(0.8, 1.2))):
            yield from _visit(site, day + timedelta(hours=chance.triangular(6, 23, 18)), chance)


def _visit(site: Site, at: datetime, chance: random.Random) -> Iterator[tuple[datetime, Happened]]:
    """A few pages by somebody who agreed, and perhaps a link at the end."""
    somebody = Happened(
        site.pk,
        "/",
        key=token_bytes(KEY_BYTES),
        browser=_one_of(BROWSERS, chance),
        language=_one_of(LANGUAGES, chance),
        ip=f"203.0.113.{chance.randrange(256)}",  # kept for examples: RFC 5737
    )
    page = "/"
    for _ in range(1 + min(int(chance.expovariate(0.5)), 8)):
        page = _one_of(PAGES, chance)
        yield at, replace(somebody, page=page)
        at += timedelta(seconds=chance.uniform(5, 120))
    if chance.random() < 0.2:  # noqa: PLR2004  one in five
        yield at, replace(somebody, page=page, link=_one_of(LINKS, chance))


def _one_of(shares: tuple[tuple[str, int], ...], chance: random.Random) -> str:
    [found] = chance.choices([name for name, _ in shares], [share for _, share in shares])
    return found

"""Who got a campaign, and what did their server say: filtered, searched, added up, in a file.

Nothing here counts or reads all rows of a large campaign: pages go by key, words of servers are
sought in the newest rows of each state (sql/fortify.sql), refusals are added up over the newest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils.http import urlencode

from comm100.core.addresses import address_hash, normalise_email
from comm100.core.paging import PAGE_SIZE, Page, key_in, page_by_key
from mail.models import Outbox
from newsletter.models import Campaign
from newsletter.numbers import Numbers
from newsletter.searching import contacts_found

State = Outbox.State
GROUPS: dict[str, tuple[int, ...]] = {
    "sent": (State.SENT,),
    "waiting": tuple(Outbox.UNSENT),
    "failed": (State.FAILED,),
    "unknown": (State.UNKNOWN,),
    "suppressed": (State.SUPPRESSED,),
    "cancelled": (State.CANCELLED,),
}
IN_A_FILE = 200_000
LAST = 2**62
CODE_DIGITS = 3
LONGEST = 100  # characters of what is sought
# The next rows of each state and mailing, each found in the index; the page takes the first of all.
# Lists of one and the longer order leave no other index: while statistics know one state and one
# mailing, every row seems to be of them, and walking through the whole site by `id` for rows of
# another state seems to end at once.
NEXT = """SELECT near.id FROM unnest(%s::bigint[]) AS part (id)
  CROSS JOIN unnest(%s::smallint[]) AS wanted (state) CROSS JOIN LATERAL (
  SELECT id FROM mail_outbox WHERE site_id = %s AND mailing_id = ANY (ARRAY[part.id])
  AND mail_outbox.state = ANY (ARRAY[wanted.state]) AND id {beyond} %s
  ORDER BY mailing_id {order}, mail_outbox.state {order}, id {order} LIMIT %s) near"""
OLDER = NEXT.format(beyond="<", order="DESC")
NEWER = NEXT.format(beyond=">", order="ASC")
SEARCH = """SELECT found, reached
  FROM app.search_deliveries(%s::bigint[], %s::smallint[], %s, %s, %s, %s, %s)"""
REFUSALS = """SELECT smtp_code, domain, count(*) FROM (
    SELECT smtp_code, lower(split_part(address, '@', 2)) AS domain FROM mail_outbox
    WHERE site_id = %s AND mailing_id = ANY(%s) AND state = %s ORDER BY id DESC LIMIT 5000) newest
  GROUP BY GROUPING SETS ((smtp_code), (domain)) ORDER BY count(*) DESC LIMIT 200"""
SHOWN = 6


@dataclass(frozen=True)
class Wish:
    """What a page asks for: a state, a reader, words or a code of the server, a domain."""

    group: str = ""
    who: str = ""
    said: str = ""
    domain: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> "Wish":
        def given(name: str) -> str:
            return request.GET.get(name, "").replace("\0", "").strip()[:LONGEST]

        group = request.GET.get("state", "")
        return cls(
            group=group if group in GROUPS else "",
            who=given("q"),
            said=given("said"),
            domain=given("domain").lower().lstrip("@"),
        )

    @property
    def states(self) -> list[int]:
        return list(GROUPS.get(self.group, State.values))

    @property
    def code(self) -> int | None:
        return int(self.said) if self.said.isdecimal() and len(self.said) == CODE_DIGITS else None

    @property
    def words(self) -> str:
        return "" if self.code else self.said

    @property
    def is_narrow(self) -> bool:
        return bool(self.group or self.who or self.said or self.domain)

    def query(self, **changes: str) -> str:
        """As the part of an address behind the "?"."""
        facts = {"state": self.group, "q": self.who, "said": self.said, "domain": self.domain}
        return urlencode({name: value for name, value in (facts | changes).items() if value})


@dataclass(frozen=True)
class Refusals:
    """How often each code and each domain stands in the newest refusals: (what, how often)."""

    codes: Sequence[tuple[str, int]]
    domains: Sequence[tuple[str, int]]


def page_of(campaign: Campaign, wish: Wish, request: HttpRequest) -> Page[Outbox]:
    parts = [row.pk for row in campaign.parts]
    rows = _rows(parts)
    if wish.who:
        return page_by_key(rows.filter(_of_reader(wish), state__in=wish.states), request)
    if wish.said or wish.domain:
        return _searched(parts, wish, request)
    return page_by_key(rows.filter(pk__in=_next(campaign.site_id, parts, wish, request)), request)


def refusals_of(campaign: Campaign) -> Refusals:
    parts = [row.pk for row in campaign.parts]
    with connection.cursor() as cursor:
        cursor.execute(REFUSALS, [campaign.site_id, parts, State.FAILED])
        found = cursor.fetchall()
    codes = [(str(code), count) for code, domain, count in found if code and domain is None]
    domains = [(domain, count) for code, domain, count in found if domain]
    return Refusals(codes[:SHOWN], domains[:SHOWN])


def parts_of_file(numbers: Numbers, wish: Wish) -> int:
    """How many files hold all rows of a state; 0 when there are none."""
    waits = {"": numbers.total, "waiting": numbers.remaining}
    count: int = waits[wish.group] if wish.group in waits else getattr(numbers, wish.group)
    return -(-count // IN_A_FILE)


def rows_for_file(campaign: Campaign, wish: Wish, part: int) -> Iterator[Any]:
    """Address, state, code, reply, tries, time: one of the files, oldest first."""
    rows = Outbox.objects.filter(mailing__in=[row.pk for row in campaign.parts])
    rows = rows.filter(state__in=wish.states).order_by("id")
    columns = ("address", "state", "smtp_code", "smtp_reply", "attempts", "settled_at")
    first = (part - 1) * IN_A_FILE
    found = rows.values_list(*columns)[first : first + IN_A_FILE]
    return iter(found.iterator(chunk_size=2000))


def _rows(parts: Sequence[int]) -> Any:
    return Outbox.objects.filter(mailing__in=parts).defer("content").select_related("contact")


def _of_reader(wish: Wish) -> Q:
    """A whole address is found by its hash, also when the contact has another one by now."""
    address = normalise_email(wish.who)
    if "@" in address.strip("@") and " " not in address:
        reader = Q(address_hash=address_hash(address)) | Q(contact__in=contacts_found(wish.who))
    else:
        reader = Q(contact__in=contacts_found(wish.who))
    if wish.code:
        reader &= Q(smtp_code=wish.code)
    if wish.words:
        reader &= Q(smtp_reply__icontains=wish.words)
    if wish.domain:
        reader &= Q(address__iendswith=f"@{wish.domain}")
    return reader


def _searched(parts: Sequence[int], wish: Wish, request: HttpRequest) -> Page[Outbox]:
    """Backwards only; where rows were left out, the next page goes on with those."""
    before = key_in(request, "before")
    values = [list(parts), wish.states, wish.code, wish.words, wish.domain]
    with connection.cursor() as cursor:
        cursor.execute(SEARCH, [*values, before or LAST, PAGE_SIZE + 1])
        found, reached = cursor.fetchone()
    shown = found[:PAGE_SIZE]
    rows = list(_rows(parts).filter(pk__in=shown).order_by("-id"))
    ends = shown[-1] if len(found) > PAGE_SIZE else reached
    older = "?" + wish.query(before=str(ends)) if ends else ""
    return Page(rows, older, "?" + wish.query() if before else "")


def _next(site_id: int, parts: Sequence[int], wish: Wish, request: HttpRequest) -> RawSQL:
    after = key_in(request, "after")
    values = [list(parts), wish.states, site_id]
    if after is not None:
        return RawSQL(NEWER, [*values, after, PAGE_SIZE + 1])  # noqa: S611
    before = key_in(request, "before") or LAST
    return RawSQL(OLDER, [*values, before, PAGE_SIZE + 1])  # noqa: S611

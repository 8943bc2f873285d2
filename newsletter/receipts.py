"""What a contact chose, as they read it: the history on the page, and receipts to keep (P7.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Site
from newsletter.models import NewsletterList
from visitors.models import Contact, Kind, Receipt, Wording

SHOWN = 20  # lines on the page; the file has all of them
WORDS = {Receipt.State.UNSAID: "nothing said", Receipt.State.NO: "no", Receipt.State.YES: "yes"}


@dataclass(frozen=True)
class Line:
    """One change in words, with the words that were shown."""

    at: datetime
    text: str
    where: str
    words: str
    policy_version: str


def history_of(contact: Contact, site: Site) -> list[Line]:
    """The last changes, newest first."""
    receipts = list(Receipt.objects.of(contact)[:SHOWN])
    wordings, lists = Wording.objects.named_in(receipts), lists_in(receipts)
    return [
        Line(
            at=row.at,
            text=f"{_who(row, site)} {_what(row, lists)}",
            where=row.get_where_display(),
            words=wordings.get(bytes(row.wording_digest), ""),
            policy_version=row.policy_version,
        )
        for row in receipts
    ]


def receipts_of(contact: Contact, site: Site) -> dict[str, Any]:
    """Every receipt, oldest first, for a file."""
    receipts = list(Receipt.objects.of(contact).order_by("id"))
    wordings, lists = Wording.objects.named_in(receipts), lists_in(receipts)
    return {
        "site": site.name,
        "e-mail": contact.email,
        "made_at": timezone.now().isoformat(),
        "receipts": [_as_json(row, site, wordings, lists) for row in receipts],
    }


def _as_json(
    row: Receipt, site: Site, wordings: dict[bytes, str], lists: dict[str, str]
) -> dict[str, Any]:
    digest = bytes(row.wording_digest)
    return {
        "receipt": row.pk,
        "at": row.at.isoformat(),
        "kind": Kind(row.kind).name.lower(),
        "what": Kind(row.kind).label,
        "list": lists.get(row.about) if row.about else None,
        "before": WORDS[Receipt.State(row.before)],
        "after": WORDS[Receipt.State(row.after)],
        "by": _who(row, site),
        "where": row.get_where_display(),
        "words": wordings.get(digest),
        "words_sha256": digest.hex() or None,
        "policy_version": row.policy_version,
        "policy": f"{settings.PUBLIC_URL}/privacy/{row.policy_version}/",
    }


def lists_in(receipts: Iterable[Receipt]) -> dict[str, str]:
    """`list:3` → its name; removed lists keep theirs."""
    numbers = {row.about.removeprefix("list:") for row in receipts if row.about.startswith("list:")}
    rows = NewsletterList.objects.filter(number__in=[int(number) for number in numbers])
    return {f"list:{row.number}": row.name for row in rows}


def _who(row: Receipt, site: Site) -> str:
    kind = row.by.partition(":")[0]
    return "You" if kind in {"contact", "user", "staff"} else site.name


def _what(row: Receipt, lists: dict[str, str]) -> str:
    is_yes, own = row.after == Receipt.State.YES, row.by.startswith("contact")
    if row.about in lists:
        name = f"“{lists[row.about]}”"
        if own or row.by.startswith(("user", "staff")):
            return f"joined {name}" if is_yes else f"left {name}"
        return f"put you on {name}" if is_yes else f"took you off {name}"
    said = "yes" if is_yes else "no"
    verb = "noted your" if row.by.startswith(("operator", "system")) else "said"
    return f"{verb} {said} to “{Kind(row.kind).label}”"

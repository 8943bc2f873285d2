"""What a moderator compares a campaign with: the last approved one, and where readers come from.

Made when a campaign is submitted, in the context of its site, and kept with the campaign: whoever
opens it reads it under that one grant, no other campaign and no address (P9.4). Compared is only
with what staff approved, so what they had before their eyes already.
"""

import re
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

from django.db.models import Exists, OuterRef

from mail.content import MailingContent, parse
from newsletter.models import Campaign, Decision, NewsletterList, Subscriber
from visitors.models import Consent, Kind, Source
from visitors.operations import open_to

MOST = 50_000  # readers that are looked at; the rest is assumed to be alike
LONGEST = 2_000  # words of a letter that are compared
CONTEXT = 8  # words around a change
ROLES = (
    "admin", "billing", "contact", "help", "hello", "hr", "info", "jobs", "mail", "marketing",
    "office", "press", "sales", "service", "shop", "support", "team", "webmaster",
)  # fmt: skip
TRAPS = (
    "abuse", "devnull", "do-not-reply", "donotreply", "hostmaster", "mailer-daemon", "no-reply",
    "noreply", "nospam", "postmaster", "root", "spam", "spamtrap", "test",
)  # fmt: skip
WORDS = re.compile(r"\S+\s*")

Piece = list[str]  # ["=" | "-" | "+" | "…", words]


def background_of(campaign: Campaign, content: MailingContent) -> dict[str, Any]:
    """{"changes": … or None, "origins": …}: JSON, for `Campaign.background`."""
    last = last_approved(campaign)
    changes = changes_between(last, content) if last else None
    return {"changes": changes, "origins": origins_of(campaign.chosen_lists)}


def last_approved(campaign: Campaign) -> MailingContent | None:
    """What a moderator approved last for this site; what passed unseen is no measure."""
    seen = Decision.objects.filter(verdict=Decision.Verdict.APPROVED, staff_id__isnull=False)
    others = seen.exclude(campaign=campaign).filter(campaign__mailing__isnull=False)
    content = others.order_by("-at").values_list("campaign__mailing__content", flat=True).first()
    return parse(content) if content else None


def changes_between(old: MailingContent, new: MailingContent) -> dict[str, Any]:
    """Subject and text word by word; links and sender as what came and what went."""
    came, went = set(new.links) - set(old.links), set(old.links) - set(new.links)
    sender = [f"{one.sender_name} <{one.sender_email}>" for one in (old, new)]
    return {
        "subject": word_by_word(old.subject, new.subject),
        "text": word_by_word(old.text, new.text),
        "links_added": sorted(came),
        "links_removed": sorted(went),
        "sender": sender if sender[0] != sender[1] else [],
    }


def word_by_word(old: str, new: str) -> list[Piece]:
    """What stayed, went and came, in order; long stretches that stayed are cut to their ends."""
    before, after = (WORDS.findall(text)[:LONGEST] for text in (old, new))
    pieces: list[Piece] = []
    for tag, first, last, start, end in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            pieces += _kept(after[start:end])
            continue
        if first < last:
            pieces.append(["-", "".join(before[first:last])])
        if start < end:
            pieces.append(["+", "".join(after[start:end])])
    return pieces


def _kept(words: list[str]) -> list[Piece]:
    if len(words) <= 3 * CONTEXT:
        return [["=", "".join(words)]]
    return [["=", "".join(words[:CONTEXT])], ["…", " … "], ["=", "".join(words[-CONTEXT:])]]


def origins_of(lists: list[NewsletterList]) -> dict[str, Any]:
    """Counts by how readers came, on what ground they get mail, and of odd addresses."""
    sources: Counter[str] = Counter()
    consents: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for source, consent, email in _looked_at(lists):
        sources[Source(source).label] += 1
        consents[Consent(consent).label] += 1
        names[email.partition("@")[0]] += 1
    return {
        "looked_at": sources.total(),
        "sources": {one.label: n for one in Source if (n := sources[one.label])},
        "consents": {one.label: n for one in Consent if (n := consents[one.label])},
        "roles": sum(names[name] for name in ROLES),
        "traps": sum(names[name] for name in TRAPS),
    }


def _looked_at(lists: list[NewsletterList]) -> Iterable[tuple[Any, Any, str]]:
    """Counted here: a GROUP BY around a LIMIT took minutes where statistics were old."""
    places = Subscriber.objects.subscribed().filter(contact=OuterRef("pk"), list__in=lists)
    kind = lists[0].kind if lists else Kind.MARKETING
    readers = open_to(kind).filter(Exists(places)).order_by("pk")
    return readers.values_list("source", "consent", "email_norm")[:MOST]

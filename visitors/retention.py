"""How long navigational information, uploads and contacts are kept (P2.4, P3.4)."""

from datetime import timedelta
from typing import Any

from django.db.models import F, Func, GenericIPAddressField, Q, QuerySet

from comm100.core.retention import CONTACT_ERASED, SITE_DELETED, Rule, Stays, keep, stay
from privacy.models.wish import KEPT
from visitors.models import Import, Visitor
from visitors.operations.copies import drop_copies
from visitors.operations.imports import WAITS, abandon_upload
from visitors.operations.visitor import forget_visitors

IP, RAW = timedelta(days=30), timedelta(days=90)
WHY_RAW = "Long enough to see how a site is used; the numbers by day stay, without persons."


class Shortened(Func):
    """What stays of an IP address: 256 of IPv4, or one customer's of IPv6 and more."""

    template = (
        "host(network(set_masklen(%(expressions)s, "
        "CASE family(%(expressions)s) WHEN 4 THEN 24 ELSE 48 END)))::inet"
    )
    output_field = GenericIPAddressField()


def shorten_addresses(rows: QuerySet[Visitor]) -> int:
    return rows.update(ip=Shortened(F("ip")))


def abandon_uploads(rows: QuerySet[Import]) -> int:
    """The files go; what was imported stays, and so does the line that says so."""
    waiting = list(rows.select_for_update().exclude(state=Import.State.RUNNING))
    for run in waiting:
        abandon_upload(run)
    return len(waiting)


def _rule(key: str, model: str, what: str, counted_from: str, **more: Any) -> Rule:
    facts: dict[str, Any] = {"keeps": RAW, "why": WHY_RAW} | more
    return Rule(key=key, model=model, what=what, counted_from=counted_from, **facts)


keep(
    _rule(
        "visitors.addresses",
        "visitors.Visitor",
        "IP addresses of visitors",
        "last_seen",
        since="the last visit",
        keeps=IP,
        only=Q(ip__isnull=False) & ~Q(ip=Shortened(F("ip"))),
        sweep=shorten_addresses,
        effect="shortened",
        why="Against abuse; then the address of the network is enough.",
    ),
    _rule("visitors.views", "visitors.PageView", "Pages that visitors viewed", "at"),
    _rule("visitors.clicks", "visitors.LinkClick", "Links that visitors clicked", "at"),
    _rule(
        "visitors.visitors",
        "visitors.Visitor",
        "Visitors who agreed to be counted: browser, language, times",
        "last_seen",
        since="the last visit",
        sweep=forget_visitors,
    ),
    _rule(
        "visitors.counts",
        "visitors.VisitCount",
        "Visits in numbers by day",
        "day",
        keeps=timedelta(days=800),
        why="To compare a day with the same of two years before.",
    ),
    _rule(
        "visitors.uploads",
        "visitors.Import",
        "Files of contacts that wait to be imported, or failed",
        "created_at",
        since="the upload",
        keeps=WAITS,
        only=~Q(stored_as="") & ~Q(state=Import.State.RUNNING),
        sweep=abandon_uploads,
        effect="the file is deleted",
        why="A week to go on; a file that was imported goes at once.",
    ),
    _rule(
        "visitors.refused",
        "visitors.RefusedRow",
        "Rows of an import that could not become a contact",
        "run__created_at",
        since="the upload",
        why="Time to mend and import them again.",
    ),
)
keep(
    _rule(
        "visitors.copies",
        "visitors.ContactCopy",
        "Copies of all that is held of a contact",
        "asked_at",
        since="it was asked for",
        keeps=KEPT,
        sweep=drop_copies,
        why="A week to fetch it.",
    )
)
stay(
    Stays(
        model="visitors.Contact",
        what="Contacts",
        until=CONTACT_ERASED,
        why="The site decides whom it knows; people may have themselves erased.",
    ),
    Stays(
        model="visitors.ContactErasure",
        what="That a contact is being erased",
        until="the erasure is done",
        why="It is the wish itself.",
    ),
    Stays(
        model="visitors.ContactEvent",
        what="Timeline of a contact: lists joined and left, forms sent",
        until=CONTACT_ERASED,
        why="It explains on what ground the contact is written to.",
    ),
    Stays(
        model="visitors.Identification",
        what="That a visitor said who they are",
        until=f"its visitor goes, or {CONTACT_ERASED}",
        why="It is the proof, without which a visitor has no name.",
    ),
    Stays(
        model="visitors.Choice",
        what="What a contact chose to get",
        until=CONTACT_ERASED,
        why="It is obeyed.",
    ),
    Stays(
        model="visitors.Receipt",
        what="Receipts of choices: what was chosen, when, in which words",
        until=SITE_DELETED,
        why="They prove it; of a person who was erased only a number remains.",
    ),
    Stays(
        model="visitors.Wording",
        what="The words that people agreed to",
        until=SITE_DELETED,
        why="Receipts name them.",
    ),
    Stays(
        model="visitors.CustomField",
        what="Names of a site’s own fields",
        until="the site removes it",
        why="It holds nothing of a person.",
    ),
    Stays(
        model="visitors.Import",
        what="Imports in numbers",
        until=SITE_DELETED,
        why="It says where contacts came from, and on what ground.",
    ),
)

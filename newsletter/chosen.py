"""What a contact chose, as operators read it on the contact's page: what holds, and how it came.

The person reads the same receipts in newsletter/receipts.py. A fixed number of queries, however
much was chosen.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Site
from newsletter.receipts import Line, lists_in
from newsletter.suppressions import is_out
from operators.models import Operator
from visitors.choosing import sentence
from visitors.models import MAIL_KINDS, Choice, Consent, Contact, Kind, Receipt, Wording

SHOWN = 10  # changes on the page; the copy of all data has every one
State = Receipt.State
OWN = {"contact", "user", "staff"}  # they were signed in, or came by their own link


@dataclass(frozen=True)
class Chosen:
    """One of the four choices, with what holds now. `since` is None where nothing was said."""

    label: str
    sentence: str
    state: int
    since: datetime | None
    by: str

    @property
    def tone(self) -> str:
        return {State.YES: "good", State.NO: "bad"}.get(State(self.state), "idle")

    @property
    def words(self) -> str:
        return {State.YES: "Yes", State.NO: "No"}.get(State(self.state), "Nothing said")


def chosen_by(contact: Contact, site: Site) -> dict[str, Any]:
    """The facts of the panel: every choice, the last changes, whether there are older ones."""
    receipts = list(Receipt.objects.of(contact)[: SHOWN + 1])
    shown = receipts[:SHOWN]
    return {
        "choices": _choices(contact, site),
        "history": _lines(shown, contact),
        "has_older": len(receipts) > SHOWN,
        "is_out": is_out(contact),
    }


def _choices(contact: Contact, site: Site) -> list[Chosen]:
    said = {row.kind: row for row in Choice.objects.filter(contact=contact)}
    return [_chosen(kind, said.get(kind), contact, site) for kind in Kind]


def _chosen(kind: Kind, said: Choice | None, contact: Contact, site: Site) -> Chosen:
    words = sentence(kind, site.name)
    if said:
        state = State.YES if said.agreed else State.NO
        by = "by themselves" if said.by_person else f"noted by {site.name}"
        return Chosen(kind.label, words, state, said.at, by)
    if kind == Kind.MARKETING and contact.consent != Consent.NONE:
        by = Consent(contact.consent).label.lower()
        return Chosen(kind.label, words, State.YES, contact.consent_at, by)
    nothing = "nothing of it is sent" if kind in MAIL_KINDS else "visits are not connected"
    return Chosen(kind.label, words, State.UNSAID, None, nothing)


def _lines(receipts: list[Receipt], contact: Contact) -> list[Line]:
    wordings, lists = Wording.objects.named_in(receipts), lists_in(receipts)
    people = _operators(receipts)
    return [
        Line(
            at=row.at,
            text=_told(row, lists, people, contact.label),
            where=row.get_where_display(),
            words=wordings.get(bytes(row.wording_digest), ""),
            policy_version=row.policy_version,
        )
        for row in receipts
    ]


def _told(row: Receipt, lists: dict[str, str], people: dict[str, str], name: str) -> str:
    is_yes, own = row.after == State.YES, row.by.partition(":")[0] in OWN
    who = name if own else people.get(row.by, "The site")
    if row.about in lists:
        place = f"“{lists[row.about]}”"
        if is_yes and row.where == Receipt.Where.SIGN_UP:
            return f"{who} came on {place} by opening an account"
        if own:
            return f"{who} {'joined' if is_yes else 'left'} {place}"
        return f"{who} put them on {place}" if is_yes else f"{who} took them off {place}"
    kind = f"“{Kind(row.kind).label}”"
    if is_yes and row.where == Receipt.Where.SIGN_UP:
        return f"{who} opened an account and did not say no to {kind}"
    said = "yes" if is_yes else "no"
    return f"{who} said {said} to {kind}" if own else f"{who} noted a {said} to {kind}"


def _operators(receipts: list[Receipt]) -> dict[str, str]:
    """`operator:3` → the name, of those who noted something; who left keeps theirs."""
    actors = [row.by.partition(":") for row in receipts]
    numbers = {int(number) for kind, _, number in actors if kind == "operator"}
    rows = Operator.objects.filter(pk__in=numbers).select_related("user")
    return {row.actor_name: row.user.name for row in rows}

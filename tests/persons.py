"""A canary person: something telling of them in every column of every table of the register."""

import io
import json
from collections.abc import Iterator
from typing import Any
from zipfile import ZipFile

from django.core.files.base import ContentFile
from django.db import models

from accounts.models import Site, User
from comm100.core.addresses import address_hash
from comm100.core.models import take_numbers
from comm100.core.personal_data import Holding, every_holding
from comm100.core.storage import keep_file
from comm100.core.tenancy import SiteOwned, working_for
from mail.models import InboundMail, Outbox
from privacy.models import Agent
from tests.planting import values_of
from visitors.models import Contact, Import, Source
from visitors.visits.buffer import Happened, keep

WORD = "canary5f2"
EMAIL = f"{WORD}@persons.example"
NUMBER = 7001
# what the product itself makes while it is tried, or what is a wish and no fact
MADE_BY_USE = {"core.JournalEntry", "visitors.ContactErasure", "visitors.ContactCopy"}
MADE_BY_USE |= {"privacy.AccountErasure", "privacy.AccountCopy"}
# what stands in a column instead of the canary: how rows belong to the person, words of programs
OWN: dict[str, dict[str, Any]] = {
    "mail.Outbox": {
        "state": Outbox.State.SENT,
        "address": EMAIL,
        "mailing": None,
        "message_id": "<7@mail.example>",
        "idempotency_key": None,
        "circular": None,
    },
    "mail.InboundMail": {"state": InboundMail.State.QUARANTINED, "sender": EMAIL},
    "mail.Bounce": {"reason": "user_unknown", "status": "5.1.1", "reply_code": "550"},
    "mail.SoftBounces": {"address_hash": address_hash(EMAIL)},
    "mail.Suppression": {"address_hash": address_hash(EMAIL)},
    "visitors.Visitor": {"contact": None, "identified_by": None, "key": WORD.encode()},
    "visitors.RefusedRow": {"row": [f"{EMAIL.upper()} ", f"{WORD} refused"]},
    "visitors.Import": {
        "stored_as": "",
        "file_name": "people.csv",
        "consent_note": "",
        "problem": "",
        "header": [],
    },
    "visitors.Receipt": {"about": "list:1", "by": "contact:1", "policy_version": "2026-11-23"},
    "newsletter.NewsletterList": {
        "name": "News",
        "slug": "news",
        "description": "Of us",
        "adding": {"added": 3, "over": True},
    },
}


def make_contact(site: Site, email: str = EMAIL, word: str = WORD) -> Contact:
    with working_for(site.pk):
        contact = Contact(
            site=site,
            number=take_numbers("contact"),
            name=f"{word} name",
            source=Source.SUBSCRIPTION,
            fields={"note": f"{word} field"},
            consent_note=f"{word} consent",
            time_zone=f"{word}/zone",
        )
        contact.set_email(email)
        contact.save()
    return contact


def plant_contact(contact: Contact, staff: User) -> dict[str, models.Model]:
    """A row for each holding that can tell of a contact; answers label → row."""
    site = contact.site
    planted: dict[str, models.Model] = {"visitors_contact": contact}
    rows: dict[str, models.Model] = {"visitors.Contact": contact}
    with working_for(site.pk):
        for holding in every_holding():
            if not holding.of_contact or holding.label in MADE_BY_USE:
                continue
            if holding.label in rows or not issubclass(holding.model, SiteOwned):
                continue
            for needed in _needs(holding.model, planted):
                planted[needed._meta.db_table] = _saved(needed, site, planted)
            rows[holding.label] = _saved(holding.model, site, planted)
            planted[holding.model._meta.db_table] = rows[holding.label]
        _link_visitor(rows)
    return rows | plant_at_company(contact, staff)


def _needs(model: type[Any], planted: dict[str, models.Model]) -> Iterator[type[Any]]:
    for field in model._meta.local_fields:
        target: Any = field.related_model
        known = {Site._meta.db_table, User._meta.db_table, *planted}
        if target and not field.null and target._meta.db_table not in known:
            yield target


def _saved(model: type[Any], site: Site, planted: dict[str, Any]) -> models.Model:
    values = dict(values_of(model, site, NUMBER, planted, WORD))
    own: dict[str, Any] = OWN.get(model._meta.label, {})
    if "contact_id" in values:  # a number that outlives them, and no reference
        own = own | {"contact_id": planted["visitors_contact"].pk}
    for column in ("raw", "content"):
        if column in values:
            text = f"From: {EMAIL}\r\n\r\n{WORD}-{model._meta.model_name}"
            own = own | {column: text.encode()}
    row: models.Model = model(**values | own)
    row.save()
    return row


def _link_visitor(rows: dict[str, Any]) -> None:
    """A name takes a proof about the same contact."""
    visitor, proof = rows["visitors.Visitor"], rows["visitors.Identification"]
    visitor.contact, visitor.identified_by = proof.contact, proof
    visitor.save()


def plant_at_company(contact: Contact, staff: User) -> dict[str, models.Model]:
    """What is held of them outside the tables of sites."""
    from privacy.models import AgentDisclosure
    from website.models import NeverInvite, Testimonial, TestimonialConsent

    said = Testimonial.objects.create(
        **{name: f"{WORD}-{name}" for name in ("headline", "name", "title", "organisation")},
        words=f"{WORD}-words",
        email=EMAIL.upper(),
    )
    consent = TestimonialConsent.objects.create(
        testimonial=said, fingerprint=Testimonial.objects.get().fingerprint, policy_version="1"
    )
    Testimonial.objects.update(consent=consent)
    agent = Agent.objects.create(
        user=staff, name="Agency", contract="C-123", scope=1, task="Ask", added_by=staff,
        expires_on="2100-01-01",
    )  # fmt: skip
    return {
        "website.Testimonial": said,
        "website.TestimonialConsent": consent,
        "website.NeverInvite": NeverInvite.objects.create(address_hash=address_hash(EMAIL)),
        "privacy.AgentDisclosure": AgentDisclosure.objects.create(
            agent=agent, contact_id=contact.pk, contact_number=contact.number, fields=["email"]
        ),
    }


def plant_upload(site: Site, text: str, encoding: str = "utf-8") -> Import:
    """A file that waits to be imported, in the broker an event that waits for its row."""
    with working_for(site.pk):
        stored_as = keep_file(
            ContentFile(text.encode(encoding)), site_id=site.pk, kind="imports", suffix=".csv"
        )
        return Import.objects.create(
            site=site,
            number=take_numbers("import"),
            stored_as=stored_as,
            dialect={"encoding": encoding, "delimiter": ",", "header": True, "start": 0},
        )


def plant_event(site: Site) -> None:
    keep(Happened(site.pk, page=f"/{WORD}/", key=WORD.encode()))


class Archive:
    """A copy as it was downloaded."""

    def __init__(self, content: bytes) -> None:
        with ZipFile(io.BytesIO(content)) as archive:
            self.files = {name: archive.read(name) for name in archive.namelist()}
        self.data = json.loads(self.files["data.json"])
        self.text = b"\n".join(self.files.values()).decode(errors="replace")

    @property
    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Label → rows, of all parts."""
        found: dict[str, list[dict[str, Any]]] = {}
        for part in self.data["parts"]:
            for table in part["tables"]:
                found.setdefault(table["table"], []).extend(table["rows"])
        return found


def missing_from(archive: Archive, rows: dict[str, models.Model]) -> list[str]:
    """Columns of planted rows that the copy should have and has not."""
    return [
        f"{label}.{name}"
        for label, row in rows.items()
        for name, text in telling(label, row)
        if text not in archive.text
    ]


def leaked_into(archive: Archive, rows: dict[str, models.Model]) -> list[str]:
    """Secrets of planted rows that stand in the copy."""
    return [
        f"{label}.{name}"
        for label, row in rows.items()
        for name in _holding(label).secrets
        if _as_text(getattr(row, name)) in archive.text
    ]


def telling(label: str, row: models.Model) -> Iterator[tuple[str, str]]:
    """Column and text, of what a copy has to have."""
    holding = _holding(label)
    for name in (*holding.columns, *holding.files):
        if "__" in name or row._meta.get_field(name).choices:  # type: ignore[union-attr]
            continue
        value = getattr(row, name)
        if value is None or value == "" or isinstance(value, bool | int):
            continue
        if isinstance(value, dict | list):
            yield from ((name, str(text)) for text in _leaves(value))
        elif isinstance(value, str | bytes | memoryview):
            yield name, value.decode() if name in holding.files else _as_text(value)


def _leaves(value: Any) -> list[Any]:
    return list(value.values() if isinstance(value, dict) else value)


def _as_text(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _holding(label: str) -> Holding:
    return next(holding for holding in every_holding() if holding.label == label)

"""Whom an agent may see: people of the company who gave their address themselves (P6.2)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from comm100.core.tokens import make_token
from mail.models import Suppression
from privacy.models import Agent, AgentDisclosure
from visitors.models import Choice, Contact, Kind, Source

FIELDS = ("name", "email")
DISCLOSURES = "disclosures"  # the purpose of the tokens in a person's own link
Scope = Agent.Scope
SOURCES: dict[int, tuple[Source, ...]] = {
    Scope.WROTE: (Source.CONTACT_FORM,),
    Scope.SUBSCRIBED: (Source.SUBSCRIPTION,),
    Scope.SIGNED_UP: (Source.ACCOUNT,),
    Scope.ALL: (Source.CONTACT_FORM, Source.SUBSCRIPTION, Source.ACCOUNT),
}


def contacts_for(agent: Agent) -> QuerySet[Contact]:
    """In the company's context. Nobody who said no to its mail, or was typed in by others."""
    left = Suppression.objects.filter(address_hash=OuterRef("email_hash"))
    refused = Choice.objects.filter(contact=OuterRef("pk"), kind=Kind.MARKETING, agreed=False)
    found = Contact.objects.filter(~Exists(left), ~Exists(refused), source__in=SOURCES[agent.scope])
    return found.exclude(email_norm="")


def facts_of(contact: Contact) -> list[tuple[str, str]]:
    """Label and value of each of FIELDS."""
    labels = {"name": "Name", "email": "E-mail"}
    return [(labels[name], str(getattr(contact, name))) for name in FIELDS]


def disclosures_url(contact: Contact) -> str:
    """Where a contact of the company sees whom they were shown to."""
    token = make_token(DISCLOSURES, contact.site_id, contact.pk)
    return f"{settings.PUBLIC_URL}/disclosures/{token}/"


def accounting_of(contact_id: int) -> list[dict[str, Any]]:
    """To whom this person was shown, newest first."""
    rows = AgentDisclosure.objects.filter(contact_id=contact_id).select_related("agent")
    return [
        {"agent": one.agent.name, "task": one.agent.task, "fields": one.fields, "at": one.at}
        for one in rows.order_by("-at")[:200]
    ]


def last_shown(agent: Agent, contact_ids: list[int]) -> dict[int, datetime]:
    rows = agent.disclosures.filter(contact_id__in=contact_ids).order_by("at")
    return dict(rows.values_list("contact_id", "at"))

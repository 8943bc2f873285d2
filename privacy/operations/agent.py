"""Agents: added with contract, scope and expiry; ended; and whom they were shown (P6.2)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Site, User
from comm100.core.journal import record
from comm100.core.tenancy import working_for
from privacy.models import Agent, AgentDisclosure

SHOWN_FOR = timedelta(hours=8)


@transaction.atomic
def add_agent(facts: Mapping[str, Any], *, by: User) -> Agent:
    agent = Agent.objects.create(**facts, added_by=by)
    _note("agent.added", agent, by=by, contract=agent.contract, until=str(agent.expires_on))
    return agent


@transaction.atomic
def end_agent(agent: Agent, *, by: User) -> None:
    """At once. Safe to repeat."""
    if Agent.objects.filter(pk=agent.pk, ended_at=None).update(ended_at=timezone.now()):
        _note("agent.ended", agent, by=by)


@transaction.atomic
def disclose(agent: Agent, *, contact_id: int, number: int, fields: Sequence[str]) -> None:
    """Write down that this agent is going to see this person; the page shows nothing before."""
    AgentDisclosure.objects.create(
        agent=agent, contact_id=contact_id, contact_number=number, fields=list(fields)
    )
    _note("agent.shown", agent, by=agent, contact=contact_id, fields=list(fields))


def is_shown(agent: Agent, contact_id: int) -> bool:
    """Whether it was written down lately."""
    since = timezone.now() - SHOWN_FOR
    return agent.disclosures.filter(contact_id=contact_id, at__gt=since).exists()


def _note(action: str, agent: Agent, *, by: Any, **detail: Any) -> None:
    with working_for(Site.objects.company().pk, kind="public"):
        record(action, by=by, agent=agent.pk, **detail)

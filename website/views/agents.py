"""What an agent sees: numbers first, one person at a time, each written down before (P6.2)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Site
from accounts.permissions import UserRequest, View, signed_in
from comm100.core.paging import page_by_key
from comm100.core.tenancy import working_for
from privacy.models import Agent
from privacy.operations.agent import disclose, is_shown
from visitors.models import Contact, Visitor
from website.agency import FIELDS, contacts_for, disclosures_url, facts_of, last_shown


def agent_only(view: Callable[..., HttpResponse]) -> View:
    """For a signed-in agent at work; for others the page is not there. In the company's context."""

    @signed_in
    @never_cache
    @wraps(view)
    def guarded(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        agent = Agent.objects.at_work().filter(user=request.user).first()
        if agent is None:
            raise Http404
        with working_for(Site.objects.company().pk, kind="public"):
            return view(request, agent, *args, **kwargs)

    setattr(guarded, "admits", "user")  # noqa: B010  never_cache wraps what signed_in made
    return guarded


@agent_only
@require_GET
def contacts(request: UserRequest, agent: Agent) -> HttpResponse:
    """Numbers, how they came and when; no name and no address."""
    rows = contacts_for(agent).only("number", "source", "created_at", "site_id")
    page = page_by_key(rows, request, key="number")
    shown = last_shown(agent, [one.pk for one in page.rows])
    lines = [(one, shown.get(one.pk)) for one in page.rows]
    return render(request, "agents/contacts.html", {"agent": agent, "page": page, "lines": lines})


@agent_only
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: UserRequest, agent: Agent, number: int) -> HttpResponse:
    """POST writes down that they are shown; only then GET shows them, for a working day."""
    found: Contact = get_object_or_404(contacts_for(agent), number=number)
    if request.method == "POST":
        disclose(agent, contact_id=found.pk, number=found.number, fields=FIELDS)
        return redirect("website:agent_contact", number)
    values = facts_of(found) if is_shown(agent, found.pk) else []
    facts = {"agent": agent, "number": found.number, "values": values}
    facts |= {"link": disclosures_url(found)} if values else {}
    return render(request, "agents/contact.html", facts | {"source": found.get_source_display()})


@agent_only
@require_GET
def visitor(request: UserRequest, agent: Agent, pk: int) -> HttpResponse:
    """A visitor who gave us an address leads to their contact; anybody else is not there."""
    found = get_object_or_404(Visitor.objects.filter(contact__isnull=False), pk=pk)
    known = get_object_or_404(contacts_for(agent), pk=found.contact_id)
    return redirect("website:agent_contact", known.number)

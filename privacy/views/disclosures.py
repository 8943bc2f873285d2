"""Disclosures that the law demands, and agents, in the staff admin (P6.2, P6.3)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comm100.core.staff import freshly_confirmed, staff_may, staff_page
from privacy.forms.disclosures import AgentForm, DisclosureForm
from privacy.granting import kinds
from privacy.models import Agent, LegalDisclosure
from privacy.operations import agent as agency
from privacy.operations import disclosure as operations
from privacy.operations.grant import GrantRefused
from privacy.views.grants import StaffRequest

DISCLOSE, AGENTS = "privacy.add_legaldisclosure", "privacy.change_agent"


@staff_may(DISCLOSE)
@require_GET
@never_cache
def index(request: StaffRequest) -> HttpResponse:
    found = operations.all_disclosures()[:100]
    return staff_page(request, "staff/disclosures/index.html", {"disclosures": found})


@staff_may(DISCLOSE)
@freshly_confirmed
@never_cache
def new(request: StaffRequest) -> HttpResponse:
    form = DisclosureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            asked = operations.ask_disclosure(given.pop("site"), order=given, by=request.user)
        except GrantRefused as refused:
            form.add_error(None, f"The database refused it: {refused}.")
        else:
            return redirect("access:disclosure", asked.pk)
    status = 422 if form.errors else 200
    return staff_page(request, "staff/disclosures/new.html", {"form": form}, status=status)


@staff_may(DISCLOSE)
@require_GET
@never_cache
def show(request: StaffRequest, disclosure: int) -> HttpResponse:
    found = _or_404(request, disclosure)
    facts = {
        "disclosure": found,
        "mine": found.asked_by_id == request.user.pk,
        "records": [(kinds()[kind].opts.verbose_name, key) for kind, key in found.records],
    }
    return staff_page(request, "staff/disclosures/show.html", facts)


@staff_may(DISCLOSE)
@require_POST
@freshly_confirmed
def approve(request: StaffRequest, disclosure: int) -> HttpResponse:
    try:
        operations.approve_disclosure(_or_404(request, disclosure), by=request.user)
    except GrantRefused:
        messages.error(request, "Nothing was approved: it does not wait for you.")
    else:
        messages.success(request, "Approved. Who asked has eight hours to hand it over.")
    return redirect("access:disclosure", disclosure)


@staff_may(DISCLOSE)
@require_POST
@freshly_confirmed
@never_cache
def hand_over(request: StaffRequest, disclosure: int) -> HttpResponse:
    """The file, once; its hash stays."""
    found = _or_404(request, disclosure)
    shown = {kind: (page.model, page.shown) for kind, page in kinds().items()}
    try:
        content = operations.hand_over(found, shown=shown, by=request.user)
    except GrantRefused as refused:
        messages.error(request, f"Nothing was handed over: {refused}.")
        return redirect("access:disclosure", disclosure)
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="disclosure-{found.pk}.json"'
    return answer


def _or_404(request: StaffRequest, pk: int) -> LegalDisclosure:
    found = operations.disclosure_of(pk, by=request.user)
    if found is None:
        raise Http404
    return found


@staff_may(AGENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def agents(request: StaffRequest) -> HttpResponse:
    """All agents, and a form for one more."""
    form = AgentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        agency.add_agent(facts | {"user": facts.pop("email")}, by=request.user)
        messages.success(request, "Added. They find the contacts at /agents/.")
        return redirect("access:agents")
    facts = {"form": form, "agents": Agent.objects.for_list()}
    status = 422 if form.errors else 200
    return staff_page(request, "staff/disclosures/agents.html", facts, status=status)


@staff_may(AGENTS)
@require_GET
def agent(request: StaffRequest, agent: int) -> HttpResponse:
    """One agent, and the accounting of whom they were shown: numbers, no names."""
    found = get_object_or_404(Agent.objects.for_list(), pk=agent)
    facts = {"agent": found, "shown": found.disclosures.order_by("-id")[:200]}
    return staff_page(request, "staff/disclosures/agent.html", facts)


@staff_may(AGENTS)
@require_POST
def end_agent(request: StaffRequest, agent: int) -> HttpResponse:
    agency.end_agent(get_object_or_404(Agent, pk=agent), by=request.user)
    messages.success(request, "Ended. They see nobody any more.")
    return redirect("access:agents")

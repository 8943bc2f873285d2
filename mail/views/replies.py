"""What people answered: the list, one of them, and what an operator makes of it."""

from django.contrib import messages
from django.db.models.functions import Left
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from comm100.core.paging import page_by_key
from mail import carriers, operations
from mail.models import Reply
from operators.http import OperatorRequest
from operators.permissions import operator_may

STATES = {state.name.lower(): state for state in Reply.State}
DECISIONS = {"unsubscribe": True, "keep": False}
MANY = 100


@operator_may("mail:read")
def show_all(request: OperatorRequest) -> HttpResponse:
    rows = Reply.objects.for_list().defer("new_text").annotate(snippet=Left("new_text", 160))
    state = STATES.get(request.GET.get("state", ""))
    if state:
        rows = rows.filter(state=state)
    campaign = carriers.numbered(request.GET.get("campaign", ""))
    if campaign:
        rows = rows.filter(mailing__in=campaign.mailing_ids)
    page = page_by_key(rows, request, key="number")
    facts = {
        "page": page,
        "campaign": campaign,
        "campaigns": carriers.named(row.mailing_id for row in page.rows),
        "state": state,
        "states": Reply.State,
        "undecided": Reply.objects.undecided()[:MANY].count(),
    }
    return render(request, "mail/replies.html", facts)


@operator_may("mail:read")
def show(request: OperatorRequest, number: int) -> HttpResponse:
    rows = Reply.objects.select_related("contact", "decided_by__user")
    reply = get_object_or_404(rows, number=number)
    facts = {
        "reply": reply,
        "campaign": carriers.named([reply.mailing_id]).get(reply.mailing_id or 0),
        "has_more": reply.whole_text.strip() != reply.new_text.strip(),
    }
    return render(request, "mail/reply.html", facts)


@operator_may("mail:decide")
@require_POST
def decide(request: OperatorRequest, number: int) -> HttpResponse:
    """One click; a second one finds it decided."""
    reply = get_object_or_404(Reply.objects.all(), number=number)
    leaves = DECISIONS.get(request.POST.get("decision", ""))
    if leaves is None:
        messages.error(request, "Choose what to do with this reply.")
    elif operations.decide(reply, leaves=leaves, by=request.operator):
        words = "unsubscribed. They get no more newsletters." if leaves else "done."
        messages.success(request, f"{reply.from_whom}: {words}")
    if request.POST.get("next") == "list":
        return redirect("post:replies", request.site.slug)
    return redirect("post:reply", request.site.slug, number)

"""Mails that we could not make sense of: look at them, try again, throw them away."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from comm100.core.paging import page_by_key
from mail import operations
from mail.models import InboundMail
from mail.showing import readable
from operators.http import OperatorRequest
from operators.permissions import operator_may


@operator_may("mail:read")
def show_all(request: OperatorRequest) -> HttpResponse:
    page = page_by_key(InboundMail.objects.for_list(), request, key="number")
    return render(request, "mail/quarantine.html", {"page": page})


@operator_may("mail:read")
def show(request: OperatorRequest, number: int) -> HttpResponse:
    kept = get_object_or_404(InboundMail.objects.in_quarantine(), number=number)
    facts = {"kept": kept, "source": readable(bytes(kept.raw)), "size": len(kept.raw)}
    return render(request, "mail/quarantined.html", facts)


@operator_may("mail:decide")
@require_POST
def replay(request: OperatorRequest, number: int) -> HttpResponse:
    operations.replay(_kept(number))
    messages.success(request, "It is read once more. If it stays unclear, it comes back here.")
    return redirect("post:quarantine", request.site.slug)


@operator_may("mail:decide")
@require_POST
def remove(request: OperatorRequest, number: int) -> HttpResponse:
    operations.throw_away(_kept(number))
    messages.success(request, "Thrown away.")
    return redirect("post:quarantine", request.site.slug)


def _kept(number: int) -> InboundMail:
    rows = InboundMail.objects.in_quarantine().select_for_update()
    return get_object_or_404(rows, number=number)

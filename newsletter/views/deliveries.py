"""Who got a campaign, and what did their mail server say."""

from django.http import HttpResponse
from django.shortcuts import render

from comm100.core.paging import page_by_key
from mail.models import Outbox
from newsletter.searching import contacts_found
from newsletter.views.campaigns import campaign_for
from operators.http import OperatorRequest
from operators.permissions import operator_may

GROUPS = {
    "sent": (Outbox.State.SENT,),
    "waiting": Outbox.UNSENT,
    "failed": (Outbox.State.FAILED,),
    "unknown": (Outbox.State.UNKNOWN,),
    "suppressed": (Outbox.State.SUPPRESSED,),
    "cancelled": (Outbox.State.CANCELLED,),
}


@operator_may("newsletter:read")
def show(request: OperatorRequest, number: int) -> HttpResponse:
    campaign = campaign_for(number)
    group = request.GET.get("state", "")
    words = request.GET.get("q", "").strip()
    rows = Outbox.objects.none()
    if campaign.mailing:
        rows = Outbox.objects.for_mailing(campaign.mailing)
    if group in GROUPS:
        rows = rows.filter(state__in=GROUPS[group])
    if words:
        rows = rows.filter(contact__in=contacts_found(words))
    facts = {
        "campaign": campaign,
        "page": page_by_key(rows, request),
        "group": group,
        "groups": list(GROUPS),
        "q": words,
    }
    return render(request, "newsletter/deliveries.html", facts)

"""Who got a campaign, and what did their mail server say."""

from collections.abc import Iterable

from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from comm100.core.paging import PAGE_SIZE, key_in, page_by_key
from mail.models import Mailing, Outbox
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
# The next rows of each state, each found in the index; the page then takes the first of all.
NEXT = """SELECT near.id FROM unnest(%s::smallint[]) AS wanted (state) CROSS JOIN LATERAL (
  SELECT id FROM mail_outbox WHERE site_id = %s AND mailing_id = %s
  AND mail_outbox.state = wanted.state
  AND id {beyond} %s ORDER BY id {order} LIMIT %s) near"""
OLDER = NEXT.format(beyond="<", order="DESC")
NEWER = NEXT.format(beyond=">", order="ASC")
LAST = 2**62


@operator_may("newsletter:read")
def show(request: OperatorRequest, number: int) -> HttpResponse:
    campaign = campaign_for(number)
    group = request.GET.get("state", "")
    words = request.GET.get("q", "").strip()
    states = GROUPS.get(group, Outbox.State.values)
    rows = Outbox.objects.none()
    if campaign.mailing:
        rows = Outbox.objects.for_mailing(campaign.mailing)
        if words:
            rows = rows.filter(contact__in=contacts_found(words), state__in=states)
        else:
            rows = rows.filter(pk__in=_next(campaign.mailing, states, request))
    facts = {
        "campaign": campaign,
        "page": page_by_key(rows, request),
        "group": group,
        "groups": list(GROUPS),
        "q": words,
    }
    return render(request, "newsletter/deliveries.html", facts)


def _next(mailing: Mailing, states: Iterable[int], request: HttpRequest) -> RawSQL:
    after = key_in(request, "after")
    limit = PAGE_SIZE + 1
    if after is not None:
        return RawSQL(NEWER, [list(states), mailing.site_id, mailing.pk, after, limit])  # noqa: S611
    before = key_in(request, "before") or LAST
    return RawSQL(OLDER, [list(states), mailing.site_id, mailing.pk, before, limit])  # noqa: S611

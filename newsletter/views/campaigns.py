"""The campaigns of a site: the list, a new one, a copy, and the one by its state."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from comm100.core.paging import page_by_key
from newsletter.forms.campaign import ScheduleForm
from newsletter.forms.moderation import AppealForm
from newsletter.models import Campaign, NewsletterList
from newsletter.operations import campaign as operations
from newsletter.operations.appealing import may_appeal
from newsletter.outlook import outlook
from newsletter.plots import sparklines
from newsletter.reporting import report_of
from newsletter.searching import contacts_to_preview
from operators.http import OperatorRequest
from operators.permissions import operator_may
from visitors.operations import contact_count

STATES = {state.name.lower(): state for state in Campaign.State}


def campaign_for(number: int) -> Campaign:
    """The campaign of this site, with its numbers but without the frozen content; else 404."""
    return get_object_or_404(Campaign.objects.with_numbers(), number=number)


@operator_may("newsletter:read")
def show_all(request: OperatorRequest) -> HttpResponse:
    rows = Campaign.objects.for_list()
    state = STATES.get(request.GET.get("state", ""))
    if state:
        rows = rows.filter(state=state)
    page = page_by_key(rows, request)
    facts = {
        "page": page,
        "waiting": next((row for row in page.rows if row.is_waiting), None),
        "sparklines": sparklines(page.rows),
        "state": state,
        "states": Campaign.State,
        "has_contacts": bool(page.rows) or contact_count() > 0,
        "has_list": bool(page.rows) or NewsletterList.objects.kept().exists(),
    }
    return render(request, "newsletter/campaigns.html", facts)


@operator_may("newsletter:write")
@require_http_methods(["GET", "POST"])
def new(request: OperatorRequest) -> HttpResponse:
    """GET asks for nothing but a click: a page that is only looked at makes no draft."""
    if request.method == "GET":
        facts = {"lists": NewsletterList.objects.for_list()}
        return render(request, "newsletter/campaign_new.html", facts)
    campaign = operations.make_campaign(by=request.operator)
    return redirect("newsletter:campaign_edit", request.site.slug, campaign.number)


@operator_may("newsletter:read")
def show(request: OperatorRequest, number: int) -> HttpResponse:
    return campaign_page(request, campaign_for(number))


def campaign_page(
    request: OperatorRequest,
    campaign: Campaign,
    schedule_form: ScheduleForm | None = None,
    appeal_form: AppealForm | None = None,
) -> HttpResponse:
    """What becomes of it; with the form for another time, or an appeal, when that was refused."""
    refused = bool(schedule_form or appeal_form)
    lists = NewsletterList.objects.filter(pk__in=campaign.audiences.values("list"))
    facts = {
        "campaign": campaign,
        "outlook": outlook(campaign, request.site),
        "report": report_of(campaign, request.site.time_zone) if campaign.has_left else None,
        "lists": lists.order_by("name"),
        "people": contacts_to_preview(request, campaign),
        "schedule_form": schedule_form or _another_time(request, campaign),
        "appeal_form": (appeal_form or AppealForm()) if may_appeal(campaign) else None,
    }
    template = "newsletter/campaign.html"
    part = "#live" if request.htmx and not refused else ""
    return render(request, template + part, facts, status=422 if refused else 200)


def _another_time(request: OperatorRequest, campaign: Campaign) -> ScheduleForm:
    """As it is scheduled now."""
    zone = ZoneInfo(request.site.time_zone)
    wanted = campaign.wanted_at
    initial = {"when": "now"}
    if wanted and campaign.state == Campaign.State.SCHEDULED:
        when = "local" if campaign.fallback_zone else "later"
        initial = {"when": when, "wanted_at": f"{wanted.astimezone(zone):%Y-%m-%dT%H:%M}"}
    return ScheduleForm(zone=zone.key, is_test=campaign.is_test, initial=initial)


@operator_may("newsletter:write")
@require_POST
def copy(request: OperatorRequest, number: int) -> HttpResponse:
    made = operations.copy_campaign(campaign_for(number), by=request.operator)
    messages.success(request, "This is the copy. The first one stays as it was.")
    return redirect("newsletter:campaign_edit", request.site.slug, made.number)

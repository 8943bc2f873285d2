"""Try, submit, schedule, hold, resume, cancel a campaign."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from comm100.core.throttling import may_again
from mail import operations as mail
from newsletter.composing import content_of
from newsletter.forms.campaign import PASSED, SampleForm, ScheduleForm
from newsletter.models import Campaign
from newsletter.operations import sending as operations
from newsletter.views.campaigns import campaign_for, campaign_page
from newsletter.views.editor import check_facts
from operators.http import OperatorRequest
from operators.permissions import operator_may
from visitors.models import Contact

SAMPLES, SAMPLE_SECONDS = 20, 3600  # test sends of one operator an hour


@operator_may("newsletter:submit")
@require_http_methods(["GET", "POST"])
def submit(request: OperatorRequest, number: int) -> HttpResponse:
    """GET shows the check list, POST submits; a second POST finds it submitted already."""
    campaign = campaign_for(number)
    if request.method == "GET":
        if campaign.state not in operations.SUBMITTABLE:
            return redirect(campaign)
        return render(request, "newsletter/campaign_submit.html", check_facts(request, campaign))
    form = _schedule_form(request, campaign)
    if form.is_valid() and _submitted(request, campaign, form):
        return redirect(campaign)
    facts = check_facts(request, campaign_for(number)) | {"submit_form": form}
    return render(request, "newsletter/campaign_submit.html", facts, status=422)


def _submitted(request: OperatorRequest, campaign: Campaign, form: ScheduleForm) -> bool:
    """Whether it is; else the form says what stands in the way."""
    schedule = form.cleaned_data["schedule"]
    with _errors_in(form):
        operations.submit_campaign(campaign, by=request.operator, schedule=schedule)
    return not form.errors


@operator_may("newsletter:submit")
@require_POST
def reschedule(request: OperatorRequest, number: int) -> HttpResponse:
    """Another time, or now, for what is approved and has not left."""
    campaign = campaign_for(number)
    form = _schedule_form(request, campaign)
    if form.is_valid():
        with _errors_in(form):
            moved = operations.reschedule_campaign(
                campaign, by=request.operator, schedule=form.cleaned_data["schedule"]
            )
            if not moved:
                messages.info(request, "Nothing changed: it is on its way already, or over.")
    if form.errors:
        return campaign_page(request, campaign, schedule_form=form)
    return redirect(campaign)


def _schedule_form(request: OperatorRequest, campaign: Campaign) -> ScheduleForm:
    zone = request.site.time_zone
    return ScheduleForm(request.POST, zone=zone, is_test=campaign.is_test)


@contextmanager
def _errors_in(form: ScheduleForm) -> Iterator[None]:
    """What the operations refuse, said by the form."""
    try:
        yield
    except operations.SiteSuspended:
        form.add_error(
            None,
            f"{settings.COMPANY_NAME} suspended the newsletter of this site. "
            f"Write to {settings.COMPANY_EMAIL}.",
        )
    except operations.NotReady as error:
        form.add_error(None, " ".join(error.problems))
    except operations.TimeHasPassed:
        form.add_error("wanted_at", PASSED)


@operator_may("newsletter:write")
@require_POST
def send_test(request: OperatorRequest, number: int) -> HttpResponse:
    """One copy to somebody who works here, as the chosen contact would get it."""
    campaign = campaign_for(number)
    form = SampleForm(request.POST, by=request.operator)
    if not form.is_valid():
        messages.error(request, "Choose who gets the test: somebody who works here.")
    elif not may_again("sample", request.operator.pk, SAMPLES, SAMPLE_SECONDS):
        messages.error(request, f"{SAMPLES} tests an hour are enough. Try again later.")
    else:
        to = form.cleaned_data["to"].user.email
        contact = Contact.objects.for_list().first() or Contact(email=to, name="", fields={})
        content = content_of(campaign, request.site)
        mail.send_sample(content, contact=contact, to=to)
        messages.success(request, f"A test is on its way to {to}.")
    if campaign.is_editable:
        return redirect("newsletter:campaign_submit", request.site.slug, number)
    return redirect(campaign)


@operator_may("newsletter:submit")
@require_POST
def hold(request: OperatorRequest, number: int) -> HttpResponse:
    reason = f"Held by {request.user.name}"
    held = operations.hold_campaign(campaign_for(number), by=request.operator, reason=reason)
    if not held:
        messages.info(request, "There was nothing to hold.")
    return redirect("newsletter:campaign", request.site.slug, number)


@operator_may("newsletter:submit")
@require_POST
def resume(request: OperatorRequest, number: int) -> HttpResponse:
    try:
        operations.resume_campaign(campaign_for(number), by=request.operator)
    except mail.HeldForResults:
        messages.error(request, "A moderator looks at its results first. You get a mail.")
    except mail.OverCap:
        messages.error(
            request, "It has more readers than were approved. Copy it and submit it again."
        )
    return redirect("newsletter:campaign", request.site.slug, number)


@operator_may("newsletter:submit")
@require_POST
def cancel(request: OperatorRequest, number: int) -> HttpResponse:
    if operations.cancel_campaign(campaign_for(number), by=request.operator):
        messages.success(request, "The campaign is cancelled. What had left is not undone.")
    return redirect("newsletter:campaign", request.site.slug, number)


@operator_may("newsletter:submit")
@require_POST
def resend_unknown(request: OperatorRequest, number: int) -> HttpResponse:
    count = operations.resend_unknown(campaign_for(number), by=request.operator)
    if count:
        messages.success(request, f"{count:,} go out again. Some may get it twice.")
    else:
        messages.info(request, "There was nothing left to send again.")
    return redirect("newsletter:campaign", request.site.slug, number)

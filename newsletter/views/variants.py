"""The test of a campaign: write its variants, and choose the winner."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from newsletter.forms.variants import PlanForm, VariantForm, variant_forms
from newsletter.models import Campaign
from newsletter.operations import testing
from newsletter.operations.campaign import OPEN_TO_EDIT, NotEditable
from newsletter.operations.variants import Plan, save_test
from newsletter.views.campaigns import campaign_for
from newsletter.views.editor import GONE_BY
from operators.http import OperatorRequest
from operators.permissions import operator_may

NOTHING_TO_TEST = "Write another subject or another text for at least one variant."


@operator_may("newsletter:write")
@require_http_methods(["GET", "POST"])
def edit(request: OperatorRequest, number: int) -> HttpResponse:
    campaign = campaign_for(number)
    if not campaign.is_editable:
        messages.warning(request, GONE_BY)
        return redirect(campaign)
    if campaign.state not in OPEN_TO_EDIT:
        return render(request, "newsletter/campaign_withdraw.html", {"campaign": campaign})
    data = request.POST or None
    counts = {
        Campaign.WinnerBy.CLICKS.value: request.site.track_clicks,
        Campaign.WinnerBy.OPENS.value: request.site.track_opens,
    }
    plan = PlanForm(data, campaign=campaign, tracked=counts)
    others = variant_forms(campaign, data)
    if request.method == "POST" and _saved(request, campaign, plan, others):
        return redirect("newsletter:campaign_submit", request.site.slug, number)
    facts = {"campaign": campaign, "plan": plan, "others": others, "counts": any(counts.values())}
    status = 422 if request.method == "POST" else 200
    return render(request, "newsletter/variants.html", facts, status=status)


def _saved(
    request: OperatorRequest, campaign: Campaign, plan: PlanForm, others: list[VariantForm]
) -> bool:
    """Whether it is; else the forms say what stands in the way."""
    if not all([plan.is_valid(), *(form.is_valid() for form in others)]):
        return False
    wordings = [form.wording() for form in others]
    if not any(words.says_something for words in wordings):
        plan.add_error(None, NOTHING_TO_TEST)
        return False
    try:
        save_test(campaign, plan.plan(), wordings, by=request.operator)
    except NotEditable:
        plan.add_error(None, GONE_BY)
        return False
    messages.success(request, "The test is set up.")
    return True


@operator_may("newsletter:write")
@require_POST
def remove(request: OperatorRequest, number: int) -> HttpResponse:
    """No test: everybody gets what stands in the editor."""
    campaign = campaign_for(number)
    plan = Plan(share=0, winner_by=campaign.winner_by, decide_after=campaign.decide_after)
    try:
        save_test(campaign, plan, [], by=request.operator)
    except NotEditable:
        messages.warning(request, GONE_BY)
        return redirect(campaign)
    messages.success(request, "No test: everybody gets the same.")
    return redirect("newsletter:campaign_submit", request.site.slug, number)


@operator_may("newsletter:submit")
@require_POST
def choose_winner(request: OperatorRequest, number: int) -> HttpResponse:
    """The rest gets the variant whose button was pressed."""
    campaign = campaign_for(number)
    place = request.POST.get("place", "")
    try:
        done = place.isdecimal() and testing.decide_test(
            campaign, place=int(place[:3]), by=request.operator
        )
    except testing.NoSuchVariant:
        done = False
    if not done:
        messages.info(request, "Nothing changed: there is no such variant, or the rest has left.")
    return redirect(campaign)

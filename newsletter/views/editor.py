"""The campaign editor: save, save by itself, preview, test send."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from newsletter.composing import (
    audience_in_words,
    audience_size,
    checklist,
    compose,
    custom_keys,
)
from newsletter.forms.campaign import CampaignForm, SampleForm, ScheduleForm
from newsletter.models import Campaign
from newsletter.operations import campaign as operations
from newsletter.outlook import warm_up_in_words
from newsletter.searching import contacts_to_preview
from newsletter.views.campaigns import campaign_for
from operators.http import OperatorRequest
from operators.permissions import operator_may

FALLBACKS = {"first_name": "there", "name": "reader"}
GONE_BY = "This campaign is on its way or over. Make a copy to edit it."


@operator_may("newsletter:write")
@require_http_methods(["GET", "POST"])
def edit(request: OperatorRequest, number: int) -> HttpResponse:
    """POST with htmx saves while somebody types; without, it goes on to the check list."""
    campaign = campaign_for(number)
    if not campaign.is_editable:
        messages.warning(request, GONE_BY)
        return redirect(campaign)
    form = CampaignForm(request.POST or None, instance=campaign)
    if request.method == "POST":
        return _save(request, campaign, form)
    if campaign.state not in operations.OPEN_TO_EDIT:
        return render(request, "newsletter/campaign_withdraw.html", {"campaign": campaign})
    return render(request, "newsletter/campaign_edit.html", editor_facts(request, campaign, form))


@operator_may("newsletter:write")
@require_POST
def withdraw(request: OperatorRequest, number: int) -> HttpResponse:
    campaign = campaign_for(number)
    try:
        operations.withdraw_campaign(campaign, by=request.operator)
    except operations.NotEditable:
        messages.warning(request, GONE_BY)
        return redirect(campaign)
    return redirect("newsletter:campaign_edit", request.site.slug, number)


def _merge_fields(custom: list[str]) -> list[tuple[str, str]]:
    """(what it is called, what is inserted); a fallback is there to be written over."""
    keys = ["first_name", "name", *custom]
    fields = [(key, f"{{{{ {key} | {FALLBACKS.get(key, 'fallback')} }}}}") for key in keys]
    return [*fields, ("email", "{{ email }}")]


def _conditions(custom: list[str]) -> list[tuple[str, str]]:
    """The same for words that only those get of whom a value is known, and others else."""
    keys = ["first_name", *custom]
    return [
        (f"If {key} is known", f"{{{{#if {key}}}}}{{{{ {key} }}}}{{{{else}}}}others{{{{/if}}}}")
        for key in keys
    ]


def editor_facts(
    request: OperatorRequest, campaign: Campaign, form: CampaignForm
) -> dict[str, Any]:
    lists: Any = form.fields["lists"]
    return {
        "campaign": campaign,
        "form": form,
        "lists": lists.queryset,
        "chosen": {str(pk) for pk in form["lists"].value() or ()},
        **check_facts(request, campaign),
    }


def check_facts(request: OperatorRequest, campaign: Campaign) -> dict[str, Any]:
    """The check list, and what may be done once it is passed."""
    keys = custom_keys()
    return {
        "campaign": campaign,
        "warm_up": warm_up_in_words(request.site, audience_size(campaign.chosen_lists)),
        "audience": audience_in_words(campaign.chosen_lists),
        "people": contacts_to_preview(request, campaign),
        "merge_fields": _merge_fields(keys),
        "conditions": _conditions(keys),
        "checks": checklist(campaign, compose(campaign, request.site), keys),
        "submit_form": ScheduleForm(zone=request.site.time_zone, is_test=campaign.is_test),
        "sample_form": SampleForm(by=request.operator),
    }


def _save(request: OperatorRequest, campaign: Campaign, form: CampaignForm) -> HttpResponse:
    problem, saved = "", None
    if form.is_valid():
        try:
            saved = operations.save_campaign(
                campaign,
                form.words(),
                opened=form.opened(),
                by=request.operator,
            )
        except operations.SavedByAnother:
            problem = "another"
        except operations.NotEditable:
            problem = "gone"
    if request.htmx:
        return _answer_to_typing(request, campaign, form, saved, problem)
    if saved:
        messages.success(request, "Saved.")
        return redirect("newsletter:campaign_submit", request.site.slug, campaign.number)
    fresh = campaign_for(campaign.number)
    facts = editor_facts(request, fresh, form) | {"problem": problem}
    return render(request, "newsletter/campaign_edit.html", facts, status=422)


def _answer_to_typing(
    request: OperatorRequest,
    campaign: Campaign,
    form: CampaignForm,
    saved: Campaign | None,
    problem: str,
) -> HttpResponse:
    facts = {"campaign": saved or campaign, "form": form, "saved": saved, "problem": problem}
    if saved:
        facts |= check_facts(request, saved)
    answer = render(request, "newsletter/campaign_saved.html", facts, status=200 if saved else 422)
    if saved:
        answer["HX-Trigger"] = "campaign-saved"
    return answer

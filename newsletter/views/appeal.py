"""The site's answer to a rejection."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from newsletter.forms.moderation import AppealForm
from newsletter.operations.appealing import appeal_campaign
from newsletter.views.campaigns import campaign_for, campaign_page
from operators.http import OperatorRequest
from operators.permissions import operator_may


@operator_may("newsletter:submit")
@require_POST
def appeal(request: OperatorRequest, number: int) -> HttpResponse:
    campaign = campaign_for(number)
    form = AppealForm(request.POST)
    if not form.is_valid():
        return campaign_page(request, campaign, appeal_form=form)
    words = form.cleaned_data["words"]
    if appeal_campaign(campaign, words=words, by=request.operator):
        messages.success(request, "Another moderator looks at it. You get a mail.")
    else:
        messages.info(request, "There is nothing to appeal against, or somebody did it before.")
    return redirect(campaign)

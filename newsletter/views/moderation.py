"""The moderation queue in the staff admin: open a campaign, see it, decide (P9.4).

Opening is a POST of its own: its claim and its journal entry are committed before the page that
shows the content is asked for.
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Site, User
from comm100.core.staff import staff_may, staff_page
from mail.framing import framed
from newsletter import moderating
from newsletter.figures import moderation_figures
from newsletter.forms.moderation import DecisionForm
from newsletter.operations import moderation, trusting
from newsletter.staff import MODERATE, TRUST


class StaffRequest(HttpRequest):
    """A request that passed `staff_may`."""

    user: User


@staff_may(MODERATE)
@require_GET
def queue(request: StaffRequest) -> HttpResponse:
    return staff_page(request, "staff/queue.html", {"waiting": moderating.queue(request.user)})


@staff_may(MODERATE)
@require_GET
def show(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """The opened campaign; before it is opened, only its line of the queue."""
    site = get_object_or_404(Site, slug=slug)
    found = moderating.opened(site, number, request.user)
    if found is None:
        line = moderating.in_queue(site, number, request.user)
        if line is None:
            raise Http404
        return staff_page(request, "staff/closed.html", {"line": line})
    return _screen(request, found, DecisionForm(initial={"content_hash": found.content_hash}))


@staff_may(MODERATE)
@require_POST
def opening(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    site = get_object_or_404(Site, slug=slug)
    try:
        moderation.open_campaign(site, number, by=request.user)
    except moderation.NotWaiting:
        messages.info(request, "That campaign waits no longer.")
        return redirect("moderation:queue")
    except moderation.OpenedByAnother:
        messages.warning(request, "A colleague is looking at that campaign.")
        return redirect("moderation:queue")
    except moderation.RefusedByYou:
        messages.warning(request, "The site appealed against your decision: a colleague looks.")
        return redirect("moderation:queue")
    return redirect("moderation:campaign", slug, number)


@staff_may(MODERATE)
@require_POST
def closing(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """Back to the queue, undecided."""
    moderation.put_back(get_object_or_404(Site, slug=slug), number, by=request.user)
    return redirect("moderation:queue")


@staff_may(MODERATE)
@require_GET
def figures(request: StaffRequest) -> HttpResponse:
    """How long campaigns wait, what is decided, what is reversed; and who earned trust."""
    may_trust = request.user.has_perm(TRUST)
    facts = {
        "figures": moderation_figures(request.user),
        "candidates": trusting.candidates(request.user) if may_trust else [],
    }
    return staff_page(request, "staff/figures.html", facts)


@staff_may(TRUST)
@require_POST
def trust(request: StaffRequest, slug: str) -> HttpResponse:
    """Confirm what is proposed; what is proposed no more changes nothing."""
    site = get_object_or_404(Site, slug=slug)
    if evidence := trusting.evidence_for(site):
        trusting.trust_site(evidence, by=request.user)
        messages.success(request, f"{site} is trusted now. Its owners get a mail.")
    return redirect("moderation:figures")


@staff_may(MODERATE)
@require_GET
def letter(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """The rendered mail, for the sandboxed frame of the screen."""
    site = get_object_or_404(Site, slug=slug)
    found = moderating.opened(site, number, request.user)
    if found is None:
        raise Http404
    place = {str(at): words for at, words in enumerate(found.wordings)}
    wanted = place.get(request.GET.get("variant", "0"))
    if wanted is None:
        raise Http404
    html = moderating.letter_of(wanted, reader=_reader(request))
    return framed(html)


@staff_may(MODERATE)
@require_POST
def decision(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    site = get_object_or_404(Site, slug=slug)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        found = moderating.opened(site, number, request.user)
        return _screen(request, found, form, status=422) if found else _gone(request)
    given = form.cleaned_data
    ruling = moderation.Ruling(given["decision"], given["reasons"], given["note"].strip())
    seen = bytes.fromhex(given["content_hash"])
    try:
        said = moderation.decide(site, number, ruling, content_hash=seen, by=request.user)
    except moderation.NotWaiting:
        return _gone(request)
    except moderation.NotPossible:
        messages.error(
            request, "What has begun to leave cannot be changed: let it go on, or end it."
        )
        return redirect("moderation:campaign", slug, number)
    messages.success(request, f"{site}, campaign {number}: {said.get_verdict_display().lower()}.")
    _propose_trust(request, site)
    return redirect("moderation:queue")


def _propose_trust(request: StaffRequest, site: Site) -> None:
    if request.user.has_perm(TRUST) and trusting.evidence_for(site):
        words = "The last {} campaigns of {} were approved. <a href='{}'>Trust the site?</a>"
        where = reverse("moderation:figures") + "#trust"
        messages.info(request, format_html(words, trusting.AFTER, site, where))


def _screen(
    request: StaffRequest, found: moderating.Opened, form: DecisionForm, status: int = 200
) -> HttpResponse:
    facts: dict[str, Any] = {
        "found": found,
        "form": form,
        "reader": _reader(request),
        "readers": moderating.READERS,
    }
    return staff_page(request, "staff/campaign.html", facts, status=status)


def _reader(request: StaffRequest) -> str:
    """Which invented reader the letter is shown for."""
    wanted = request.GET.get("reader", "")
    return wanted if wanted in moderating.READERS else "full"


def _gone(request: StaffRequest) -> HttpResponse:
    messages.error(
        request,
        "Nothing was decided: the campaign changed since you looked. "
        "If it still waits, open it again.",
    )
    return redirect("moderation:queue")

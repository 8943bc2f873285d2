"""Product news, which goes by the company's own newsletter: staff go there, watch it, stop it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Site
from accounts.permissions import UserRequest
from comm100.core.staff import freshly_confirmed, staff_may, staff_page
from newsletter.models import Campaign
from website.newsroom import enter_newsroom, news_issue, stop_news, works_in_newsroom
from website.views.notices import WRITE_NEWS


@staff_may(WRITE_NEWS)
@require_POST
@freshly_confirmed
def newsroom(request: UserRequest) -> HttpResponse:
    """Go to work on the company's own site, where product news is written."""
    enter_newsroom(request.user)
    company = Site.objects.company()
    messages.success(request, f"You work on {company} now. Write the news here.")
    return redirect("newsletter:campaigns", company.slug)


@staff_may(WRITE_NEWS)
@require_safe
def news(request: UserRequest, number: int) -> HttpResponse:
    """One issue of product news: how far it is. Counts, no readers."""
    facts = {
        "issue": _issue(number),
        "company": Site.objects.company(),
        "works_there": works_in_newsroom(request.user),
    }
    part = "#state" if getattr(request, "htmx", False) else ""
    return staff_page(request, f"staff/notices/news.html{part}", facts)


@staff_may(WRITE_NEWS)
@require_POST
def news_stopping(request: UserRequest, number: int) -> HttpResponse:
    if stop_news(_issue(number), by=request.user):
        messages.success(request, "It is stopped. Below stands who has it already.")
    else:
        messages.info(request, "There was nothing left to stop.")
    return redirect("website:news", number)


def _issue(number: int) -> Campaign:
    found = news_issue(number)
    if found is None:
        raise Http404
    return found

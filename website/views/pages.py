"""Pages to read: the front page, and the texts that people accept."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date

from operators.permissions import anybody
from privacy.documents import html_of
from privacy.models import PublishedText
from website.personal import greeting_for

Name = PublishedText.Name


@anybody
def home(request: HttpRequest) -> HttpResponse:
    """The same for everybody, but for who chose to be greeted (website/personal.py)."""
    greeting = greeting_for(request)
    answer = render(request, "website/home.html", {"greeting": greeting})
    if greeting:
        answer["Cache-Control"] = "private, no-store"
    return answer


@anybody
def policy(request: HttpRequest, version: str = "") -> HttpResponse:
    """The policy that applies, or another version of it (P11.2)."""
    return _document(request, Name.POLICY, version)


@anybody
def agreement(request: HttpRequest, version: str = "") -> HttpResponse:
    return _document(request, Name.AGREEMENT, version)


def published(name: str, version: str) -> PublishedText:
    """The version of `2026-11-23`; 404 for any other word."""
    try:
        since = parse_date(version)
    except ValueError:
        since = None
    found = PublishedText.objects.of(name).filter(since=since).first() if since else None
    if found is None:
        raise Http404
    return found


def _document(request: HttpRequest, name: str, version: str) -> HttpResponse:
    current = PublishedText.objects.current(name)
    wanted = published(name, version) if version else current
    facts = {
        "document": wanted,
        "html": html_of(wanted),
        "current": current,
        "upcoming": PublishedText.objects.upcoming().filter(name=name).first(),
        "versions": PublishedText.objects.of(name),
    }
    return render(request, f"website/{name}.html", facts)

"""Pages to read: home, the policy, the agreement."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date

from operators.permissions import anybody
from privacy.documents import Document, Name, current, versions


@anybody
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "website/home.html")


@anybody
def policy(request: HttpRequest, version: str = "") -> HttpResponse:
    """The policy that applies, or an earlier version of it (P11.2)."""
    return _document(request, "policy", version)


@anybody
def agreement(request: HttpRequest, version: str = "") -> HttpResponse:
    return _document(request, "agreement", version)


def _document(request: HttpRequest, name: Name, version: str) -> HttpResponse:
    published = versions(name)
    wanted = Document(name, version) if version else current(name)
    if parse_date(wanted.version) is None or wanted not in published:
        raise Http404
    facts = {"document": wanted, "current": current(name), "versions": published}
    return render(request, f"website/{name}.html", facts)

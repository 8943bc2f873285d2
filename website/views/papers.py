"""What the company shows of how it keeps its policy: history, comparison, conformance."""

from itertools import pairwise

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from operators.permissions import anybody
from privacy.conformance import as_json, sections
from privacy.documents import changes
from privacy.models import PublishedText
from website.views.pages import published

POLICY = PublishedText.Name.POLICY


@anybody
def history(request: HttpRequest) -> HttpResponse:
    """Every version of the policy, and of what to what it changed (P11.2)."""
    texts = list(PublishedText.objects.of(POLICY))
    facts = {"versions": [*pairwise(texts), (texts[-1], None)] if texts else []}
    return render(request, "website/history.html", facts)


@anybody
def comparison(request: HttpRequest, version: str) -> HttpResponse:
    """What a version changed, beside the one before it."""
    after = published(POLICY, version)
    before = PublishedText.objects.of(POLICY).filter(since__lt=after.since).first()
    if before is None:
        raise Http404
    facts = {"before": before, "after": after, "changes": changes(before, after)}
    return render(request, "website/comparison.html", facts)


@anybody
def conformance(request: HttpRequest) -> HttpResponse:
    """Clause by clause: how it is kept, and the tests that prove it."""
    found = sections()
    proofs = sum(len(clause.tests) for section in found for clause in section.clauses)
    return render(request, "website/conformance.html", {"sections": found, "proofs": proofs})


@anybody
def conformance_data(request: HttpRequest) -> JsonResponse:
    return JsonResponse(as_json(), json_dumps_params={"indent": 1})


@anybody
def global_privacy_control(request: HttpRequest) -> JsonResponse:
    """`/.well-known/gpc.json`: this site honours Sec-GPC (Global Privacy Control, section 4)."""
    policy = PublishedText.objects.current(POLICY)
    return JsonResponse({"gpc": True, "lastUpdate": policy.version})

"""What the company shows of how it keeps its policy: history, comparison, conformance."""

from itertools import pairwise

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from comm100.core.personal_data import nobodies
from comm100.core.subprocessors import asked
from comm100.core.subprocessors import subprocessors as parties
from operators.permissions import anybody
from privacy.conformance import as_json, sections
from privacy.datamap import as_json as as_map
from privacy.datamap import beside, groups
from privacy.documents import changes
from privacy.models import PublishedText, Subprocessor
from privacy.models.subprocessor import changes_of
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
def data_map(request: HttpRequest) -> HttpResponse:
    """What is held of whom, made from the registers (P3.1)."""
    found = groups()
    facts = {
        "groups": found,
        "tables": sum(len(group.entries) for group in found),
        "beside": beside(),
        "nobody": sorted(nobodies().items()),
    }
    return render(request, "website/data_map.html", facts)


@anybody
def data_map_data(request: HttpRequest) -> JsonResponse:
    return JsonResponse(as_map(), json_dumps_params={"indent": 1})


@anybody
def subprocessors(request: HttpRequest) -> HttpResponse:
    """Who else handles personal data for this installation, and who did (P6.1)."""
    noted = Subprocessor.objects.all()
    since = {row.party: row.since for row in noted if row.until is None}
    facts = {
        "present": [(party, since.get(party)) for party in parties()],
        "asked": asked(),
        "changes": changes_of(noted),
    }
    return render(request, "website/subprocessors.html", facts)


@anybody
def global_privacy_control(request: HttpRequest) -> JsonResponse:
    """`/.well-known/gpc.json`: this site honours Sec-GPC (Global Privacy Control, section 4)."""
    policy = PublishedText.objects.current(POLICY)
    return JsonResponse({"gpc": True, "lastUpdate": policy.version})

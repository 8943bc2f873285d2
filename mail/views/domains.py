"""Sending domains: what belongs into the DNS, what stands there, and what leaves from them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from mail import keyring
from mail.forms.domain import DomainForm, SenderForm
from mail.models import DkimKey, SendingDomain
from mail.operations import domains as operations
from mail.records import records_of
from mail.senders import company_sender
from mail.warming import warming_of
from operators.http import OperatorRequest
from operators.permissions import operator_may


def domain_for(request: OperatorRequest, number: int) -> SendingDomain:
    """A domain of this site with its keys, else 404."""
    domain = get_object_or_404(SendingDomain.objects.for_list(), number=number)
    domain.site = request.site
    return domain


@operator_may("mail:write")
def domains(request: OperatorRequest) -> HttpResponse:
    if request.site.is_company:
        keyring.company_domain()
    found = list(SendingDomain.objects.for_list())
    for domain in found:
        domain.site = request.site
    facts = {"domains": found, "company_sender": company_sender(request.site)}
    return render(request, "mail/domains/domains.html", facts)


@operator_may("mail:write")
@require_http_methods(["GET", "POST"])
def domain_new(request: OperatorRequest) -> HttpResponse:
    form = DomainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        domain = operations.add_domain(by=request.operator, **form.cleaned_data)
        return redirect("post:domain", request.site.slug, domain.number)
    status = 422 if form.errors else 200
    return render(request, "mail/domains/new.html", {"form": form}, status=status)


@operator_may("mail:write")
def domain(request: OperatorRequest, number: int) -> HttpResponse:
    found = domain_for(request, number)
    return _page(request, found, SenderForm.of(found))


def _page(
    request: OperatorRequest, domain: SendingDomain, form: SenderForm, status: int = 200
) -> HttpResponse:
    part = "#records" if request.htmx and request.method == "GET" else ""
    facts = _facts(domain) | {"form": form}
    return render(request, f"mail/domains/domain.html{part}", facts, status=status)


def _facts(domain: SendingDomain) -> dict[str, Any]:
    """The records with what was found; keys made since then have nothing yet."""
    findings = {finding["record"]: finding for finding in domain.findings}
    keys = list(domain.keys.all())
    return {
        "domain": domain,
        "warming": warming_of(domain.site) if domain.is_verified else None,
        "records": [(record, findings.get(record.key)) for record in records_of(domain)],
        "is_changing": any(key.state == DkimKey.State.NEW for key in keys) and domain.is_verified,
        "retired": [key for key in keys if key.state == DkimKey.State.RETIRED],
    }


@operator_may("mail:write")
@require_POST
def domain_check(request: OperatorRequest, number: int) -> HttpResponse:
    found = domain_for(request, number)
    operations.ask_for_check(found)
    return redirect(found)


@operator_may("mail:write")
@require_POST
def domain_sender(request: OperatorRequest, number: int) -> HttpResponse:
    found = domain_for(request, number)
    form = SenderForm(request.POST)
    if found.is_of_company or not form.is_valid():
        return _page(request, found, form, status=422)
    operations.change_domain(found, by=request.operator, **form.cleaned_data)
    messages.success(request, "Saved.")
    return redirect(found)


@operator_may("mail:write")
@require_POST
def domain_keys(request: OperatorRequest, number: int) -> HttpResponse:
    found = domain_for(request, number)
    if operations.rotate_keys(found, by=request.operator):
        messages.success(request, "There is a new key. Set its record; it signs when it is seen.")
    else:
        messages.info(request, "New keys wait for their records already.")
    return redirect(found)


@operator_may("mail:write")
@require_POST
def domain_removal(request: OperatorRequest, number: int) -> HttpResponse:
    found = domain_for(request, number)
    if found.is_of_company:
        messages.error(request, "Everybody’s mail leaves from this host. It stays.")
        return redirect(found)
    operations.remove_domain(found, by=request.operator)
    messages.success(request, f"{found.name} is removed. You can delete its records.")
    return redirect("post:domains", request.site.slug)

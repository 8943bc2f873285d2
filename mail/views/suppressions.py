"""Who gets no newsletters of this site, why and since when."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from comm100.core.addresses import address_hash, normalise_email
from comm100.core.paging import page_by_key
from mail import carriers, operations
from mail.forms.suppression import LiftForm, SuppressForm
from mail.models import Suppression
from mail.suppression_file import suppression_file
from operators.http import OperatorRequest
from operators.permissions import operator_may

REASONS = {reason.name.lower(): reason for reason in Suppression.Reason}
WISHES = ("q", "reason")
HASH_BYTES = 16


@operator_may("mail:read")
def show_all(request: OperatorRequest) -> HttpResponse:
    """Only the keyed hash of an address is kept, so only a whole address can be found."""
    query, reason = _wish(request)
    page = page_by_key(_wanted(request), request)
    facts = {
        "page": page,
        "q": query,
        "reason": reason,
        "narrow": urlencode({name: request.GET[name] for name in WISHES if request.GET.get(name)}),
        "reasons": {name: one.label for name, one in REASONS.items()},
        "campaigns": carriers.named(row.mailing_id for row in page.rows),
    }
    return render(request, "mail/suppressions.html", facts)


@operator_may("mail:read")
@require_GET
def download(request: OperatorRequest) -> HttpResponse:
    """What the filter shows, as CSV."""
    return suppression_file(request, lambda: _wanted(request), sought=_wish(request)[0])


@operator_may("mail:decide")
@require_http_methods(["GET", "POST"])
def add(request: OperatorRequest) -> HttpResponse:
    is_sent = request.method == "POST"
    form = SuppressForm(*(request.POST, request.FILES) if is_sent else ())
    if is_sent and form.is_valid():
        addresses = form.cleaned_data["all"]
        added = operations.suppress_by_hand(addresses, by=request.operator)
        known = len(addresses) - added
        words = f"{added:,} added." + (f" {known:,} stood here before." if known else "")
        messages.success(request, words)
        return redirect("post:suppressions", request.site.slug)
    status = 422 if form.errors else 200
    return render(request, "mail/suppression_add.html", {"form": form}, status=status)


@operator_may("mail:write")
@require_http_methods(["GET", "POST"])
def lift(request: OperatorRequest) -> HttpResponse:
    """`?key=` is the hash of the address: it has no number, and no name of its own."""
    if "key" not in request.GET:
        return redirect("post:suppressions", request.site.slug)
    row = _row(request.GET["key"])
    form = LiftForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.lift_suppression(row, why=form.cleaned_data["why"], by=request.operator)
            messages.success(request, "Newsletters may go there again.")
        except operations.NotRemovable:
            messages.error(request, "This is the wish of the contact: only they can undo it.")
        return redirect("post:suppressions", request.site.slug)
    status = 422 if form.errors else 200
    facts = {"form": form, "row": row}
    return render(request, "mail/suppression_lift.html", facts, status=status)


def _wish(request: OperatorRequest) -> tuple[str, Suppression.Reason | None]:
    return request.GET.get("q", "").strip(), REASONS.get(request.GET.get("reason", ""))


def _wanted(request: OperatorRequest) -> QuerySet[Suppression]:
    query, reason = _wish(request)
    rows = Suppression.objects.for_list()
    if query:
        rows = rows.filter(address_hash=address_hash(normalise_email(query)))
    return rows.filter(reason=reason) if reason else rows


def _row(key: str) -> Suppression:
    try:
        hashed = bytes.fromhex(key)
    except ValueError:
        hashed = b""
    row = Suppression.objects.for_list().filter(address_hash=hashed).first()
    if len(hashed) != HASH_BYTES or row is None:
        raise Http404
    return row

"""Who looked at our data: live, with filters, a download, and a button to object (P9.3)."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.operations import change_site_profile
from comm100.core import chain
from comm100.core.journal import breaks, seals_of
from comm100.core.models import JournalEntry
from comm100.core.paging import page_by_key
from operators.http import OperatorRequest
from operators.journal_files import table_of
from operators.permissions import operator_may, while_closing
from privacy import looks as found
from privacy.forms.looks import LooksForm, ObjectionForm
from privacy.models import AccessGrant, MailedHead
from privacy.models.grant import HELP
from privacy.operations import grant as operations

HEADS_SHOWN = 5
NOTHING_NEW = 204


@operator_may("access:read")
@require_GET
@never_cache
def index(request: OperatorRequest) -> HttpResponse:
    """The page, and its live part for htmx: nothing when nothing came since `?seen=`."""
    if not request.htmx:
        return _page(request)
    newest = found.newest()
    if request.GET.get("seen") == str(newest):
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "looks/live.html", _live(request, _form(request), newest))


@operator_may("access:read")
@while_closing
@require_POST
def check(request: OperatorRequest) -> HttpResponse:
    """Compute the chain anew, and look whether the mailed seals lie on it."""
    head = JournalEntry.objects.order_by("-seq").first()
    mailed = MailedHead.objects.values_list("seq", "hash")
    seals = seals_of([seq for seq, _ in mailed])
    lost = [seq for seq, seal in mailed if seals.get(seq) != bytes(seal)]
    return _page(request, checked=True, breaks=[*breaks(), *lost], head=head)


@operator_may("access:read")
@require_GET
def download(request: OperatorRequest) -> HttpResponse:
    """What the filter shows, as CSV."""
    return table_of(request, lambda: _wanted(request), name="who-looked")


@operator_may("access:read")
@while_closing
@require_GET
def checker(request: OperatorRequest) -> HttpResponse:
    """The program that checks a sealed copy, as it is in our source: a file that stands alone."""
    return HttpResponse(
        Path(chain.__file__).read_bytes(),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="journal-check.py"'},
    )


@operator_may("access:decide")
@while_closing
@require_POST
def waiting(request: OperatorRequest) -> HttpResponse:
    """Whether support waits for the site's click."""
    wish = request.POST.get("wait") == "yes"
    _let_wait(request, wish)
    messages.success(
        request,
        "Support waits for your click from now on." if wish else "Support may look when you asked.",
    )
    return redirect("looks:looks", request.site.slug)


@operator_may("access:decide")
@while_closing
@require_POST
def admission(request: OperatorRequest, grant: UUID) -> HttpResponse:
    """The site's click for a grant that waits for it."""
    one = _grant_or_404(grant)
    try:
        operations.admit_grant(one)
    except operations.GrantRefused:
        messages.warning(request, "That access does not wait for you any more.")
    else:
        messages.success(request, f"{one.staff.name} may look now, for {one.minutes} minutes.")
    return redirect(_address(request, one))


@operator_may("access:decide")
@while_closing
@require_POST
def objection(request: OperatorRequest, grant: UUID) -> HttpResponse:
    """The access ends at once, staff are told why, and support may have to wait from now on."""
    one = _grant_or_404(grant)
    form = ObjectionForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, objected=form, chosen=one)
    operations.object_to_grant(one, words=form.cleaned_data["words"])
    if form.cleaned_data["wait"] and one.purpose in HELP:
        _let_wait(request, True)
    messages.success(request, "Your objection is written down, and staff are told.")
    return redirect(_address(request, one))


def _let_wait(request: OperatorRequest, wish: bool) -> None:
    who = request.operator
    change_site_profile(request.site, by=who, by_id=who.pk, support_waits=wish)


def _grant_or_404(public_id: Any) -> AccessGrant:
    for grant in found.grants_where(Q(public_id=public_id)):
        return grant
    raise Http404


def _address(request: OperatorRequest, grant: AccessGrant) -> str:
    return f"{reverse('looks:looks', args=[request.site.slug])}?grant={grant.public_id}"


def _form(request: OperatorRequest) -> LooksForm:
    return LooksForm(request.GET)


def _wanted(request: OperatorRequest) -> QuerySet[JournalEntry]:
    wanted = _form(request).wanted(zone=request.site.time_zone)
    return found.by_staff().filter(wanted)


def _live(request: OperatorRequest, form: LooksForm, newest: int | None = None) -> dict[str, Any]:
    wanted = form.wanted(zone=request.site.time_zone)
    page = page_by_key(found.by_staff().filter(wanted), request, key="seq")
    is_filtered = any(form.cleaned_data.get(name) for name in form.fields)
    is_first = not is_filtered and not page.newer and page.rows
    if newest is None:
        newest = page.rows[0].seq if is_first else found.newest()
    grants = found.grants_of(page.rows)
    return {
        "page": page,
        "looks": found.told(page.rows, site=request.site, grants=grants),
        "grants": [g for g in grants.values() if not is_filtered and (g.is_active or g.is_waiting)],
        "is_filtered": is_filtered,
        "is_live": not request.GET.get("before") and not form.cleaned_data.get("grant"),
        "newest": newest,
        "query": request.GET.urlencode(),
    }


def _page(
    request: OperatorRequest,
    *,
    status: int = 200,
    objected: ObjectionForm | None = None,
    chosen: AccessGrant | None = None,
    **facts: Any,
) -> HttpResponse:
    form = _form(request)
    facts |= _live(request, form)
    public_id = chosen.public_id if chosen else form.cleaned_data.get("grant")
    chosen = _grant_or_404(public_id) if public_id else None
    facts |= {
        "form": form,
        "chosen": chosen,
        "objection": objected or ObjectionForm(),
        "may_wait": bool(chosen and chosen.purpose in HELP and not request.site.support_waits),
        "heads": MailedHead.objects.order_by("-seq")[:HEADS_SHOWN],
    }
    return render(request, "looks/index.html", facts, status=status)

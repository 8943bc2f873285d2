"""What staff did with their grants: the journal, audits, alerts. Facts about access, no content."""

import csv
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import connections
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Site, User
from comm100.core.models import JournalEntry
from comm100.core.paging import page_by_key
from comm100.core.sheets import harmless
from comm100.core.staff import staff_may, staff_page
from privacy import alerting, auditing
from privacy.forms.audits import AuditForm
from privacy.grants import record_name
from privacy.models import Purpose
from privacy.views.grants import StaffRequest

SEE = "privacy.view_accessgrant"


@dataclass(frozen=True)
class Line:
    """One entry of a site's journal as staff read it."""

    entry: JournalEntry
    who: str
    what: str
    about: str
    purpose: str


@staff_may(SEE)
@require_GET
@never_cache
def journal(request: StaffRequest) -> HttpResponse:
    """All that was done under grants, newest first."""
    return _journal_page(request)


@staff_may(SEE)
@require_POST
def check(request: StaffRequest) -> HttpResponse:
    """Compute the chain of one site anew, link by link."""
    site = get_object_or_404(Site.objects.using("staff"), slug=request.POST.get("slug", ""))
    with connections["staff"].cursor() as cursor:
        cursor.execute("SELECT seq FROM app.journal_breaks_of(%s)", [site.pk])
        broken = [seq for (seq,) in cursor.fetchall()]
    return _journal_page(request, checked=site, broken=broken)


def _journal_page(request: StaffRequest, **facts: Any) -> HttpResponse:
    page = page_by_key(_wanted(request), request)
    actions = sorted(ACTIONS.items(), key=lambda action: action[1])
    facts |= {
        "page": page,
        "lines": _lines(page.rows),
        "actions": actions,
        "people": auditing.staff_with_grants(),
        "given": request.GET.dict(),
    }
    return staff_page(request, "staff/grants/journal.html", facts)


ACTIONS = {
    "grant.opened": "asked for a grant",
    "grant.approved": "agreed to a grant",
    "grant.admitted": "let staff in",
    "grant.objected": "objected to a grant",
    "grant.closed": "closed a grant",
    "grant.expired": "a grant was over",
    "record.view": "opened a record",
    "record.missed": "looked for a record",
    "alert.settled": "looked into an alert",
    "moderation.opened": "opened a campaign of the queue",
}


def _wanted(request: StaffRequest) -> QuerySet[JournalEntry]:
    """What `?action=`, `?staff=`, `?site=` and `?grant=` leave."""
    entries = auditing.staff_entries().select_related("site")
    given = request.GET
    if action := given.get("action"):
        entries = entries.filter(action=action)
    if given.get("staff", "").isdecimal():
        entries = entries.filter(actor=f"staff:{given['staff']}")
    if slug := given.get("site"):
        entries = entries.filter(site__slug=slug)
    if given.get("grant", "").isdecimal():
        entries = entries.filter(grant_id=int(given["grant"][:18]))
    return entries


def _lines(entries: list[JournalEntry]) -> list[Line]:
    ids = {int(e.actor[6:]) for e in entries if e.actor.startswith("staff:")}
    names = dict(User.objects.using("staff").filter(pk__in=ids).values_list("pk", "name"))
    return [
        Line(
            entry=entry,
            who=_who(entry.actor, names),
            what=ACTIONS.get(entry.action, entry.action.replace(".", " ").replace("_", " ")),
            about=record_name(entry) if entry.action in {"record.view", "record.missed"} else "",
            purpose=dict(Purpose.choices).get(entry.detail.get("purpose", ""), ""),
        )
        for entry in entries
    ]


def _who(actor: str, names: dict[int, str]) -> str:
    kind, _, number = actor.partition(":")
    if kind == "staff":
        return names.get(int(number), "Staff")
    return {"user": "The site", "operator": "The site", "system": "The clock"}.get(kind, kind)


@staff_may(SEE)
@require_GET
@never_cache
def audit(request: StaffRequest) -> HttpResponse:
    form = _form(request)
    wish = form.wish()
    rows = auditing.audited(wish)
    facts = {
        "form": form,
        "wish": wish,
        "rows": rows,
        "records": sum(row.records for row in rows),
        "unrelated": sum(row.unrelated for row in rows),
        "people": len({row.grant.staff_id for row in rows}),
        "sites": len({row.grant.site_id for row in rows}),
        "by_day": auditing.records_by_day(wish),
        "by_purpose": auditing.records_by_purpose(rows),
        "query": request.GET.urlencode(),
    }
    return staff_page(request, "staff/grants/audit.html", facts)


@staff_may(SEE)
@require_GET
def audit_csv(request: StaffRequest) -> HttpResponse:
    """Each record that was opened, as the audit's filter says."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"access-audit-{timezone.localdate()}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    sheet = csv.writer(answer)
    sheet.writerow(auditing.COLUMNS)
    for row in auditing.records(_form(request).wish()):
        sheet.writerow([harmless(cell) for cell in row])
    return answer


def _form(request: HttpRequest) -> AuditForm:
    usual = auditing.usual_wish()
    form = AuditForm(request.GET or None, initial={"since": usual.since, "until": usual.until})
    form.is_valid()
    return form


@staff_may(SEE)
@require_GET
@never_cache
def alerts(request: StaffRequest) -> HttpResponse:
    facts = {
        "open": alerting.open_alerts(),
        "settled": alerting.all_alerts().exclude(seen_at=None)[:30],
        "many": alerting.MANY,
    }
    return staff_page(request, "staff/grants/alerts.html", facts)


@staff_may(SEE)
@require_POST
def settle(request: StaffRequest, alert: int) -> HttpResponse:
    if not alerting.settle_alert(alert, by=request.user):
        messages.warning(request, "A colleague has to look into that: it is about you, or settled.")
    return redirect("access:alerts")

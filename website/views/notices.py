"""Staff write to users: maintenance notices here, product news by the company's own newsletter."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Site
from accounts.permissions import UserRequest
from comm100.core.paging import page_by_key
from comm100.core.staff import (
    StaffPlace,
    freshly_confirmed,
    offer_staff_place,
    staff_may,
    staff_page,
)
from operators import chronicle
from website import notifying
from website.forms.notice import NoticeForm
from website.mails import notice_letter
from website.models import Notice
from website.newsroom import news_for_list, works_in_newsroom

NOTIFY, WRITE_NEWS = "website.add_notice", "website.change_notice"
CHANGED = "Nothing was sent: the notice changed since this preview, or was sent already."


def offer_notices() -> None:
    offer_staff_place(
        StaffPlace(
            label="Write to users",
            url_name="website:notices",
            icon="campaign",
            permission=NOTIFY,
            order=72,
            has_own_page=True,
        )
    )
    chronicle.tell(
        notice_sent="sent maintenance notice {notice} to {people:user} ({audience})",
        notice_stopped="stopped maintenance notice {notice}: of {people:user} {sent} had it, "
        "to {leaving} it was just leaving, {spared} are spared",
    )


@staff_may(NOTIFY)
@require_safe
def notices(request: UserRequest) -> HttpResponse:
    """Both ways to write to users, and the notices so far with their counts."""
    facts = {
        "page": page_by_key(Notice.objects.for_list(), request, key="id"),
        "company": Site.objects.company(),
        "readers": notifying.count_of_product_news(),
        "works_there": works_in_newsroom(request.user),
        "news": news_for_list() if request.user.has_perm(WRITE_NEWS) else [],
    }
    return staff_page(request, "staff/notices/index.html", facts)


@staff_may(NOTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: UserRequest) -> HttpResponse:
    form = NoticeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = notifying.write(form.facts(), by=request.user)
        return redirect("website:notice", made.pk)
    return _form(request, form)


@staff_may(NOTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, number: int) -> HttpResponse:
    found = get_object_or_404(Notice.objects.for_list(), pk=number)
    if not found.is_draft:
        return redirect("website:notice", number)
    form = NoticeForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            notifying.change(found, form.facts())
        except notifying.NotAsPreviewed:
            messages.error(request, "Nothing was changed: it was sent meanwhile.")
        return redirect("website:notice", number)
    return _form(request, form, notice=found)


@staff_may(NOTIFY)
@require_safe
def notice(request: UserRequest, number: int) -> HttpResponse:
    """A draft as it will arrive, with the number of people; later how far it is."""
    found = get_object_or_404(Notice.objects.for_list(), pk=number)
    letter = notice_letter(found, to=request.user.email)
    facts: dict[str, Any] = {"notice": found, "subject": letter.subject, "body": letter.body}
    if found.is_draft:
        facts["people"] = notifying.count_readers(found)
    else:
        facts["progress"] = notifying.progress_of(found)
    part = "#state" if getattr(request, "htmx", False) else ""
    return staff_page(request, f"staff/notices/show.html{part}", facts)


@staff_may(NOTIFY)
@require_POST
@freshly_confirmed
def sending(request: UserRequest, number: int) -> HttpResponse:
    """The second click, on exactly what was previewed."""
    found = get_object_or_404(Notice, pk=number)
    revision = request.POST.get("revision", "")
    try:
        notifying.send(found, revision=int(revision[:9] or 0), by=request.user)
    except (notifying.NotAsPreviewed, ValueError):
        messages.error(request, CHANGED)
    else:
        messages.success(request, "It is on its way.")
    return redirect("website:notice", number)


@staff_may(NOTIFY)
@require_POST
def stopping(request: UserRequest, number: int) -> HttpResponse:
    """No second factor is asked for: it can only make less mail, and each second counts."""
    try:
        notifying.stop(get_object_or_404(Notice, pk=number), by=request.user)
    except notifying.NotOnItsWay:
        messages.info(request, "There was nothing left to stop.")
    else:
        messages.success(request, "It is stopped. Below stands who has it already.")
    return redirect("website:notice", number)


@staff_may(NOTIFY)
@require_POST
def removal(request: UserRequest, number: int) -> HttpResponse:
    try:
        notifying.remove(get_object_or_404(Notice, pk=number))
    except notifying.NotAsPreviewed:
        messages.error(request, "What was sent stays on record.")
    else:
        messages.success(request, "The draft is deleted.")
    return redirect("website:notices")


def _form(request: UserRequest, form: NoticeForm, **facts: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return staff_page(request, "staff/notices/form.html", facts | {"form": form}, status=status)

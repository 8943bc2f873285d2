"""What a letter asks back when its site counts opens and clicks: nobody is told apart (P3.3)."""

from base64 import b64decode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from comm100.core.tenancy import working_for
from comm100.core.tokens import BadToken
from mail import operations as mail
from mail.content import parse
from mail.links import Clicked, read_click, read_open
from mail.models import Mailing
from mail.tracking import target_of
from newsletter.views.subscription import bad_link
from operators.permissions import anybody

DOT = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")  # one clear dot


@anybody
@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    """A dot; every load counts, whoever asked for it."""
    try:
        site_id, mailing_id = read_open(token)
    except BadToken:
        return bad_link(request)
    if _counts(request):
        with working_for(site_id, kind="public"):
            mail.count_one(mailing_id, "opened")
    dot = HttpResponse(DOT, content_type="image/gif")
    dot["Cross-Origin-Resource-Policy"] = "cross-origin"  # mail programs in the browser show it
    return _not_kept(dot)


@anybody
@require_safe
def link(request: HttpRequest, token: str) -> HttpResponse:
    """On to where the letter said; the target stands in what was approved, never in the address."""
    try:
        clicked = read_click(token)
    except BadToken:
        return bad_link(request)
    with working_for(clicked.site_id, kind="public"):
        target = _target(clicked)
        if target and _counts(request):
            mail.count_one(clicked.mailing_id, "clicked")
    return _not_kept(HttpResponseRedirect(target)) if target else bad_link(request)


def _target(clicked: Clicked) -> str:
    rows = Mailing.objects.filter(pk=clicked.mailing_id)
    frozen = rows.values_list("content", flat=True).first()
    return target_of(parse(frozen), clicked.place) if frozen else ""


def _counts(request: HttpRequest) -> bool:
    """Not what a program fetches in advance and says so."""
    purposes = [request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz")]
    return request.method == "GET" and "prefetch" not in " ".join(purposes).lower()


def _not_kept(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer

"""`/mail/inbound/`: providers hand us mails by HTTP, as they are (message/rfc822)."""

import hmac

from django import db
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from mail.keeping import LARGEST, UNADDRESSED, addressee_of, keep, tell
from operators.permissions import anybody

SIGNATURE = "X-Signature"  # hex of HMAC-SHA256 over the body


@anybody
@csrf_exempt
def receive(request: HttpRequest) -> HttpResponse:
    """200 when it is kept; any other answer means: bring it again, or mend what it says."""
    if not settings.INBOUND_SECRET:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    raw = request.read(LARGEST + 1)
    if not _is_trusted(request, raw):
        return _say(401, "Send the secret as “Authorization: Bearer …”, or sign the body.")
    if len(raw) > LARGEST:
        return _say(413, f"At most {LARGEST:,} bytes.")
    if not raw.strip():
        return _say(400, "The body is empty. Send the mail as it is, message/rfc822.")
    told = request.GET.get("to") or request.headers.get("X-Envelope-To", "")
    try:
        found = [addressee_of(one.strip()) for one in told.split(",") if one.strip()]
        tell(keep([one for one in found if one] or [UNADDRESSED], raw))
    except db.Error:
        response = _say(503, "Not kept. Try again later.")
        response["Retry-After"] = "60"
        return response
    return _say(200, "kept")


def _is_trusted(request: HttpRequest, raw: bytes) -> bool:
    secret = settings.INBOUND_SECRET.encode()
    given = request.headers.get("Authorization", "")
    if given.startswith("Bearer "):
        return hmac.compare_digest(given.removeprefix("Bearer ").encode(), secret)
    signature = request.headers.get(SIGNATURE, "").removeprefix("sha256=")
    wanted = hmac.new(secret, raw, "sha256").hexdigest()
    return hmac.compare_digest(signature.encode(), wanted.encode())


def _say(status: int, words: str) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")

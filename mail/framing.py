"""A mail in a frame: a document without script, network, forms or origin of its own.

The response's policy and the frame's `sandbox` keep nearly all inside. What they do not: a
`<link rel=preconnect>` opens a connection under any policy (tried in Chromium), so tags that have
no business in a mail are made text at the very end, whatever was cleaned before.
"""

import re

from django.http import HttpResponse

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# made text, not cut out: what is cut out of `<li<base>nk …>` leaves a link
_FOREIGN = re.compile(
    r"<(?=/?(?:link|base|script|object|embed|i?frame|frameset|applet|portal|fencedframe)\b)",
    re.IGNORECASE,
)


_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def sealed(html: str) -> str:
    return _FOREIGN.sub("&lt;", html)


def framed(html: str, *, links: str = "_blank", allowed: str = "") -> HttpResponse:
    """`links`: where they open; a new window is refused by the sandbox, so that a click leaves the
    mail where it is. `allowed`: what the sandbox lets through."""
    base, mail = f'<base target="{links}">', sealed(html)
    head = _HEAD.search(mail)
    at = head.end() if head else 0
    answer = HttpResponse(mail[:at] + base + mail[at:])
    # django-csp leaves a header alone that is there
    answer["Content-Security-Policy"] = f"sandbox {allowed}".strip() + f"; {POLICY}"
    answer["X-DNS-Prefetch-Control"] = "off"
    answer["Cache-Control"] = "no-store"
    return answer

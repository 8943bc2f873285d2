"""Log lines carry ids, no content: what could name a person or open a door is cut out (P9.2).

The formatter works on the whole text of a record, so tracebacks and arguments are covered.
"""

import logging
import re

HEADERS = "authorization|set-cookie|cookie|x-csrftoken"
FIELDS = "password|passwd|secret|token|sessionid|session|csrfmiddlewaretoken|code"
CUTS = (
    # the name and password of a server's address
    (r"\b([a-z]+s?)://[^\s/@]+@", r"\1://<secret>@"),
    # addresses, also percent-encoded as they stand in query strings
    (r"[\w.+'\-]{1,64}(?:@|%40)[\w\-]{1,63}(?:\.[\w\-]{1,63})+", "<address>"),
    # headers that sign somebody in, to the end of the line
    (rf"\b({HEADERS})(['\"]?\s*[:=]\s*)[^\n]+", r"\1\2<secret>"),
    (rf"\b({FIELDS})=[^\s&'\"]+", r"\1=<secret>"),
    # signed tokens and keys of mails: long words of letters and digits without a meaning
    (r"(?<![\w\-])(?=[\w\-]*\d)(?=[\w\-]*[a-z])[a-z0-9_\-]{24,}(?![\w\-])", "<token>"),
)
_CUTS = [(re.compile(pattern, re.IGNORECASE), instead) for pattern, instead in CUTS]


def scrubbed(text: str) -> str:
    """The text without addresses, secrets and tokens."""
    for pattern, instead in _CUTS:
        text = pattern.sub(instead, text)
    return text


class ScrubbingFormatter(logging.Formatter):
    """Formats a record, and cuts out of the result what no log may hold."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))

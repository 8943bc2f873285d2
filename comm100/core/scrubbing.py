"""Log lines carry ids, no content: what could name a person or open a door is cut out (P9.2).

One form for all of them, which programs read (logfmt) and people, too:

    at=2026-11-28T19:33:26.123Z level=WARNING logger=django.request request=5be0… person=7 site=3
    message="Not Found: /s/acme/x"

It is one line whatever was written: line breaks and all signs but ASCII are escaped, so nobody
forges a second one. docs/security-rules.md lists what is logged.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from django.apps import apps

from comm100.core.requests import number_of, present_request

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


def take_over(name: str) -> None:
    """Let a logger that a server set up before us write lines of ours."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True


class LineFormatter(logging.Formatter):
    """A record as one scrubbed line; in a `readable` log a traceback stands below it, indented."""

    def __init__(self, *, readable: bool = False) -> None:
        super().__init__()
        self.readable = readable

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts = {"at": at.replace("+00:00", "Z"), "level": record.levelname, "logger": record.name}
        facts |= {name: str(value) for name, value in _who_and_where(record).items() if value}
        line = " ".join(f"{name}={value}" for name, value in facts.items())
        line += f" message={_quoted(record.getMessage())}"
        trace = self._trace(record)
        if trace and self.readable:
            return f"{line}\n\t" + scrubbed(trace).replace("\r", " ").replace("\n", "\n\t")
        return f"{line} trace={_quoted(trace)}" if trace else line

    def _trace(self, record: logging.LogRecord) -> str:
        """Of faults alone: a refusal is none."""
        if record.levelno < logging.ERROR:
            return ""
        parts = [self.formatException(record.exc_info)] if record.exc_info else []
        if record.stack_info:
            parts.append(self.formatStack(record.stack_info))
        return "\n".join(parts)


def _quoted(text: str) -> str:
    return json.dumps(scrubbed(text))


def _who_and_where(record: Any) -> dict[str, Any]:
    """Ids alone. Nothing is looked up: a log line must not ask the database."""
    if not apps.ready:
        return {}
    from celery import current_task  # noqa: PLC0415  the settings load this module

    from comm100.core.tenancy import current_context  # noqa: PLC0415  as above

    request = getattr(record, "request", None) or present_request()
    context = current_context()
    person = getattr(record, "person", None) or getattr(context, "user_id", None)
    site = getattr(getattr(request, "site", None), "pk", None)
    return {
        "request": number_of(request),
        "task": current_task.request.id if current_task else "",
        "person": person or getattr(getattr(request, "_cached_user", None), "pk", None),
        "site": site or getattr(context, "site_id", None),
    }

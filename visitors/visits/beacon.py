"""The door for events: `POST /p/<slug>/visit` and the picture `/p/<slug>/visit.gif`.

One function answers both for Django's views and, before all middleware, for the web server
(`fast_lane`, comm100/wsgi.py): no session, no transaction, one round trip to the buffer.

204: kept. 200: understood and not counted (no consent, a signal that says no, a program).
400, 404, 413: not ours. 429: too many of this site, or from one network. 503: not kept, try again.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from django.conf import settings
from django.db import DatabaseError
from django.http import parse_cookie
from redis.exceptions import RedisError

from visitors.visits import choices, facts
from visitors.visits.buffer import Happened, Kept, keep
from visitors.visits.sites import KnownSite, site_of

MOST_BYTES = 2048
PATH = re.compile(r"/p/(?P<slug>[a-z0-9-]+)/visit(?P<picture>\.gif)?")
DOT = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")  # one clear dot
STATUS = {
    Kept.YES: HTTPStatus.NO_CONTENT,
    Kept.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Kept.TOO_MANY_OF_ONE: HTTPStatus.TOO_MANY_REQUESTS,
    Kept.FULL: HTTPStatus.SERVICE_UNAVAILABLE,
}
HEADERS = [
    ("Cache-Control", "no-store"),
    ("Access-Control-Allow-Origin", "*"),  # without credentials: cookies are not for others
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
]
if settings.SECURE_HSTS_SECONDS:
    HSTS = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
    HEADERS.append(("Strict-Transport-Security", HSTS))

Meta = Mapping[str, Any]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Answer(NamedTuple):
    status: HTTPStatus
    body: bytes = b""
    type: str = "text/plain; charset=utf-8"


NOT_COUNTED = Answer(HTTPStatus.OK, b"Not counted.")
AWAY = Answer(HTTPStatus.SERVICE_UNAVAILABLE, b"Try again later.")


def take_event(slug: str, meta: Meta, body: bytes) -> Answer:
    """What a page's script tells: `{"v": cookie, "p": page, "l": link}`; `l` makes it a click.

    With `gone` the visitor does not agree any more: all that is known of them is forgotten.
    """
    if len(body) > MOST_BYTES:
        return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"Too large.")
    try:
        told = {name: str(value) for name, value in json.loads(body).items()}
    except (ValueError, AttributeError, RecursionError):
        return Answer(HTTPStatus.BAD_REQUEST, b"Send a JSON object.")
    site = site_of(slug)
    if site is None:
        return Answer(HTTPStatus.NOT_FOUND, b"No such site.")
    if told.get("gone"):
        return _forgotten(site, told.get("v", ""), meta)
    return _counted(site, told, meta)


def _counted(site: KnownSite, told: Mapping[str, str], meta: Meta) -> Answer:
    chosen = _chosen(told.get("v", ""), meta)
    page = facts.page_of(told["p"], site.hosts) if told.get("p") else ""
    link = facts.page_of(told["l"]) if told.get("l") else ""
    if not page or (told.get("l") and not link):
        return Answer(HTTPStatus.BAD_REQUEST, b"Name a page.")
    if site.is_closing or not chosen.counted or facts.is_bot(meta.get("HTTP_USER_AGENT", "")):
        return NOT_COUNTED
    return kept(event_of(site.id, page, chosen, meta, link=link), meta)


def take_picture(slug: str, meta: Meta) -> Answer:
    """Counts one view of the page that shows it, for somebody who agreed (P2.4), and tells nobody
    apart: no id, no address. `?v=`: the visitor's cookie of the page's own host. Where it is one
    too many the picture is the same, and counts nothing."""
    site = site_of(slug)
    if site is None:
        return Answer(HTTPStatus.NOT_FOUND, b"No such site.")
    page = facts.page_of(str(meta.get("HTTP_REFERER", "")), site.hosts)
    told = parse_qs(str(meta.get("QUERY_STRING", ""))[:MOST_BYTES]).get("v", [""])[0]
    counted = _chosen(told, meta).counted and not facts.is_bot(meta.get("HTTP_USER_AGENT", ""))
    if page and meta.get("HTTP_REFERER") and counted and not site.is_closing:
        answer = kept(Happened(site.id, page), meta)
        if answer.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.TOO_MANY_REQUESTS}:
            return answer
    return Answer(HTTPStatus.OK, DOT, "image/gif")


def event_of(
    site_id: int, page: str, chosen: choices.Choices, meta: Meta, *, link: str = ""
) -> Happened:
    """What the request of somebody who agreed to it tells, cut down to P2.4."""
    return Happened(
        site_id,
        page,
        link,
        chosen.key(site_id),
        chosen.personalise,
        facts.browser_of(meta.get("HTTP_USER_AGENT", "")),
        facts.language_of(meta.get("HTTP_ACCEPT_LANGUAGE", "")),
        facts.address_of(meta),
    )


def _forgotten(site: KnownSite, cookie: str, meta: Meta) -> Answer:
    before = choices.parse(cookie)
    return kept(farewell(site.id, before), meta) if before.counted else NOT_COUNTED


def farewell(site_id: int, before: choices.Choices) -> Happened:
    """It goes the way that events went, so that none of them comes after it."""
    return Happened(site_id, "", key=before.key(site_id))


def kept(event: Happened, meta: Meta) -> Answer:
    try:
        return Answer(STATUS[keep(event, told_by=event.ip or facts.address_of(meta))])
    except RedisError:
        return AWAY


def _chosen(told: str, meta: Meta) -> choices.Choices:
    """By a cookie that the page's script read on its own host, else by ours."""
    if choices.signalled(meta):
        return choices.BY_SIGNAL
    own = parse_cookie(meta.get("HTTP_COOKIE", "")).get(settings.VISITOR_COOKIE, "")
    return choices.parse(told or own)


def fast_lane(application: Wsgi) -> Wsgi:
    """The same answers without Django's middleware, for a web server."""

    def serve(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        door = PATH.fullmatch(environ.get("PATH_INFO", ""))
        if door is None or not _is_ours(environ, picture=bool(door["picture"])):
            return application(environ, start)
        answer = _taken(environ, door["slug"], picture=bool(door["picture"]))
        size = [] if answer.status == HTTPStatus.NO_CONTENT else [("Content-Type", answer.type)]
        start(f"{answer.status.value} {answer.status.phrase}", [*HEADERS, *size])
        return [answer.body]

    return serve


def _taken(environ: dict[str, Any], slug: str, *, picture: bool) -> Answer:
    try:
        if picture:
            return take_picture(slug, environ)
        return take_event(slug, environ, environ["wsgi.input"].read(MOST_BYTES + 1))
    except DatabaseError:
        return AWAY


def _is_ours(environ: Meta, *, picture: bool) -> bool:
    """Anything unusual goes the long way, which knows what to say: methods, redirects to TLS."""
    secure = settings.LOCAL or environ.get("HTTP_X_FORWARDED_PROTO") == "https"
    method = "GET" if picture else "POST"
    return bool(secure and environ.get("REQUEST_METHOD") == method)

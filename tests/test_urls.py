"""One table over all addresses: URL by role by status; nothing of another site in any answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from comm100.core.tenancy import working_for
from mail.models import Mailing, Outbox
from tests.planting import CANARY, plant, rows_of
from tests.url_table import OPEN, ROWS, STAFF, USER

COLUMNS = {"key": "key", "list_slug": "slug"}  # what is not a number in a path

WITHOUT_SITE = {"website", "accounts", "account_data", "mail", "access"}  # namespaces
ENTERED = {200, 302, 405, 422}
FOREIGN = 9001  # numbers of the other site; ours count from 1


def our_patterns(resolver: Any = None, space: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            name = pattern.namespace or space
            if pattern.namespace != "admin" and "allauth" not in str(pattern.urlconf_name):
                yield from our_patterns(pattern, name)
        elif isinstance(pattern, URLPattern):
            yield f"{space}:{pattern.name}" if space else str(pattern.name), pattern.callback


def address(name: str, planted: dict[str, Any], slug: str) -> str:
    row = ROWS[name]
    arguments: dict[str, Any] = {}
    if row.about:
        arguments["number"] = planted[row.about].number
    for argument, where in row.more:
        arguments[argument] = (
            where[1:]
            if where.startswith("=")
            else getattr(planted[where], COLUMNS.get(argument, "number"))
        )
    if name.partition(":")[0] not in WITHOUT_SITE and ":" in name:
        arguments["slug"] = slug
    if name in {"moderation:queue", "moderation:figures"}:
        arguments.pop("slug")
    return reverse(name, kwargs=arguments)


def site_rows() -> list[str]:
    return [name for name, row in ROWS.items() if ":" in row.permission]


@pytest.fixture
def planted(acme: Any) -> dict[str, Any]:
    return plant(acme.site, 101)


@pytest.fixture
def foreign(rival: Any) -> dict[str, Any]:
    return plant(rival.site, FOREIGN)


def ask(client: Client, method: str, url: str, **body: Any) -> Any:
    client.raise_request_exception = False
    return getattr(client, method)(url, body or None)


def test_every_address_has_a_row_with_its_permission():
    found = {name: getattr(view, "admits", STAFF) for name, view in our_patterns()}
    assert {n: r.permission for n, r in ROWS.items() if n in found} == found
    assert sorted(set(ROWS) - set(found)) == []


@pytest.mark.policy("P10.4")
@pytest.mark.parametrize("role", ["owner", "admin", "editor", "reader"])
def test_a_role_enters_what_it_may_and_nothing_else(acme, planted, sign_in, role):
    operator = getattr(acme, role)
    client, wrong = sign_in(operator), {}
    for name in site_rows():
        url = address(name, planted, acme.site.slug)
        status = ask(client, "get", url).status_code
        may = operator.may(ROWS[name].permission)
        if (status not in ENTERED) if may else (status != 403):
            wrong[f"GET {url}"] = status
        if not may and (status := ask(client, "post", url).status_code) != 403:
            wrong[f"POST {url}"] = status
    assert not wrong


def test_a_stranger_is_sent_to_sign_in(acme, planted, client):
    wrong = {}
    for name in [*site_rows(), *(n for n, r in ROWS.items() if r.permission in {USER, STAFF})]:
        url = address(name, planted, acme.site.slug)
        for method in ("get", "post"):
            answer = ask(client, method, url)
            if answer.status_code != 302 or reverse(settings.LOGIN_URL) not in answer["Location"]:
                wrong[f"{method} {url}"] = answer.status_code
    assert not wrong


def test_who_is_no_staff_finds_no_staff_pages(acme, planted, sign_in):
    client = sign_in(acme.owner)
    wrong = {}
    for name in (n for n, r in ROWS.items() if r.permission == STAFF):
        url = address(name, planted, acme.site.slug)
        answers = [ask(client, method, url) for method in ("get", "post")]
        if any(a.status_code not in {302, 403, 404} or CANARY in str(a.content) for a in answers):
            wrong[url] = [a.status_code for a in answers]
    assert not wrong


@pytest.mark.policy("P10.4")
@pytest.mark.parametrize("role", ["owner", "reader"])
def test_another_site_is_not_there(acme, rival, foreign, sign_in, caplog, role):
    """Its slug or its numbers in the path: 404 for every method, and no byte of it anywhere."""
    client, before = sign_in(getattr(acme, role)), rows_of(rival.site)
    operator, wrong = getattr(acme, role), {}
    for name in site_rows():
        urls = [address(name, foreign, rival.site.slug)]
        if ROWS[name].about not in {"", "operators_operator"} and operator.may(
            ROWS[name].permission
        ):
            urls.append(address(name, foreign, acme.site.slug))
        for url in urls:
            for method in ("get", "post"):
                answer = ask(client, method, url)
                post_only = answer.status_code == 405 and acme.site.slug in url
                if (answer.status_code != 404 and not post_only) or CANARY in _text(answer):
                    wrong[f"{method} {url}"] = answer.status_code
    assert not wrong
    assert rows_of(rival.site) == before
    assert CANARY not in caplog.text.replace(foreign["visitors_customfield"].key, "")


@pytest.mark.policy("P10.4")
@pytest.mark.parametrize("kind", ["pk", "number"])
def test_foreign_ids_in_query_body_and_headers_do_nothing(acme, rival, foreign, sign_in, kind):
    """Every address of ours, fed with the keys and numbers of the other site under every name."""
    ours = plant(acme.site, 101, word="ours")
    client, before = sign_in(acme.owner), rows_of(rival.site)
    headers = {"X-Site": str(rival.site.pk), "X-Site-Id": str(rival.site.pk), "HX-Request": "true"}
    wrong = {}
    for name in site_rows():
        if name in {"operators:leaving", "operators:handover"}:
            continue  # they would end the work of the one who asks
        url = address(name, ours, acme.site.slug)
        for method in ("get", "post"):
            client.raise_request_exception = False
            answer = getattr(client, method)(url, foreign_facts(foreign, kind), headers=headers)
            if answer.status_code >= 500 or CANARY in _text(answer):
                wrong[f"{method} {url}"] = answer.status_code
    assert not wrong
    assert rows_of(rival.site) == before
    with working_for(acme.site.pk):
        mailed = [bytes(c) for c in Mailing.objects.values_list("content", flat=True)]
        posted = [*Outbox.objects.values_list("address", "content")]
    assert CANARY not in str(mailed)
    assert CANARY not in str([(a, bytes(c or b"")) for a, c in posted])


def foreign_facts(foreign: dict[str, Any], kind: str) -> dict[str, Any]:
    """The other site's keys under every name a form or a view could read them by."""
    facts: dict[str, Any] = {"site": foreign["visitors_contact"].site_id, "confirm": "yes"}
    for table, row in foreign.items():
        value = getattr(row, kind, None) or row.pk
        noun = table.split("_", 1)[1]
        for name in {noun, f"{noun}s", f"{noun}_id", noun.removeprefix("newsletter")}:
            facts[name] = facts[f"{name}s"] = value
    return facts | {"id": 1, "number": FOREIGN, "before": 10**9, "q": "7c1", "to": "x@x.example"}


def _text(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace").lower() + str(answer.headers).lower()


@pytest.mark.parametrize("name", [n for n, r in ROWS.items() if r.permission == OPEN])
def test_a_public_page_shows_nothing_of_a_site(acme, foreign, client, name):
    url = address(name, {**foreign}, acme.site.slug)
    answer = ask(client, "get", url)
    assert answer.status_code in {200, 302, 400, 404, 405, 410, 503}
    assert CANARY not in _text(answer)

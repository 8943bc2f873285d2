"""The headers of production, scored as Mozilla's HTTP Observatory does (its published rules)."""

import json

import pytest
from django.test import Client

from comm100.core.tokens import make_token
from tests.running.test_encrypting import ask
from visitors.visits import beacon

PAGES = ("/", "/privacy/", "/contact/", "/account/login/", "/account/signup/")
HALF_A_YEAR = 15768000
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}


def directives(policy: str) -> dict[str, list[str]]:
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {name: values for name, *values in parts}


def score(headers: dict[str, str], cookies: dict[str, dict]) -> int:
    """100, with what is missing taken off and what is better added."""
    policy = directives(headers.get("Content-Security-Policy", ""))
    return (
        100
        + _policy_points(policy)
        + _cookie_points(cookies)
        + (0 if _hsts_seconds(headers) >= HALF_A_YEAR else -20)
        + (5 if headers.get("Referrer-Policy") in PRIVATE else -5)
        + (0 if headers.get("X-Content-Type-Options") == "nosniff" else -5)
        + (5 if "frame-ancestors" in policy else 0 if "X-Frame-Options" in headers else -20)
        + (10 if headers.get("Cross-Origin-Resource-Policy") == "same-origin" else 0)
        + (-50 if headers.get("Access-Control-Allow-Origin") == "*" else 0)
    )


def _policy_points(policy: dict[str, list[str]]) -> int:
    words = " ".join(value for values in policy.values() for value in values)
    if not policy:
        return -25
    if "unsafe" in words or "http:" in words:
        return -20
    return 10 if policy.get("default-src") == ["'none'"] else 5


def _cookie_points(cookies: dict[str, dict]) -> int:
    if not cookies:
        return 0
    if not all(cookie["secure"] and cookie["httponly"] for cookie in cookies.values()):
        return -40
    return 5 if all(cookie["samesite"] for cookie in cookies.values()) else 0


def _hsts_seconds(headers: dict[str, str]) -> int:
    return int(headers.get("Strict-Transport-Security", "max-age=0").split(";")[0].split("=")[1])


@pytest.mark.policy("P10.1", "P10.2")
@pytest.mark.parametrize("path", PAGES)
def test_the_main_pages_score_at_least_120(company, path):
    status, headers, cookies = ask(path, secure=True)
    assert status == 200
    assert score(headers, cookies) >= 120, json.dumps(headers, indent=1)


@pytest.mark.policy("P10.1")
def test_pages_ask_the_device_for_nothing(company):
    _, headers, _ = ask("/", secure=True)
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_score_takes_off_for_what_is_missing():
    assert score({}, {}) < 50
    loose = {"Content-Security-Policy": "default-src 'self'; script-src 'unsafe-inline'"}
    assert _policy_points(directives(loose["Content-Security-Policy"])) == -20


@pytest.mark.policy("P10.1", "P4.3")
def test_names_of_cookies_bind_them_to_this_host():
    _, _, cookies = ask("/account/login/", secure=True)
    assert cookies
    for name, cookie in cookies.items():
        assert name.startswith("__Host-")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


@pytest.mark.policy("P10.1")
def test_the_beacon_has_its_own():
    headers = dict(beacon.HEADERS)
    assert directives(headers["Content-Security-Policy"]) == {
        "default-src": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.policy("P10.1")
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
def test_methods_that_nothing_answers_are_refused(acme, sign_in, method):
    client = sign_in(acme.owner)
    for path in ("/", acme.url(), "/account/login/", "/health/"):
        answer = client.generic(method, path, headers={"x-secret": "echo me"})
        assert answer.status_code == 405
        assert b"echo me" not in answer.content


@pytest.mark.policy("P10.2")
def test_what_a_program_sends_in_the_clear_is_refused_not_led_on():
    for path in ("/metrics", "/p/acme/visit", "/mail/inbound/"):
        method = "GET" if path == "/metrics" else "POST"
        status, headers, _ = ask(path, secure=False, method=method)
        assert (status, "Location" in headers) == (403, False), path


@pytest.mark.policy("P10.1")
def test_pages_of_somebody_are_stored_nowhere(acme, sign_in):
    client = sign_in(acme.owner)
    link = make_token("unsubscribe", acme.site.pk, acme.customer.pk, 0)
    for path in (acme.url(), acme.url("contacts/"), "/account/profile/", "/", f"/u/{link}"):
        assert "no-store" in client.get(path)["Cache-Control"], path
    assert "no-store" in Client().get(f"/u/{link}")["Cache-Control"]
    assert "Cache-Control" not in Client().get("/privacy/").headers


@pytest.mark.policy("P10.1")
@pytest.mark.parametrize(
    "name",
    ["Host", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override"],
)
def test_a_made_up_host_reaches_no_page(company, name):
    """Neither links of pages and letters nor a cache between us can be bent by it."""
    status, headers, _ = ask("/account/login/", secure=True, **{name: "evil.example"})
    assert status == (400 if name == "Host" else 200)
    assert "evil.example" not in json.dumps(headers)

"""The headers of production, scored as Mozilla's HTTP Observatory does (its published rules)."""

import json

import pytest

from tests.running.test_encrypting import ask

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

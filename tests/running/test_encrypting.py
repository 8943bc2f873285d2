"""Transport, with the settings of production: nothing is answered without TLS (P10.2, P10.3)."""

import atexit
import json
import os
import subprocess
import sys
from functools import cache

import pytest
from django.conf import settings

from comm100.embedded import ROOT
from tests.running.test_refusing import WHOLE

ANSWER = """
import json, sys, django
from django.conf import settings
from django.test import Client
settings.STORAGES["staticfiles"]["BACKEND"] = settings.STORAGES["default"]["BACKEND"]  # unbuilt
django.setup()
for line in sys.stdin:
    method, path, secure, headers = json.loads(line)
    answer = Client().generic(method, path, secure=secure, headers=headers)
    cookies = {name: dict(morsel) for name, morsel in answer.cookies.items()}
    print(json.dumps([answer.status_code, dict(answer.headers), cookies]), flush=True)
"""


@cache
def production() -> "subprocess.Popen[str]":
    """A process of its own, with the settings of production; one for all questions."""
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = WHOLE | servers | {"DJANGO_SETTINGS_MODULE": "comm100.settings"}
    env["COMM100_SECRET_KEY"] = settings.SECRET_KEY  # what the database knows
    process = subprocess.Popen(
        [sys.executable, "-c", ANSWER],
        env=env,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(end, process)
    return process


def end(process: "subprocess.Popen[str]") -> None:
    with process:  # waits, and closes its ends
        process.kill()


def ask(
    path: str, *, secure: bool, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], dict[str, dict]]:
    """Status, headers and cookies that production answers."""
    asked, told = production().stdin, production().stdout
    assert asked
    assert told
    given = json.dumps([method, path, secure, {"Host": "help.example.org"} | headers])
    print(given, file=asked, flush=True)
    return tuple(json.loads(told.readline()))


@pytest.mark.policy("P10.2")
@pytest.mark.parametrize("path", ["/", "/account/login/", "/s/acme/contacts/", "/staff/"])
def test_plain_http_is_sent_to_https(path):
    status, headers, cookies = ask(path, secure=False)
    assert (status, headers["Location"]) == (301, f"https://help.example.org{path}")
    assert cookies == {}


@pytest.mark.policy("P10.2")
def test_browsers_are_told_to_come_encrypted_for_a_year():
    _, headers, _ = ask("/robots.txt", secure=True)
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


@pytest.mark.policy("P10.2", "P4.3")
def test_the_cookies_of_a_form_travel_encrypted_only():
    _, _, cookies = ask("/account/login/", secure=True)
    assert cookies
    for name, cookie in cookies.items():
        assert cookie["secure"] is True, name
        assert cookie["httponly"] is True, name
        assert cookie["samesite"] in {"Lax", "Strict"}, name


@pytest.mark.policy("P10.3")
@pytest.mark.parametrize("path", ["/", "/p/acme/", "/s/acme/", "/chat/", "/ws/"])
def test_an_unencrypted_socket_is_refused(path):
    """Whatever speaks to people in the future: no address takes an upgrade without TLS."""
    key = {"Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==", "Sec-WebSocket-Version": "13"}
    status, headers, _ = ask(path, secure=False, Upgrade="websocket", Connection="Upgrade", **key)
    assert status == 301
    assert headers["Location"].startswith("https://")


@pytest.mark.policy("P10.3")
def test_no_setting_switches_encryption_off():
    env = WHOLE | {"COMM100_HTTP": "true", "SECURE_SSL_REDIRECT": "false", "COMM100_TLS": "off"}
    told = "import comm100.settings as s; print(s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE)"
    done = subprocess.run(
        [sys.executable, "-c", told], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True"]

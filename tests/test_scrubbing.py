"""What no log line may hold, whatever was written to it (P9.2)."""

import io
import json
import logging
import re
from datetime import UTC, datetime
from logging.config import dictConfig

import pytest
from celery.utils.log import get_task_logger
from django.conf import settings
from django.test import Client
from granian.log import LOGGING_CONFIG

from comm100.celery import app as celery
from comm100.core.scrubbing import LineFormatter, scrubbed, take_over
from comm100.core.tokens import make_token

pytestmark = [pytest.mark.policy("P9.2"), pytest.mark.policy("P10.1")]


@pytest.fixture
def written():
    """What the root logger writes, formatted as production does."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("no such contact: cat.o'neil+news@acme.example", "no such contact: <address>"),
        ("GET /contacts/?q=cat%40acme.example&page=2", "GET /contacts/?q=<address>&page=2"),
        ("Authorization: Bearer abc.def", "Authorization: <secret>"),
        ("{'Cookie': 'session=abc; v=1'}", "{'Cookie': <secret>"),
        ("POST password=hunter2&next=/", "POST password=<secret>&next=/"),
        ("cannot reach smtp://me:pass@mail.example/", "cannot reach smtp://<secret>@mail.example/"),
        ("müller@straße.example", "<address>"),
    ],
)
def test_people_and_secrets_are_cut_out(line, left):
    assert scrubbed(line) == left


def test_tokens_of_links_are_cut_out_and_words_stay():
    token = make_token("unsubscribe", 12, 34, 56)
    assert scrubbed(f"Not Found: /u/{token}") == "Not Found: /u/<token>"
    told = "outbox row 123456 of site 42: relation visitors_contact_email_norm_idx is away"
    assert scrubbed(told) == told


def test_tracebacks_are_scrubbed_as_a_whole(written):
    try:
        raise ValueError("cat@acme.example is not a number")
    except ValueError:
        logging.getLogger("mail").exception("row 7")
    assert "cat@acme" not in written.getvalue()
    assert "ValueError: <address> is not a number" in written.getvalue()


def test_a_request_that_fails_tells_nobody_s_name(acme, written):
    token = make_token("unsubscribe", 1, 2, 3)
    Client().get(f"/nowhere/{token}/?email=cat@acme.example")
    Client(raise_request_exception=False).post(f"/u/{token}?who=cat@acme.example", {"x": "1"})
    assert "Not Found: /nowhere/<token>/" in written.getvalue()
    assert "acme.example" not in written.getvalue()
    assert token not in written.getvalue()


def test_production_formats_every_line_so():
    for handler in settings.LOGGING["handlers"].values():
        formatter = settings.LOGGING["formatters"][handler["formatter"]]
        assert formatter["()"] == "comm100.core.scrubbing.LineFormatter"
    assert settings.CELERY_WORKER_HIJACK_ROOT_LOGGER is False


LINE = re.compile(r"(?P<name>[a-z]+)=(?P<value>\"(?:[^\"\\]|\\.)*\"|[^ ]+)")


def facts_of(line: str) -> dict[str, str]:
    """What a program reads out of a line."""
    found = {m["name"]: m["value"] for m in LINE.finditer(line)}
    return {k: json.loads(v) if v.startswith('"') else v for k, v in found.items()}


def test_a_line_says_when_where_who_and_what(acme, sign_in, written):
    client = sign_in(acme.reader)
    answer = client.get(acme.url("settings/"))
    told = facts_of(written.getvalue().splitlines()[-1])
    assert told["message"] == "Forbidden (Permission denied): /s/acme/settings/"
    assert "trace" not in told
    assert told["person"] == str(acme.reader.user_id)
    assert told["site"] == str(acme.site.pk)
    assert told["request"] == answer["X-Request-Id"]
    assert told["level"] == "WARNING"
    assert told["at"].endswith("Z")
    at = datetime.fromisoformat(told["at"])
    assert abs((datetime.now(UTC) - at).total_seconds()) < 5
    assert f"<code>{told['request']}</code>" in answer.content.decode()


def test_a_number_that_comes_with_a_request_is_not_believed(company, client):
    answer = client.get("/", headers={"x-request-id": "0000000000000000"})
    assert answer["X-Request-Id"] != "0000000000000000"


@pytest.mark.parametrize("sign", ["\n", "\r\n", "\x0b", "\x85", "\u2028", "\x1b[2K\r"])
def test_nobody_forges_a_line(client, company, written, sign):
    forged = "at=2026-01-01T00:00:00.000Z level=INFO logger=accounts.entering message=x"
    logging.getLogger("mail").warning("server said: %s", f"no{sign}{forged}")
    client.get(f"/nowhere{sign}{forged}")
    lines = written.getvalue().splitlines()
    assert len(lines) == 2
    assert not any(line.startswith("at=2026-01-01") for line in lines)
    assert "\x1b" not in written.getvalue()


def test_a_readable_log_indents_what_stands_below_a_line():
    record = logging.makeLogRecord({"msg": "row 7", "name": "mail", "levelno": logging.ERROR})
    try:
        raise ValueError("first\nat=2026 level=INFO message=x")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    first, *below = LineFormatter(readable=True).format(record).splitlines()
    assert "message=" in first
    assert below
    assert all(line.startswith("\t") for line in below)


def test_who_came_in_and_who_did_not_is_logged_by_number(acme, written):
    user = acme.owner.user
    for password in ("wrong", "correct horse battery"):
        Client().post("/account/login/", {"login": user.email, "password": password})
    Client().post("/account/login/", {"login": "nobody@acme.example", "password": "wrong"})
    lines = [facts_of(line) for line in written.getvalue().splitlines()]
    told = [(line["message"], line.get("person")) for line in lines]
    assert told == [
        ("a sign-in failed", str(user.pk)),
        ("signed in with password", str(user.pk)),
        ("a sign-in failed", None),
    ]
    assert "ann" not in written.getvalue().lower()


def test_guesses_that_are_stopped_and_wrong_proofs_are_logged(acme, sign_in, written):
    client = Client()
    for _ in range(6):
        client.post("/account/login/", {"login": acme.owner.user.email, "password": "wrong"})
    assert "too many failed sign-ins" in written.getvalue()
    sign_in(acme.editor).post("/account/reauthenticate/", {"password": "wrong"})
    assert "a wrong password, asked for again" in written.getvalue()


def test_lines_of_the_servers_around_us_are_ours(written):
    """Celery's and granian's own handlers would scrub nothing."""
    dictConfig(LOGGING_CONFIG)
    take_over("_granian")
    celery.log.setup(loglevel=logging.WARNING)
    for logger in (
        logging.getLogger("_granian"),
        get_task_logger("x"),
        logging.getLogger("celery"),
    ):
        logger.warning("fell over cat@acme.example")
        assert all(isinstance(h, logging.NullHandler) for h in logger.handlers)
    lines = written.getvalue().splitlines()
    assert [facts_of(line)["message"] for line in lines] == ["fell over <address>"] * 3

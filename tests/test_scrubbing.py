"""What no log line may hold, whatever was written to it (P9.2)."""

import io
import logging

import pytest
from django.conf import settings
from django.test import Client

from comm100.core.scrubbing import ScrubbingFormatter, scrubbed
from comm100.core.tokens import make_token

pytestmark = [pytest.mark.policy("P9.2"), pytest.mark.policy("P10.1")]


@pytest.fixture
def written():
    """What the root logger writes, formatted as production does."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ScrubbingFormatter("%(levelname)s %(name)s: %(message)s"))
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
        assert formatter["()"] == "comm100.core.scrubbing.ScrubbingFormatter"
    assert settings.CELERY_WORKER_HIJACK_ROOT_LOGGER is False

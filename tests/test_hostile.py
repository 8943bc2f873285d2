"""What somebody hostile types, uploads and posts stays words everywhere (P10.1)."""

import csv
import io
import re
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, models, transaction
from django.test import Client

from accounts.models import Site
from comm100.core.sheets import harmless
from comm100.core.tenancy import working_for
from mail.framing import sealed
from newsletter.rendering import render_letter
from tests.planting import owned_models, plant
from tests.staff.conftest import with_second_factor
from tests.test_urls import address, our_patterns, site_rows
from tests.work import an_end
from visitors.models import Import

pytestmark = pytest.mark.policy("P10.1")
MARK = "<img src=x onerror=alert(1)>"
HOSTILE = f"""=1+1'">{MARK}{{{{7*7}}}}{{% debug %}}"""
FORMULA = "=cmd|' /C calc'!A0"
# who may post without our token, and why that moves nothing of anybody who is signed in
EXEMPT = {
    "inbound",  # a secret of its own
    "website:contact", "website:never_invite",  # sign nobody in
    "unsubscribe", "newsletter_public:preferences",  # the token of the link is the proof
    "your_data:ask", "your_data:copy_wish", "your_data:erasure",  # likewise
    "newsletter_public:subscribe", "newsletter_public:confirm",
    "visits_public:event",
    "visits_public:cookies", "website:cookies",  # the browser says from where (`_from_here`)
    "visitors:import_new",  # looked at as soon as the size is known
}  # fmt: skip


def make_hostile(site: Any, planted: dict[str, Any]) -> int:
    """Put HOSTILE into each column of the planted rows that takes any text; answers how many."""
    done = 0
    for model in owned_models():
        row = planted.get(model._meta.db_table)
        for field in model._meta.local_fields if row else ():
            if not _takes_any_text(field):
                continue
            try:
                with working_for(site.pk), transaction.atomic():
                    text = HOSTILE[: field.max_length]
                    done += model._base_manager.filter(pk=row.pk).update(**{field.name: text})
            except DatabaseError:  # checked, or never changed
                continue
    return done


def _takes_any_text(field: Any) -> bool:
    special = (models.SlugField, models.EmailField, models.URLField, models.FileField)
    is_text = isinstance(field, models.CharField | models.TextField)
    return is_text and not isinstance(field, special) and not field.choices and field.name != "key"


def test_names_with_tags_are_words_on_every_page(acme, staff, sign_in):
    planted = plant(acme.site, 101)
    assert make_hostile(acme.site, planted) > 20
    for person in (acme.owner.user, acme.editor.user):
        person.name = HOSTILE
        person.save()
    type(acme.site).objects.filter(pk=acme.site.pk).update(name=HOSTILE)
    client, seen = sign_in(acme.owner), 0
    client.raise_request_exception = False
    addresses = [address(name, planted, acme.site.slug) for name in site_rows()]
    for url in [*addresses, "/sites/", "/account/profile/"]:
        seen += _is_harmless(client, url)
    theirs = with_second_factor(staff)
    for url in ("accounts/site/", "accounts/user/", "operators/operator/", "moderation/"):
        seen += _is_harmless(theirs, f"/staff/{url}")
    assert seen > 20


def _is_harmless(client: Client, url: str) -> bool:
    """Whether what was typed is on a page; never as markup, nor as a template.

    Mails in their frames are markup; tests/browser/test_hostile_mail.py looks at those.
    """
    answer = client.get(url)
    if "sandbox" in answer["Content-Security-Policy"]:
        return False
    if answer.streaming or not answer.headers["Content-Type"].startswith("text/html"):
        return False
    page = answer.content.decode()
    assert MARK not in page, url
    assert "1+149" not in page, url
    assert answer.status_code < 500, url
    return "onerror=alert(1)" in page


def test_the_list_of_who_may_post_without_a_token_is_closed():
    found = {name for name, view in our_patterns() if getattr(view, "csrf_exempt", False)}
    assert found == EXEMPT


@pytest.mark.no_db
def test_cells_that_a_spreadsheet_would_run_are_words():
    for text in (FORMULA, "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"):
        assert str(harmless(text)).startswith("'")
    for cell in ("+49 30 123456", "-12", "a=b", "", 7, None, -3.5):
        assert harmless(cell) == cell


def test_a_formula_in_a_reply_is_a_word_in_the_file(acme, sign_in):
    planted = plant(acme.site, 101)
    make_hostile(acme.site, planted)
    client = sign_in(acme.owner)
    sheets = ("newsletter:deliveries_csv", "operators:journal_csv", "visitors:import_refused")
    for name in (*sheets, "post:suppression_csv"):
        answer = client.get(address(name, planted, acme.site.slug))
        text = b"".join(answer.streaming_content).decode()
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert cells
        assert [cell for cell in cells if cell.startswith(("=", "@", "+"))] == []


NAMES = ("../../etc/passwd", "a\r\nSet-Cookie: x=1.csv", "\u202ecsv.exe", "Zoë ☂.csv", "x" * 300)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_counts_for_nothing(acme, sign_in, name):
    file = SimpleUploadedFile(name, b"email,name\ncat@acme.example,Cat\n", content_type="image/png")
    answer = sign_in(acme.owner).post(acme.url("contacts/imports/new/"), {"file": file})
    assert answer.status_code == 302
    with working_for(acme.site.pk):
        run = Import.objects.get()
        stored = str(run.path)
    assert stored.startswith(str(settings.MEDIA_ROOT))
    path = stored.removeprefix(str(settings.MEDIA_ROOT))
    assert re.fullmatch(r"/sites/\d+/imports?/[0-9a-f]{32}(\.csv)?", path)
    assert "Set-Cookie: x" not in str(answer.headers)


FILES = {
    "an Excel": b"PK\x03\x04cat@acme.example\n",
    "a PDF": b"%PDF-1.7 cat@acme.example\n",
    "compressed": b"\x1f\x8bcat@acme.example\n",
    "a program": b"\x7fELFcat@acme.example\n",
    "a picture": b"\x89PNG cat@acme.example\n",
    "a web page": b"<html>cat@acme.example",
    "no text": b"cat@acme.example\n\x00\x01",
}


@pytest.mark.parametrize("what", FILES)
def test_a_list_to_suppress_is_judged_by_its_bytes(acme, sign_in, what):
    file = SimpleUploadedFile("list.csv", FILES[what], content_type="text/csv")
    answer = sign_in(acme.owner).post(acme.url("mail/suppression/new/"), {"file": file})
    assert answer.status_code == 422
    assert what in answer.content.decode()


@pytest.mark.parametrize("piece", [b"a@", b"a.", b"@.", b"\n", b"a,", b" @"])
def test_long_lines_and_bombs_are_read_to_an_end(acme, sign_in, piece):
    file = SimpleUploadedFile("list.csv", piece * (4 * 10**6 // len(piece)))
    with an_end():
        answer = sign_in(acme.owner).post(acme.url("mail/suppression/new/"), {"file": file})
    assert answer.status_code == 422


@pytest.mark.no_db
def test_tags_that_have_no_business_in_a_mail_are_made_text():
    for tag in ("link rel=preconnect href=//x", "BASE href=//x", "script", "iframe src=x"):
        assert sealed(f"<p><{tag}>") == f"<p>&lt;{tag}>"
    assert sealed("<li<link>nk rel=x>") == "<li&lt;link>nk rel=x>"
    assert sealed("<p>a <linked> b</p><body>") == "<p>a <linked> b</p><body>"


@pytest.mark.no_db
def test_a_body_is_cleaned_when_the_mail_is_made_whichever_way_it_came():
    site = Site(name="Acme", slug="acme", web_url="https://acme.example")
    body = f"<p>Hi {MARK}</p><script>alert(1)</script><a href='javascript:alert(1)'>x</a>"
    letter = render_letter(site, subject="Hi", preheader=MARK, body=body, text="")
    assert MARK not in letter.html
    assert "alert(1)</script>" not in letter.html
    assert "javascript:" not in letter.html


@pytest.mark.no_db
def test_nobody_counts_by_the_address_of_our_own_proxy():
    """`get_client_ip` and `facts.address_of` look past it; the raw address is for one case."""
    knows = {"visitors/visits/facts.py", "website/status.py"}  # looks past it; is on this machine
    asks = {
        str(path.relative_to(settings.BASE_DIR))
        for app in ("comm100", *settings.OUR_APPS[1:])
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if "REMOTE_ADDR" in path.read_text()
    }
    assert asks == knows

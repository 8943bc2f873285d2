"""The letterbox: what left can be read, newest first, and its links can be followed."""

import pytest
from aiosmtpd.controller import Controller
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from comm100.embedded.valkey import free_port
from mail.kept import hang_up
from mail.letterbox import Keeper, Letterbox
from mail.models import Lane

pytestmark = pytest.mark.urls("tests.mail.open_urls")


@pytest.fixture
def box(settings, tmp_path):
    """The letterbox's own server, taking this test's mail."""
    settings.DATA_DIR = tmp_path
    letterbox = Letterbox(tmp_path / "letterbox")
    port = free_port()
    settings.SMTP_URL = f"smtp://127.0.0.1:{port}/"
    server = Controller(Keeper(letterbox, most=5), hostname="127.0.0.1", port=port)
    server.start()
    yield letterbox
    for lane in Lane:
        hang_up(lane)
    server.stop()


def write(subject="Confirm", html='<head></head><a href="https://x.example/a">Go</a>'):
    message = EmailMultiAlternatives(
        subject, "Open https://x.example/a.", to=["zoë <zoe@x.example>"]
    )
    message.attach_alternative(html, "text/html")
    message.send()


def test_a_new_mail_stands_first_and_can_be_opened(company, box, client):
    write("One")
    write("Zwei für Zoë")
    page = client.get("/letterbox/").content.decode()
    assert page.index("Zwei für Zoë") < page.index("One")
    key = box.keys()[0]
    letter = client.get(f"/letterbox/{key}/").content.decode()
    assert "zoe@x.example" in letter
    text = client.get(f"/letterbox/{key}/?view=text").content.decode()
    assert '<a href="https://x.example/a"' in text
    assert "Message-ID:" in client.get(f"/letterbox/{key}/?view=source").content.decode()


def test_the_frame_reaches_no_network_and_its_links_leave_the_frame(company, box, client):
    write(html="<html><head><title>x</title></head><script>alert(1)</script>hi</html>")
    response = client.get(reverse("mail:letter_html", args=[box.keys()[0]]))
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert '<head><base target="_top">' in response.content.decode()


def test_the_page_asks_again_and_hears_of_new_mail_only(company, box, client):
    write("One")
    newest = box.keys()[0]
    assert client.get(f"/letterbox/?newest={newest}").status_code == 204
    write("Two")
    fragment = client.get(f"/letterbox/?newest={newest}").content.decode()
    assert "Two" in fragment
    assert "<html" not in fragment


def test_only_the_newest_are_kept(company, box):
    for number in range(7):
        write(f"Number {number}")
    subjects = [kept.subject for kept in box.page(10)]
    assert subjects == [f"Number {n}" for n in (6, 5, 4, 3, 2)]


@pytest.mark.parametrize("key", ["nothing", "00000000000000000000-00000000", "..-etc"])
def test_what_is_not_there_is_not_found(company, box, client, key):
    assert client.get(f"/letterbox/{key}/").status_code == 404


def test_an_empty_letterbox_says_what_to_do(company, box, client):
    assert "Sign up or send a newsletter" in client.get("/letterbox/").content.decode()

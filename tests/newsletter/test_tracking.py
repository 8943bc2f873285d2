"""Opens and clicks: not counted unless the site asks for it, and then without anybody's name."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Site
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from mail.links import Clicked, click_url
from mail.models import Mailing, MailingHour
from tests.newsletter.conftest import list_with, submit, write

FORM = {"name": "Acme", "web_url": "https://shop.example", "time_zone": "UTC"}
BOTH = {"track_opens": "on", "track_clicks": "on"}
SHOP = "https://shop.example/bikes?size=5&copy=2"
BODY = (
    '<p>See <a href="https://shop.example/bikes?size=5&amp;copy=2">the bikes</a>, '
    '<a href="mailto:ann@acme.example">write</a>, '
    '<a href="http://old.shop.example/">the old page</a> or '
    '<a href="https://shop.example/bikes?size=5&amp;copy=2">the bikes once more</a>.</p>'
)


@pytest.fixture
def send(trusted, sign_in, post_office):
    """Set what the site counts, send a campaign to Zoë and Yan, answer what they got."""

    def send(**counted):
        admin = sign_in(trusted.admin)
        assert admin.post(trusted.url("settings/"), FORM | counted).status_code == 302
        news = list_with(trusted, "zoe@example.net", "yan@example.net")
        submit(admin, trusted, write(admin, trusted, news, body=BODY))
        post_office.deliver()
        return post_office.to("zoe@example.net")[0], post_office.to("yan@example.net")[0]

    return send


def hrefs(letter):
    return [unescape(found) for found in re.findall(r'<a [^>]*?href="([^"]+)"', letter.html)]


def path(link):
    return re.sub(r"^https?://[^/]+", "", link)


def picture_in(letter):
    (found,) = re.findall(r'<img src="([^"]+/o/[^"]+)" width="1" height="1" alt="">', letter.html)
    return path(found)


def clicks_in(letter):
    return [path(link) for link in hrefs(letter) if "/c/" in link]


def counts(house):
    """Opened and clicked, in all; the hours of the plot say the same."""
    with working_for(house.site.pk):
        mailing = Mailing.objects.get()
        hours = MailingHour.objects.values_list("opened", "clicked")
        assert tuple(map(sum, zip(*hours, strict=True))) == (mailing.opened, mailing.clicked)
        return mailing.opened, mailing.clicked


@pytest.mark.policy("P3.3")
def test_nothing_is_counted_unless_the_site_turns_it_on(trusted, send, sign_in):
    zoe, _ = send()
    assert hrefs(zoe)[:4] == [SHOP, "mailto:ann@acme.example", "http://old.shop.example/", SHOP]
    for part in (zoe.html, zoe.text):
        assert not re.search(r"/[oc]/", part)
        assert "counted" not in part
    assert "<img" not in zoe.html
    page = sign_in(trusted.editor).get(trusted.url("newsletter/1/")).content.decode()
    assert "Opens and clicks are not tracked." in page
    assert "some by programs" not in page


@pytest.mark.policy("P3.3", "P4.3")
def test_an_open_counts_each_load_and_knows_nobody(trusted, send):
    zoe, yan = send(**BOTH)
    assert picture_in(zoe) == picture_in(yan)
    assert zoe.html.index("/o/") < zoe.html.index("</body>")
    assert "Opens and clicks of this letter are counted, without your name." in zoe.html
    assert "Opens and clicks of this letter are counted, without your name." in zoe.text

    for _ in range(2):
        answer = Client().get(picture_in(zoe))
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
        assert answer["Cache-Control"] == "no-store"
        assert answer.content.startswith(b"GIF89a")
        assert not answer.cookies
    assert counts(trusted) == (2, 0)


def test_a_click_leads_where_the_letter_says_and_is_counted(trusted, send):
    zoe, yan = send(**BOTH)
    assert clicks_in(zoe) == clicks_in(yan)
    bikes, old, again = clicks_in(zoe)
    assert bikes == again
    assert "mailto:ann@acme.example" in hrefs(zoe)
    for link, target in ((bikes, SHOP), (old, "http://old.shop.example/")):
        answer = Client().get(link)
        assert (answer.status_code, answer["Location"]) == (302, target)
        assert answer["Cache-Control"] == "no-store"
        assert not answer.cookies
    assert counts(trusted) == (0, 2)


@pytest.mark.policy("P7.2")
def test_the_ways_out_and_the_plain_part_stay_as_they_are(send):
    zoe, _ = send(**BOTH)
    assert [link for link in hrefs(zoe) if "/u/" in link]
    assert [link for link in hrefs(zoe) if "/preferences/" in link]
    assert SHOP in zoe.links
    assert not re.search(r"/[oc]/", zoe.text)


def test_looking_ahead_is_not_counted(trusted, send):
    zoe, _ = send(**BOTH)
    for link in (picture_in(zoe), clicks_in(zoe)[0]):
        Client().head(link)
        Client().get(link, headers={"Sec-Purpose": "prefetch;prerender"})
        Client().get(link, headers={"Purpose": "prefetch"})
        assert Client().post(link).status_code == 405
    assert counts(trusted) == (0, 0)


@pytest.mark.parametrize(("on", "off"), [("track_opens", "/c/"), ("track_clicks", "/o/")])
def test_each_is_turned_on_alone(trusted, send, sign_in, on, off):
    zoe, _ = send(**{on: "on"})
    assert off not in zoe.html
    assert bool(clicks_in(zoe)) == (on == "track_clicks")
    assert ("<img" in zoe.html) == (on == "track_opens")
    word, other = ("Opens", "clicks") if on == "track_opens" else ("Clicks", "opens")
    assert f"{word} of this letter are counted, without your name." in zoe.text
    page = sign_in(trusted.editor).get(trusted.url("newsletter/1/")).content.decode()
    assert f"{word} are counted without names." in page
    assert f"and {other}" not in page


def test_a_bent_link_leads_nowhere(trusted, send):
    zoe, _ = send(**BOTH)
    click, dot = clicks_in(zoe)[0], picture_in(zoe)
    with working_for(trusted.site.pk):
        mailing = Mailing.objects.get()
    made_up = [
        Clicked(mailing.site_id, mailing.pk, 99),
        Clicked(mailing.site_id, mailing.pk, 1),  # a mail address
        Clicked(mailing.site_id, mailing.pk + 1, 0),
        Clicked(mailing.site_id + 1, mailing.pk, 0),
    ]
    for bad in (
        click[:-3],
        dot[:-3],
        click.replace("/c/", "/o/"),
        dot.replace("/o/", "/c/"),
        *(path(click_url(numbers)) for numbers in made_up),
    ):
        answer = Client().get(bad)
        assert answer.status_code == 404, bad
        assert "This link does not work" in answer.content.decode()
    assert counts(trusted) == (0, 0)


def test_what_was_submitted_before_counts_as_it_was_approved(trusted, send, sign_in):
    zoe, _ = send(**BOTH)
    assert sign_in(trusted.admin).post(trusted.url("settings/"), FORM).status_code == 302
    assert Client().get(clicks_in(zoe)[0])["Location"] == SHOP
    assert counts(trusted) == (0, 1)


def test_the_report_shows_about_how_many(trusted, send, sign_in):
    zoe, _ = send(**BOTH)
    url = trusted.url("newsletter/1/")
    assert "Nothing was counted so far." in sign_in(trusted.editor).get(url).content.decode()
    for link in (picture_in(zoe), picture_in(zoe), picture_in(zoe), clicks_in(zoe)[0]):
        Client().get(link)
    page = sign_in(trusted.editor).get(url).content.decode()
    assert re.search(r"Opens, about</span><span class=\"value\">3<", page)
    assert re.search(r"Clicks, about</span><span class=\"value\">1<", page)
    assert "3 opens" in page  # the title of a bar
    assert "1 clicks" in page


def test_operators_see_the_links_as_written(trusted, send, sign_in, post_office):
    send(**BOTH)
    editor = sign_in(trusted.editor)
    preview = editor.get(trusted.url("newsletter/1/preview/")).content.decode()
    assert "shop.example/bikes" in preview
    assert not re.search(r"/[oc]/", preview)
    editor.post(trusted.url("newsletter/1/test/"), {"to": trusted.owner.pk})
    post_office.deliver()
    (sample,) = [one for one in post_office.letters if one.subject.startswith("[Test]")]
    assert SHOP in hrefs(sample)
    assert not re.search(r"/[oc]/", sample.html)


def test_counting_is_one_statement(send):
    zoe, _ = send(**BOTH)
    for link in (picture_in(zoe), clicks_in(zoe)[0]):
        with CaptureQueriesContext(connection) as queries:
            Client().get(link)
        assert len([one for one in queries if "count_mailing" in one["sql"]]) == 1


@pytest.mark.policy("P8.1")
def test_turning_it_on_takes_the_right_and_is_on_record(acme, sign_in):
    url = acme.url("settings/")
    page = sign_in(acme.admin).get(url).content.decode()
    assert "nothing about a person" in page
    assert sign_in(acme.editor).post(url, FORM | BOTH).status_code == 403
    sign_in(acme.admin).post(url, FORM | {"web_url": acme.site.web_url} | BOTH)
    site = Site.objects.get(pk=acme.site.pk)
    assert (site.track_opens, site.track_clicks) == (True, True)
    with working_for(acme.site.pk):
        entry = JournalEntry.objects.get(action="site.profile_changed")
    assert set(BOTH) <= set(entry.detail["fields"])

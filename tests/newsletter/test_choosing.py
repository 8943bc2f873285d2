"""Four choices, obeyed by the next mail that leaves, each proven by a receipt (P7.1, P3.3)."""

import os
import re
from contextlib import suppress

import psycopg2
import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from comm100.core.documents import version_today
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from mail.links import preferences_url
from newsletter.models import Campaign, Subscriber
from tests.newsletter.conftest import campaign, contact, list_with, place, submit, write
from tests.newsletter.test_unsubscribing import ONE_CLICK, path, way_out
from tests.staff.conftest import decide, look
from tests.visitors.browsing import choose, cookie_of, move, tell
from visitors.models import Consent, Identification, Kind, Receipt, Visitor, Wording
from visitors.operations.visitor import identify_visitor
from visitors.visits.choices import parse

ZOE, YAN = "zoe@example.net", "yan@example.net"
Where = Receipt.Where


def page_of(house, address):
    person = contact(house, address)
    return path(preferences_url(house.site.slug, house.site.pk, person.pk))


def receipts(house, address, **facts):
    with working_for(house.site.pk):
        rows = Receipt.objects.of(contact(house, address)).filter(**facts).order_by("id")
        return [
            (
                Kind(row.kind).name,
                row.about if row.about.startswith("list") else "",
                row.get_after_display(),
                Where(row.where).name,
            )
            for row in rows
        ]


def send(sign_in, house, *lists, **changes):
    editor = sign_in(house.editor)
    number = write(editor, house, *lists, **changes)
    submit(editor, house, number)
    return number


@pytest.mark.policy("P7.1", "P3.2")
def test_a_change_of_mind_between_filling_and_sending_is_obeyed(
    trusted, sign_in, post_office, nobody_delivers
):
    """Off after the outbox was filled: nothing comes. On again: the next one does."""
    news = list_with(trusted, ZOE, YAN, name="What is new", kind=Kind.PRODUCT_NEWS)
    number = send(sign_in, trusted, news)
    page = page_of(trusted, ZOE)
    Client().post(page, {"marketing": "on", "lists": [news.pk]})
    post_office.deliver()
    assert (len(post_office.to(ZOE)), len(post_office.to(YAN))) == (0, 1)
    mailing = campaign(trusted, number).mailing
    assert (mailing.total, mailing.sent, mailing.suppressed) == (2, 1, 1)
    assert "did not say no" in post_office.to(YAN)[0].text

    Client().post(page, {"product_news": "on"})  # without a list: where they were before
    assert place(trusted, ZOE, "What is new").state == Subscriber.State.SUBSCRIBED
    send(sign_in, trusted, news, subject="More that is new")
    post_office.deliver()
    assert [letter.subject for letter in post_office.to(ZOE)] == ["More that is new"]


@pytest.mark.policy("P7.1")
def test_each_kind_is_a_choice_of_its_own(trusted, sign_in, post_office):
    """No to marketing: its campaign stays away, news of the product comes; and the other way."""
    offers = list_with(trusted, ZOE, name="Offers")
    news = list_with(trusted, ZOE, name="What is new", kind=Kind.PRODUCT_NEWS)
    page = page_of(trusted, ZOE)
    Client().post(page, {"product_news": "on", "lists": [offers.pk, news.pk]})
    assert contact(trusted, ZOE).consent == Consent.NONE
    with working_for(trusted.site.pk):  # as if the place had stayed: the choice alone stops it
        Subscriber.objects.update(state=Subscriber.State.SUBSCRIBED)
    list_with(trusted, YAN, name="Others")
    for one, subject in ((offers, "Buy"), (news, "New")):
        send(sign_in, trusted, one, subject=subject)
    post_office.deliver()
    assert [letter.subject for letter in post_office.to(ZOE)] == ["New"]

    Client().post(page, {"marketing": "on", "lists": [offers.pk]})
    for one, subject in ((offers, "Buy again"), (news, "Newer")):
        send(sign_in, trusted, one, subject=subject)
    post_office.deliver()
    assert [letter.subject for letter in post_office.to(ZOE)] == ["New", "Buy again"]


@pytest.mark.policy("P3.3", "P6.1")
def test_offers_of_partners_are_sent_by_us_to_those_who_said_yes(
    trusted, sign_in, post_office, moderator
):
    """No operator says yes for somebody; partners get nothing, and links tell them nothing."""
    list_with(trusted, ZOE, YAN)
    offers = list_with(trusted, name="Friends of ours", kind=Kind.PARTNER)
    editor = sign_in(trusted.editor)
    members = trusted.url(f"newsletter/lists/{offers.number}/members/")
    refused = editor.post(members, {"email": ZOE, "origin": "She would like it"})
    assert (refused.status_code, "say yes themselves" in refused.text) == (422, True)
    form = Client().get(trusted.public_url("newsletter/friends-of-ours/"))
    assert "partners do not get my address" in form.text

    Client().post(page_of(trusted, ZOE), {"partner": "on", "marketing": "on", "lists": offers.pk})
    body = '<p>Dear {{ name | reader }}, <a href="https://partner.example/spring">look</a></p>'
    sent = campaign(trusted, send(sign_in, trusted, offers, body=body))
    decide(moderator, sent, "approve", look(moderator, sent))  # a link to a new place
    post_office.deliver()
    assert post_office.to(YAN) == []
    assert not [one for one in post_office.letters if "partner.example" in one.envelope_to]
    [letter] = post_office.to(ZOE)
    assert "partners did not get your address" in letter.text
    links = set(re.findall(r'href="([^"]+)"', letter.html)) | set(letter.links)
    assert [one for one in links if "partner.example" in one] == ["https://partner.example/spring"]
    own = [one for one in links if "partner.example" not in one]
    assert not [one for one in own if "zoe" in one.lower() or "@" in one]
    Client().post(page_of(trusted, ZOE), {"marketing": "on"})
    with working_for(trusted.site.pk):  # as if the place had stayed: the choice alone stops it
        Subscriber.objects.update(state=Subscriber.State.SUBSCRIBED)
    number = send(sign_in, trusted, offers, body=body)
    post_office.deliver()
    assert campaign(trusted, number).state == Campaign.State.SENT
    assert len(post_office.to(ZOE)) == 1


@pytest.mark.policy("P3.3")
def test_a_link_with_a_merge_field_is_not_sent(trusted, sign_in):
    editor, news = sign_in(trusted.editor), list_with(trusted, ZOE)
    body = '<p><a href="https://partner.example/?who={{ email | nobody }}">look</a></p>'
    answer = submit(editor, trusted, write(editor, trusted, news, body=body))
    assert "links carry no personal data" in answer.text


@pytest.mark.policy("P7.1", "P11.1")
def test_a_receipt_tells_who_chose_what_where_to_which_words(trusted, rival, sign_in, client):
    """On the page and in the file; the contact with the same address at another site has none."""
    tips = list_with(trusted, name="Tips")
    for house in (trusted, rival):
        list_with(house, ZOE)
    elsewhere = page_of(rival, ZOE)
    before = receipts(rival, ZOE)
    chosen = {"marketing": "on", "personalise": "on", "lists": [tips.pk]}
    page = client.post(page_of(trusted, ZOE), chosen, follow=True).text
    for text in ("You said yes to “Pages that fit me”", "You joined “Tips”", "You left “News”"):
        assert text in page
    assert "Acme put you on “News”" in page
    assert f'policy of <span class="nowrap">{version_today("policy")}' in page
    with working_for(trusted.site.pk):
        entry = JournalEntry.objects.filter(action="consent.chosen").earliest("seq")
        assert entry.detail == {"kind": "personalise", "said": "yes", "where": "preferences"}

    file = client.get(page_of(trusted, ZOE) + "receipts.json")
    assert "attachment" in file["Content-Disposition"]
    told = file.json()["receipts"]
    assert [(one["what"], one["list"], one["after"]) for one in told[2:]] == [
        ("Pages that fit me", None, "yes"),
        ("News and offers", "Tips", "yes"),
        ("News and offers", "News", "no"),
        ("News and offers", None, "yes"),
    ]
    assert told[2]["words"].startswith("Pages that fit me: Once I said who I am, Acme may")
    assert told[0]["words"] == "Signed up in the shop"
    assert {one["policy_version"] for one in told} == {version_today("policy")}

    assert receipts(rival, ZOE) == before
    assert "Tips" not in client.get(elsewhere).text
    foreign = (page_of(trusted, ZOE) + "receipts.json").replace("/p/acme/", "/p/rival/")
    assert client.get(foreign).status_code == 404


@pytest.mark.policy("P7.1")
def test_looking_at_the_page_or_the_file_changes_nothing(trusted, client):
    list_with(trusted, ZOE)
    for method in ("get", "head"):  # scanners open every link
        for url in (page_of(trusted, ZOE), page_of(trusted, ZOE) + "receipts.json"):
            assert getattr(client, method)(url).status_code == 200
    assert receipts(trusted, ZOE) == [
        ("MARKETING", "", "yes", "OPERATOR"),
        ("MARKETING", "list:1", "yes", "OPERATOR"),
    ]


@pytest.mark.policy("P7.1")
def test_receipts_are_only_added_to(trusted):
    """Neither the application nor the tables' owner nor the database's administrator edits one."""
    list_with(trusted, ZOE)
    rows = receipts(trusted, ZOE)
    statements = [
        f"{verb} {table}{rest}"
        for table in ("visitors_receipt", "visitors_wording")
        for verb, rest in (("UPDATE", " SET id = id"), ("DELETE FROM", ""), ("TRUNCATE", ""))
    ]
    for statement in statements:
        with pytest.raises(DatabaseError), working_for(trusted.site.pk), transaction.atomic():
            connection.cursor().execute(statement)
        with connections["owner"].cursor() as cursor:
            with suppress(DatabaseError):
                cursor.execute(statement)
                assert cursor.rowcount == 0  # the wall shows its owner no row
        administrator = psycopg2.connect(os.environ["DATABASE_URL"])
        with administrator, administrator.cursor() as cursor:
            with pytest.raises(psycopg2.Error, match="only added to"):
                cursor.execute(statement)
        administrator.close()
    assert receipts(trusted, ZOE) == rows
    with working_for(trusted.site.pk):
        assert [row.text for row in Wording.objects.all()] == ["Signed up in the shop"]


@pytest.mark.policy("P7.1", "P7.2")
def test_unsubscribing_and_coming_back_leave_receipts(trusted, sign_in, post_office):
    """One click is a no to everything that was on; undoing it is a yes to just that."""
    news = list_with(trusted, ZOE)
    Client().post(page_of(trusted, ZOE), {"marketing": "on", "partner": "on", "lists": news.pk})
    send(sign_in, trusted, news)
    post_office.deliver()
    out = way_out(post_office.to(ZOE)[0])
    Client().post(out, ONE_CLICK)
    assert receipts(trusted, ZOE, where=Where.ONE_CLICK) == [
        ("MARKETING", "list:1", "no", "ONE_CLICK"),
        ("MARKETING", "", "no", "ONE_CLICK"),
        ("PARTNER", "", "no", "ONE_CLICK"),
    ]
    page = Client().get(page_of(trusted, ZOE)).text
    assert "checked" not in page
    Client().post(out, {"again": "1"})
    assert receipts(trusted, ZOE, where=Where.LINK) == [
        ("MARKETING", "", "yes", "LINK"),
        ("PARTNER", "", "yes", "LINK"),
        ("MARKETING", "list:1", "yes", "LINK"),
    ]
    Client().post(page_of(trusted, ZOE), {"nothing": "1", "marketing": "on", "partner": "on"})
    assert "checked" not in Client().get(page_of(trusted, ZOE)).text


@pytest.mark.policy("P7.1")
def test_nobody_says_yes_against_their_own_no(trusted, sign_in, importer):
    """No operator on the contact's page or on a list, no import that declares consent."""
    news = list_with(trusted, ZOE)
    tips = list_with(trusted, name="Tips", kind=Kind.PRODUCT_NEWS)
    Client().post(page_of(trusted, ZOE), {"product_news": "on", "lists": [tips.pk]})
    zoe, editor = contact(trusted, ZOE), sign_in(trusted.editor)
    url = trusted.url(f"contacts/{zoe.number}/edit/")
    facts = {"email": ZOE, "consent": Consent.DECLARED, "consent_note": "I asked her"}
    answer = editor.post(url, facts)
    assert (answer.status_code, "said no themselves" in answer.text) == (422, True)
    members = trusted.url(f"newsletter/lists/{news.number}/members/")
    assert editor.post(members, {"email": ZOE, "origin": "I asked"}).status_code == 422
    rows = receipts(trusted, ZOE)

    importer.run(f"email\n{ZOE}\n{YAN}\n", to_lists=[news.pk])
    assert contact(trusted, ZOE).consent == Consent.NONE
    assert place(trusted, ZOE).state == Subscriber.State.UNSUBSCRIBED
    assert receipts(trusted, ZOE) == rows
    assert receipts(trusted, YAN) == [("MARKETING", "", "yes", "IMPORT")]
    importer.run("email\nknown@example.net\n", origin="none")
    importer.run(f"email\nknown@example.net\n{YAN}\n")
    assert receipts(trusted, "known@example.net") == [("MARKETING", "", "yes", "IMPORT")]
    assert len(receipts(trusted, YAN)) == 1
    assert place(trusted, YAN).state == Subscriber.State.SUBSCRIBED


def test_a_campaign_goes_to_lists_of_one_kind(trusted, sign_in):
    editor = sign_in(trusted.editor)
    both = [list_with(trusted, ZOE), list_with(trusted, ZOE, name="New", kind=Kind.PRODUCT_NEWS)]
    answer = submit(editor, trusted, write(editor, trusted, *both))
    assert "These lists are of different kinds." in answer.text


def test_the_kind_of_a_list_stands_once_people_are_on_it(trusted, sign_in):
    editor = sign_in(trusted.editor)
    empty, used = list_with(trusted, name="Empty"), list_with(trusted, ZOE, name="Used")
    for one in (empty, used):
        facts = {"name": one.name, "kind": Kind.PARTNER}
        editor.post(trusted.url(f"newsletter/lists/{one.number}/settings/"), facts)
        with working_for(trusted.site.pk):
            one.refresh_from_db()
    assert (empty.kind, used.kind) == (Kind.PARTNER, Kind.MARKETING)


@pytest.mark.policy("P3.5", "P7.1")
def test_a_no_to_pages_that_fit_parts_visits_from_the_person(acme):
    """At once, and whatever the browser goes on to say."""
    list_with(acme, ZOE)
    browser = Client(HTTP_USER_AGENT="Firefox/133.0")
    choose(browser, "accept", acme.public_url("cookies/"))
    tell(browser, acme, p="https://acme.example/")
    move()
    zoe, key = contact(acme, ZOE), parse(cookie_of(browser)).key(acme.site.pk)
    how = Identification.How.FORM
    for page, is_connected in (({}, True), ({"marketing": "on"}, False)):
        if page:
            Client().post(page_of(acme, ZOE), {"marketing": "on", "personalise": "on"})
            Client().post(page_of(acme, ZOE), page)
        with working_for(acme.site.pk):
            identify_visitor(key, zoe, how=how, where="form", personalise=True)
        tell(browser, acme, p="https://acme.example/shop")
        move()
        with working_for(acme.site.pk):
            assert bool(Visitor.objects.get().known_contact) is is_connected

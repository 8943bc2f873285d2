"""Visitors: nothing before consent, opaque cookies, anonymous until they say who they are (P4)."""

import re
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.test import Client

from comm100.core.tenancy import working_for
from tests.nights import one_night
from tests.staff.conftest import with_second_factor
from tests.visitors.browsing import BROWSER, choose, cookie_of, counts, move, tell, visitors_of
from visitors.models import Identification, LinkClick, PageView, VisitCount, Visitor
from visitors.visits import buffer

What = VisitCount.What
PUBLIC = ["/", "/contact/", "/privacy/", "/agreement/", "/cookies/", "/contact/thanks/"]


@pytest.mark.policy("P4.1")
def test_nothing_is_stored_before_a_visitor_chose(acme, browser):
    """Public pages set no cookie until the visitor chooses, but the one that protects a form."""
    for path in [*PUBLIC, acme.public_url("cookies/")]:
        answer = browser.get(path)
        assert answer.status_code == 200
        assert set(answer.cookies) <= ({"csrftoken"} if path == "/contact/" else set()), path
        asks_itself = path.endswith("cookies/")
        assert (b'class="cookie-bar"' in answer.content) is not asks_itself, path
        assert (b"cookie-choices" in answer.content) is asks_itself, path
    assert buffer.waiting() == 0


@pytest.mark.policy("P4.1", "P4.2")
def test_rejecting_is_as_easy_as_accepting(company, browser):
    """Two buttons of one kind in one form; rejecting leaves a value that everybody shares."""
    page = browser.get("/").content.decode()
    bar = page[page.index('class="cookie-bar"') :]
    buttons = re.findall(r"<button ([^>]*)value=\"(reject|accept)\"", bar)
    assert [value for _, value in buttons] == ["reject", "accept"]
    assert len({attributes for attributes, _ in buttons}) == 1
    answer = choose(browser, "reject", next="/contact/")
    assert answer["Location"] == "/contact/"
    assert cookie_of(browser) == "no"
    assert 'class="cookie-bar"' not in browser.get("/").content.decode()
    assert buffer.waiting() == 0


@pytest.mark.policy("P4.2", "P4.3")
def test_the_cookie_holds_random_bits_and_choices_alone(company):
    """Of a hundred visitors no two share an id of 128 bits; nothing else stands in the cookie."""
    ids = set()
    for _ in range(100):
        browser = Client(**BROWSER)
        answer = choose(browser, "accept")
        assert list(answer.cookies) == [settings.VISITOR_COOKIE]
        facts = answer.cookies[settings.VISITOR_COOKIE]
        assert facts["httponly"]
        assert facts["samesite"] == "Lax"
        assert not facts["domain"]
        random, _, choices = facts.value.partition(".")
        assert choices == "sp"
        assert len(urlsafe_b64decode(random + "==")) == 16
        ids.add(random)
    assert len(ids) == 100


@pytest.mark.policy("P4.3")
def test_no_cookie_names_anybody(acme, sign_in, browser):
    """Every cookie of a visitor, a person signing up and an operator, decoded: no name, no id."""
    signed_in = sign_in(acme.owner)
    choose(browser, "accept")
    for client, paths in (
        (browser, [*PUBLIC, "/account/login/", "/account/signup/"]),
        (signed_in, ["/sites/", acme.url(), acme.url("contacts/"), "/account/profile/"]),
    ):
        for path in paths:
            client.get(path)
        for name, morsel in client.cookies.items():
            texts = [morsel.value, *decoded(morsel.value)]
            known = ("acme", "ann", "owner", "@", "example", "{")
            assert not [t for t in texts for word in known if word in t.lower()], name
            assert not morsel.value.isdigit()


def decoded(value):
    """What base64 makes readable of the parts of a cookie."""
    for part in re.split(r"[.:]", value):
        raw = urlsafe_b64decode(part + "=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
        if raw.isascii():
            yield raw.decode()


@pytest.mark.policy("P4.1")
def test_global_privacy_control_is_a_no_without_a_question(acme):
    """Sec-GPC: 1: no bar, no cookie even if one accepts, nothing counted."""
    browser = Client(**BROWSER, HTTP_SEC_GPC="1")
    assert 'class="cookie-bar"' not in browser.get("/").content.decode()
    choose(browser, "accept")
    assert cookie_of(browser) == ""
    told = tell(browser, acme, v="A" * 22 + ".s", p="https://acme.example/")
    assert told.status_code == 200
    browser.get(acme.public_url("visit.gif"), headers={"Referer": "https://acme.example/a"})
    assert buffer.waiting() == 0


def test_another_web_site_cannot_choose_for_a_visitor(company, browser):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = browser.post("/cookies/", {"choice": "accept"}, headers=headers)
        assert answer.status_code == 403
    assert cookie_of(browser) == ""
    assert choose(browser, "accept", next="https://evil.example/")["Location"].startswith("/")
    assert browser.post("/cookies/", {"choice": "whatever"}).status_code == 422


@pytest.mark.policy("P2.4")
def test_only_the_facts_of_the_policy_have_a_place(acme, browser):
    """The columns of the three tables are the allow-list of P2.4, and rows hold these facts."""
    columns = {m: {f.name for f in m._meta.fields} for m in (Visitor, PageView, LinkClick)}
    own = {"id", "site"}
    facts = {"browser", "language", "ip", "key", "last_page", "first_seen", "last_seen"}
    assert columns[Visitor] - own == facts | {"personalise", "contact", "identified_by"}
    assert columns[PageView] - own == {"visitor", "at", "page"}
    assert columns[LinkClick] - own == {"visitor", "at", "page", "link"}
    choose(browser, "accept")
    browser.get(acme.public_url("cookies/?q=secret"))
    tell(browser, acme, p="https://www.acme.example/shop?q=ann@x.example#top")
    tell(browser, acme, p="https://acme.example/shop", l="https://else.example/ann@x.example?q=1")
    move()
    [visitor] = visitors_of(acme.site)
    assert (visitor.browser, visitor.language, visitor.ip) == ("Firefox", "de", "203.0.113.77")
    with working_for(acme.site.pk):
        pages = list(PageView.objects.order_by("pk").values_list("page", flat=True))
        clicks = list(LinkClick.objects.values_list("page", "link"))
    assert pages == [acme.public_url("cookies/"), "/shop"]
    assert clicks == [("/shop", "else.example/…")]


@pytest.mark.policy("P2.4")
def test_the_picture_counts_a_view_and_tells_nobody_apart(acme, browser):
    choose(browser, "accept")
    for _ in range(2):
        answer = browser.get(
            acme.public_url("visit.gif"), headers={"Referer": "https://acme.example/a?b"}
        )
    assert (answer["Content-Type"], answer.cookies) == ("image/gif", {})
    move()
    assert visitors_of(acme.site) == []
    assert counts(acme, What.PAGE) == {"/a": 2}
    assert counts(acme, What.VISITORS) == {}


@pytest.mark.policy("P2.4", "P4.1")
def test_pages_for_staff_and_accounts_are_no_public_pages(acme, company, staff):
    """Nobody is asked there, and no view of them is kept, though they stand on the same host."""
    for who, path in ((staff, "/staff/notices/"), (acme.owner.user, "/account/choices/")):
        client = with_second_factor(who)
        client.defaults |= BROWSER
        assert 'class="cookie-bar"' not in client.get(path).text
        choose(client, "accept")
        client.get(path)
        assert buffer.waiting() == 0
        client.get("/contact/")
        assert buffer.waiting() == 1
        buffer.server().delete(buffer.stream())


@pytest.mark.policy("P2.4", "P3.4")
def test_old_rows_go_and_counts_stay(acme, browser):
    """After 30 days an IP address is its network's, after 90 the rows are gone, not the counts."""
    choose(browser, "accept")
    tell(browser, acme, p="https://acme.example/shop")
    tell(browser, acme, p="https://acme.example/shop", l="https://acme.example/bikes")
    move()
    age(acme, days=29)
    one_night()
    assert visitors_of(acme.site)[0].ip == "203.0.113.77"
    age(acme, days=2)
    one_night()
    one_night()
    assert visitors_of(acme.site)[0].ip == "203.0.113.0"
    age(acme, days=60)
    one_night()
    assert visitors_of(acme.site) == []
    with working_for(acme.site.pk):
        assert not PageView.objects.exists()
        assert not LinkClick.objects.exists()
    assert counts(acme, What.PAGE) == {"/shop": 1}
    assert counts(acme, What.LINK) == {"acme.example/bikes": 1}


def age(house, *, days):
    """Everything that is known happened so much earlier."""
    earlier = timedelta(days=days)
    with working_for(house.site.pk):
        for model, column in ((Visitor, "last_seen"), (PageView, "at"), (LinkClick, "at")):
            for row in model.objects.all():
                setattr(row, column, getattr(row, column) - earlier)
                row.save()


@pytest.mark.policy("P2.1", "P4.4")
def test_twenty_pages_make_no_name_and_a_form_makes_one(company, browser):
    """After 20 pages a visitor has no contact; the contact form gives one, with its proof."""
    choose(browser, "accept")
    for _ in range(20):
        browser.get("/privacy/")
    move()
    [visitor] = visitors_of(company)
    assert (visitor.contact_id, visitor.identified_by_id) == (None, None)
    assert not {"password", "email", "name"} & {f.name for f in Visitor._meta.fields}
    form = {"name": "Vic", "web_url": "https://vic.example", "email": "vic@vic.example"}
    browser.post("/contact/", form)
    with working_for(company.pk):
        visitor = Visitor.objects.select_related("contact", "identified_by").get()
        assert visitor.contact.email == "vic@vic.example"
        assert visitor.identified_by.how == Identification.How.FORM
        assert visitor.identified_by.where == "contact form"


@pytest.mark.policy("P4.4")
def test_the_database_refuses_a_name_without_its_proof(acme, rival):
    """SQL that links a visitor to a contact fails without an event, or with one about another."""
    with working_for(acme.site.pk):
        visitor = Visitor.objects.create(site=acme.site, key=b"k" * 16)
        proof = Identification.objects.create(
            site=acme.site, contact=acme.customer, how=Identification.How.FORM, where="form"
        )
        other = type(acme.customer)(site=acme.site, number=77, source=3)
        other.set_email("other@acme.example")
        other.save()
    for facts in (
        {"contact": acme.customer.pk},
        {"identified_by": proof.pk},
        {"contact": other.pk, "identified_by": proof.pk},
        {"contact": rival.customer.pk, "identified_by": proof.pk},
    ):
        with pytest.raises(IntegrityError), working_for(acme.site.pk):
            Visitor.objects.filter(pk=visitor.pk).update(**facts)
    with pytest.raises(IntegrityError), working_for(acme.site.pk):
        Identification.objects.create(site=acme.site, contact=other, how=4, where="guess")
    with working_for(acme.site.pk):
        Visitor.objects.filter(pk=visitor.pk).update(contact=acme.customer, identified_by=proof)


@pytest.mark.policy("P3.5")
def test_anonymous_visitors_get_the_same_page_byte_for_byte(acme):
    """Two visitors with other pasts, languages and browsers read identical pages."""
    regular, other = Client(**BROWSER), Client(HTTP_USER_AGENT="Other", HTTP_ACCEPT_LANGUAGE="fr")
    for client in (regular, other):
        choose(client, "accept")
    for _ in range(5):
        regular.get("/contact/")
    move()
    for path in (*PUBLIC, acme.public_url("cookies/")):
        assert body(regular, path) == body(other, path), path
    fresh, refused = Client(**BROWSER), Client()
    choose(refused, "reject")
    assert body(fresh, "/") == body(Client(), "/")
    unasked = re.sub(r"<aside.*?</aside>\n", "", body(fresh, "/"), flags=re.S)
    assert body(refused, "/") == unasked


def body(client, path):
    """The page without its nonce, which is made anew for each answer."""
    answer = client.get(path)
    text = re.sub(r'nonce="[^"]*"|csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode())
    return re.sub(r"\n\s*", "\n", text)


@pytest.mark.policy("P3.5")
def test_visits_are_combined_with_a_contact_only_by_choice(acme, sign_in):
    """Identified, but without the choice: the operator's pages still show an anonymous visitor."""
    operator = sign_in(acme.owner)
    shown = {}
    for choice in ({"counted": "on"}, {"counted": "on", "personalise": "on"}):
        browser = Client(**BROWSER)
        choose(browser, "save", acme.public_url("cookies/"), **choice)
        tell(browser, acme, p="https://acme.example/")
        move()
        identify(acme, browser)
        shown[len(choice)] = "Cat Customer" in operator.get(acme.url("visitors/")).content.decode()
    assert shown == {1: False, 2: True}


def identify(house, browser):
    from visitors.operations.visitor import identify_visitor
    from visitors.visits.choices import parse

    chosen = parse(cookie_of(browser))
    with working_for(house.site.pk):
        identify_visitor(
            chosen.key(house.site.pk),
            house.customer,
            how=Identification.How.FORM,
            where="form",
            personalise=chosen.personalise,
        )


@pytest.mark.policy("P4.2")
def test_who_changes_their_mind_is_forgotten(acme, browser):
    """Rejecting later deletes the visitor, views and clicks, also those still on their way."""
    here = acme.public_url("cookies/")
    choose(browser, "accept", here)
    tell(browser, acme, p="https://acme.example/one")
    move()
    assert len(visitors_of(acme.site)) == 1
    tell(browser, acme, p="https://acme.example/two")
    choose(browser, "reject", here)
    move()
    assert visitors_of(acme.site) == []
    with working_for(acme.site.pk):
        assert not PageView.objects.exists()

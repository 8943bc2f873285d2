"""Lists and who is on them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from comm100.core.tenancy import working_for
from newsletter import filters
from newsletter.models import Departure, NewsletterList, Subscriber
from newsletter.operations.departure import unsubscribe
from tests.newsletter.conftest import contact, list_with, place, submit, write
from visitors.models import Consent, Contact


def counted(house):
    with working_for(house.site.pk):
        return NewsletterList.objects.values_list("subscribed", flat=True).first()


def test_an_editor_makes_changes_and_removes_a_list(acme, sign_in):
    editor = sign_in(acme.editor)
    editor.post(acme.url("newsletter/lists/new/"), {"name": "News", "is_public": "on"})
    assert "News" in editor.get(acme.url("newsletter/lists/")).content.decode()
    editor.post(acme.url("newsletter/lists/1/settings/"), {"name": "Letters"})
    page = editor.get(acme.url("newsletter/lists/1/")).content.decode()
    assert "Letters" in page
    assert "Nobody is on this list yet" in page

    assert (
        "Remove this list?" in editor.get(acme.url("newsletter/lists/1/removal/")).content.decode()
    )
    editor.post(acme.url("newsletter/lists/1/removal/"))
    assert editor.get(acme.url("newsletter/lists/1/")).status_code == 404


def test_two_lists_cannot_have_one_name(acme, sign_in):
    list_with(acme)
    answer = sign_in(acme.editor).post(acme.url("newsletter/lists/new/"), {"name": "news"})
    assert answer.status_code == 422
    assert "You have a list with this name." in answer.content.decode()


def test_a_list_with_a_campaign_on_its_way_is_not_removed(acme, sign_in):
    editor = sign_in(acme.editor)
    submit(editor, acme, write(editor, acme, list_with(acme, "zoe@example.net")))
    answer = editor.post(acme.url("newsletter/lists/1/removal/"))
    assert answer.status_code == 422
    assert "Cancel it first" in answer.content.decode()


def test_a_contact_is_added_with_the_origin_of_consent_and_taken_off(acme, sign_in):
    list_with(acme)
    editor = sign_in(acme.editor)
    url = acme.url("newsletter/lists/1/members/")
    cat = acme.customer.email

    assert "Say where it is from." in editor.post(url, {"email": cat}).content.decode()
    assert (
        "No contact has this address."
        in editor.post(url, {"email": "nobody@example.net"}).content.decode()
    )
    editor.post(url, {"email": cat, "origin": "Signed up in the shop"})
    assert place(acme, cat).state == Subscriber.State.SUBSCRIBED
    assert contact(acme, cat).consent == Consent.DECLARED
    assert counted(acme) == 1

    editor.post(acme.url("newsletter/lists/1/members/1/removal/"))
    assert place(acme, cat) is None
    assert counted(acme) == 0


def test_members_are_found_by_name_and_by_address(acme, sign_in):
    list_with(acme, "zoe@example.net", "yan@example.net")
    page = sign_in(acme.reader).get(acme.url("newsletter/lists/1/?q=zoe")).content.decode()
    assert "zoe@example.net" in page
    assert "yan@example.net" not in page


def test_the_counter_follows_any_statement(acme):
    news = list_with(acme, *(f"r{n}@example.net" for n in range(5)))
    assert counted(acme) == 5
    with working_for(acme.site.pk):
        Subscriber.objects.filter(list=news).update(state=Subscriber.State.UNSUBSCRIBED)
    assert counted(acme) == 0
    with working_for(acme.site.pk):
        Subscriber.objects.filter(list=news).update(state=Subscriber.State.SUBSCRIBED)
        Subscriber.objects.filter(contact__email="r1@example.net").delete()
    assert counted(acme) == 4


def test_the_form_to_copy_posts_to_the_public_page(acme, sign_in):
    list_with(acme)
    page = sign_in(acme.editor).get(acme.url("newsletter/lists/1/"))
    snippet = page.context["snippet"]
    assert 'action="http://testserver/p/acme/newsletter/news/"' in snippet
    assert 'name="email"' in snippet
    assert escape(snippet) in page.content.decode()


def test_a_first_visit_says_what_comes_first(acme, sign_in):
    editor = sign_in(acme.editor)
    assert "Next, a list" in editor.get(acme.url("newsletter/")).content.decode()
    list_with(acme)
    assert "No campaigns yet" in editor.get(acme.url("newsletter/")).content.decode()


@pytest.mark.parametrize("rest", ["lists/new/", "lists/1/settings/", "lists/1/removal/", "new/"])
def test_a_reader_changes_nothing(acme, sign_in, rest):
    list_with(acme)
    assert sign_in(acme.reader).post(acme.url(f"newsletter/{rest}")).status_code == 403


def test_another_site_finds_no_list(acme, rival, sign_in):
    list_with(acme, "zoe@example.net")
    stranger = sign_in(rival.owner)
    for rest in ("lists/1/", "lists/1/settings/", "lists/1/removal/"):
        assert stranger.get(rival.url(f"newsletter/{rest}")).status_code == 404
        assert stranger.get(acme.url(f"newsletter/{rest}")).status_code == 404
    assert stranger.post(rival.url("newsletter/lists/1/members/1/removal/")).status_code == 404


def test_long_lists_take_few_queries(trusted, sign_in, post_office):
    editor = sign_in(trusted.editor)
    news = list_with(trusted, *(f"r{n}@example.net" for n in range(4)))
    for _ in range(4):
        submit(editor, trusted, write(editor, trusted, news))
    write(editor, trusted, news)
    for page in ("", "1/", "1/deliveries/", "lists/", "lists/1/", "5/text/", "5/submission/"):
        editor.get(trusted.url(f"newsletter/{page}"))
        with CaptureQueriesContext(connection) as queries:
            editor.get(trusted.url(f"newsletter/{page}"))
        frame = ("set_config", "SAVEPOINT", "BEGIN", "COMMIT", "django_session")
        product = [q for q in queries if not any(word in q["sql"] for word in frame)]
        assert len(product) <= 12, (page, [q["sql"][:120] for q in product])


def test_an_import_puts_people_on_a_list_but_nobody_who_unsubscribed(acme, importer):
    news = list_with(acme, "gone@example.net")
    with working_for(acme.site.pk):
        gone = Contact.objects.get(email="gone@example.net")
        unsubscribe(gone, how=Departure.How.LINK)
    importer.run("email\nzoe@example.net\ngone@example.net\n", to_lists=[news.pk])
    assert place(acme, "zoe@example.net").state == Subscriber.State.SUBSCRIBED
    assert place(acme, "gone@example.net").state == Subscriber.State.UNSUBSCRIBED
    assert counted(acme) == 1


def test_an_import_into_a_site_without_lists_makes_its_first_one(acme, importer, sign_in):
    """Contacts come before lists in the first steps: they are not to be imported twice for that."""
    importer.run("email\nzoe@example.net\nyan@example.net\n", to_lists=["first"])

    assert place(acme, "zoe@example.net", "Newsletter").state == Subscriber.State.SUBSCRIBED
    assert place(acme, "yan@example.net", "Newsletter").state == Subscriber.State.SUBSCRIBED
    page = sign_in(acme.owner).get(acme.url("newsletter/lists/1/")).text
    assert "2 subscribed" in page
    assert acme.customer.email not in page


def test_a_contacts_page_tells_its_lists(acme, sign_in):
    list_with(acme, acme.customer.email, name="Shop letters")
    page = sign_in(acme.reader).get(acme.url("contacts/1/")).content.decode()
    assert "Shop letters" in page


def test_deliveries_are_paged_in_both_directions(trusted, sign_in, post_office):
    editor = sign_in(trusted.editor)
    news = list_with(trusted, *(f"r{n:02}@example.net" for n in range(60)))
    submit(editor, trusted, write(editor, trusted, news))
    url = trusted.url("newsletter/1/deliveries/")

    first = editor.get(url).context["page"]
    second = editor.get(url + first.older).context["page"]
    back = editor.get(url + second.newer).context["page"]
    seen = [row.address for row in [*first.rows, *second.rows]]
    assert len(set(seen)) == len(seen) == 60
    assert [row.pk for row in back.rows] == [row.pk for row in first.rows]
    assert len(editor.get(url + "?state=sent").context["page"]) == 50
    assert len(editor.get(url + "?state=failed").context["page"]) == 0
    assert [r.address for r in editor.get(url + "?q=r07").context["page"]] == ["r07@example.net"]


@pytest.mark.parametrize("few", [5000, 0])
def test_contacts_are_narrowed_to_a_list(acme, sign_in, monkeypatch, few):
    """A short list is looked up first, a long one met among the contacts: the same people."""
    monkeypatch.setattr(filters, "FEW", few)
    news = list_with(acme, "ann@x.example", name="News")
    list_with(acme, "bob@x.example", name="Other")
    page = sign_in(acme.reader).get(acme.url(f"contacts/?list={news.number}")).content.decode()
    assert "ann@x.example" in page
    assert "bob@x.example" not in page
    page = sign_in(acme.reader).get(acme.url("contacts/?list=99")).content.decode()
    assert "bob@x.example" in page

"""An owner demands a second factor of everybody who works at a site (ASVS 6.3.3)."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Site
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from operators.operations import add_operator
from tests.authenticator import code_now
from tests.conftest import PASSWORD, House, make_user
from tests.staff.conftest import with_second_factor

PAGE = "operators/second-factor/"
HTMX = {"hx-request": "true"}


def demand(house: House, wish: str = "yes") -> Client:
    """The owner, who has one, says so; answers with the owner's client."""
    client = with_second_factor(house.owner.user)
    given = {"demand": wish, "password": PASSWORD}
    answer = client.post(house.url(PAGE), given)
    assert (answer.status_code, answer["Location"]) == (302, house.url("operators/"))
    return client


def is_demanded(house: House) -> bool:
    return Site.objects.get(pk=house.site.pk).factors_demanded


def journal_of(house: House) -> list[tuple[str, str]]:
    with working_for(house.site.pk):
        acts = JournalEntry.objects.filter(action__startswith="site.factors").order_by("seq")
        return list(acts.values_list("action", "actor"))


def set_up_app(client: Client):
    """As a person does it; answers with the page of recovery codes."""
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.get("/account/2fa/totp/activate/")
    code = code_now(client.session[SECRET_SESSION_KEY])
    return client.post("/account/2fa/totp/activate/", {"code": code}, follow=True)


def add_key(user) -> Authenticator:
    data = {"name": "Blue key", "credential": {}}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)


def proven(user) -> Client:
    """Signed in with it, and asked again a moment ago."""
    client = with_second_factor(user)
    session = client.session
    steps = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**steps[0], "reauthenticated": True}]
    session.save()
    return client


def test_an_owner_who_has_none_sets_one_up_first(acme, sign_in):
    client = sign_in(acme.owner)
    page = client.get(acme.url(PAGE)).text
    assert "Set up a second factor of your own first" in page
    assert 'href="/account/2fa/"' in page
    answer = client.post(acme.url(PAGE), {"demand": "yes", "password": PASSWORD})
    assert answer.status_code == 422
    assert not is_demanded(acme)


def test_the_journal_tells_who_demanded_it_and_who_ended_that(acme):
    client = demand(acme)
    assert is_demanded(acme)
    demand(acme)  # an old page, sent again
    demand(acme, "no")
    assert not is_demanded(acme)
    who = acme.owner.actor_name
    assert journal_of(acme) == [("site.factors_demanded", who), ("site.factors_free", who)]
    page = client.get(acme.url("journal/")).text
    assert "demanded a second factor of everybody who works here" in page


@pytest.mark.parametrize("password", ["", "not the password"])
def test_it_takes_the_password(acme, password):
    client = with_second_factor(acme.owner.user)
    answer = client.post(acme.url(PAGE), {"demand": "yes", "password": password})
    assert answer.status_code == 422
    assert not is_demanded(acme)


@pytest.mark.parametrize("who", ["admin", "editor", "reader"])
def test_only_owners_decide(acme, who):
    client = with_second_factor(getattr(acme, who).user)
    assert client.get(acme.url(PAGE)).status_code == 403
    assert client.post(acme.url(PAGE), {"demand": "yes", "password": PASSWORD}).status_code == 403


def test_who_has_none_is_told_by_letter(acme, post_office):
    Authenticator.objects.create(user=acme.admin.user, type="totp", data={})
    demand(acme)
    post_office.deliver()
    (letter,) = post_office.to(acme.editor.user.email)
    assert letter.subject == "Acme asks you for a second factor"
    assert any(link.endswith("/account/2fa/") for link in letter.links)
    assert post_office.to(acme.reader.user.email)
    assert not post_office.to(acme.admin.user.email)
    assert not post_office.to(acme.owner.user.email)


@pytest.mark.parametrize("rest", ["", "contacts/", "newsletter/", "journal/", "operators/leaving/"])
def test_who_has_none_is_sent_to_set_one_up_and_reads_why(acme, sign_in, rest):
    demand(acme)
    client = sign_in(acme.editor)
    answer = client.get(acme.url(rest))
    assert (answer.status_code, answer["Location"]) == (302, "/account/2fa/")
    assert "asks everybody who works there for a second factor" in client.get("/account/2fa/").text


def test_after_the_set_up_they_get_to_where_they_wanted_to_go(acme):
    demand(acme)
    client = Client()
    client.post("/account/login/", {"login": acme.editor.user.email, "password": PASSWORD})
    wanted = acme.url("contacts/?q=cat")
    client.get(wanted)
    codes = set_up_app(client)
    assert "Recovery codes" in codes.text
    assert f'href="{wanted}"' in codes.text
    assert f'href="{wanted}"' in client.get("/account/2fa/").text
    assert client.get(wanted).status_code == 200
    assert "Go on to Acme" not in client.get("/account/2fa/").text


def test_what_was_being_written_is_kept_meanwhile(acme):
    client = Client()
    client.post("/account/login/", {"login": acme.editor.user.email, "password": PASSWORD})
    demand(acme)
    client.post(acme.url("newsletter/lists/"), {"name": "Readers of the north"})
    codes = set_up_app(client)
    assert 'href="/account/again/"' in codes.text
    assert "Readers of the north" in client.get("/account/again/").text


def test_a_part_of_a_page_sends_the_whole_page(acme, sign_in):
    demand(acme)
    answer = sign_in(acme.editor).get(acme.url("contacts/"), headers=HTMX)
    assert answer["HX-Redirect"] == "/account/2fa/"


def test_who_has_one_but_did_not_show_it_is_asked_for_it(acme, sign_in):
    demand(acme)
    client = sign_in(acme.editor)
    Authenticator.objects.create(user=acme.editor.user, type="totp", data={})
    answer = client.get(acme.url("contacts/"))
    assert (
        answer["Location"]
        == f"/account/2fa/reauthenticate/?next=%2Fs%2F{acme.site.slug}%2Fcontacts%2F"
    )
    page = client.get(answer["Location"]).text
    assert "you signed in without yours" in page
    assert "Use your password" not in page  # that is no second factor
    assert with_second_factor(acme.editor.user).get(acme.url("contacts/")).status_code == 200


def test_other_sites_of_the_same_person_stay_as_they_are(acme, rival, sign_in):
    with working_for(rival.site.pk):
        add_operator(acme.editor.user, role=3, by=rival.owner)
    demand(acme)
    client = sign_in(acme.editor)
    assert client.get(rival.url()).status_code == 200
    assert client.get("/sites/").status_code == 200
    assert client.get("/account/profile/").status_code == 200


def test_public_pages_and_strangers_see_nothing_of_it(acme, rival, client, sign_in):
    before = client.get(acme.public_url("newsletter/")).status_code
    demand(acme)
    assert client.get(acme.public_url("newsletter/")).status_code == before
    assert sign_in(acme.editor).get(acme.public_url("newsletter/")).status_code == before
    assert client.get(acme.url())["Location"].startswith("/account/login/")
    assert sign_in(rival.owner).get(acme.url()).status_code == 404


def test_who_joins_later_is_asked_too(acme, sign_in):
    demand(acme)
    late = make_user("late@acme.example", "Lars Late")
    with working_for(acme.site.pk):
        add_operator(late, role=4, by=acme.owner)
    assert sign_in(late).get(acme.url())["Location"] == "/account/2fa/"


def test_when_it_is_up_to_everybody_again_nobody_is_asked(acme, sign_in):
    demand(acme)
    client = sign_in(acme.editor)
    assert client.get(acme.url()).status_code == 302
    demand(acme, "no")
    assert client.get(acme.url()).status_code == 200
    assert "asks everybody" not in client.get("/account/2fa/").text


def test_nobody_turns_off_their_last_app(acme):
    demand(acme)
    client = proven(acme.editor.user)
    off = "/account/2fa/totp/deactivate/"
    page = client.post(off)
    assert "Acme asks everybody who works there for one. Add another one first" in page.text
    assert Authenticator.objects.filter(user=acme.editor.user).exists()
    add_key(acme.editor.user)
    assert client.post(off).status_code == 302
    assert not Authenticator.objects.filter(user=acme.editor.user, type="totp").exists()


def test_nobody_removes_their_last_key(acme):
    demand(acme)
    client = proven(acme.editor.user)
    key = add_key(acme.editor.user)
    off = f"/account/2fa/webauthn/{key.pk}/remove/"
    Authenticator.objects.filter(user=acme.editor.user, type="totp").delete()
    assert "Add another one first" in client.get(off).text
    assert client.post(off).status_code == 422
    assert Authenticator.objects.filter(pk=key.pk).exists()
    demand(acme, "no")
    assert client.post(off).status_code == 302
    assert not Authenticator.objects.filter(pk=key.pk).exists()


def test_a_key_of_somebody_else_is_not_there(acme, rival):
    key = add_key(rival.owner.user)
    client = proven(acme.editor.user)
    assert client.post(f"/account/2fa/webauthn/{key.pk}/remove/").status_code == 404


def test_owners_and_admins_see_who_has_one_and_others_do_not(acme, sign_in):
    with_second_factor(acme.editor.user)
    page = sign_in(acme.admin).get(acme.url("operators/")).text
    assert "1 of 4 have one" in page
    assert acme.url(PAGE) not in page  # an admin sees how it is, an owner decides
    owner = sign_in(acme.owner)
    assert acme.url(PAGE) in owner.get(acme.url("operators/")).text
    person = owner.get(acme.url(f"operators/{acme.editor.number}/")).text
    assert "<dt>Second factor</dt>" in person
    assert "have one" not in sign_in(acme.reader).get(acme.url("operators/")).text


def test_the_owner_reads_beforehand_whom_it_hits(acme):
    client = with_second_factor(acme.owner.user)
    with_second_factor(acme.admin.user)
    page = client.get(acme.url(PAGE)).text
    assert acme.editor.user.email in page
    assert acme.admin.user.email not in page


def test_it_costs_no_query(acme, django_assert_num_queries):
    client = with_second_factor(acme.editor.user)
    client.get(acme.url("journal/"))
    with CaptureQueriesContext(connection) as before:
        client.get(acme.url("journal/"))
    Site.objects.filter(pk=acme.site.pk).update(factors_demanded=True)
    with django_assert_num_queries(len(before)):
        assert client.get(acme.url("journal/")).status_code == 200

"""Accepting an invitation: once, in time, by the one who was asked."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import working_for
from comm100.core.tokens import make_token
from operators.models import Invitation, Operator, Role
from tests.conftest import make_user

NEW = "nils@new.example"


@pytest.fixture
def link(acme, sign_in, post_office):
    form = {"name": "Nils New", "email": NEW, "role": Role.READER.value}
    sign_in(acme.owner).post(acme.url("operators/invitations/"), form)
    post_office.deliver()
    return post_office.to(NEW)[0].links[0]


def operator(house, email):
    with working_for(house.site.pk):
        return Operator.objects.at_work().filter(user__email=email).first()


@pytest.mark.policy("P2.5")
def test_a_newcomer_chooses_a_password_and_is_in(acme, client, link, post_office):
    page = client.get(link).content.decode()
    assert "Acme" in page
    assert NEW in page
    answer = client.post(link, {"name": "Nils New", "password": "a long enough one"})
    assert answer["Location"] == acme.url()
    assert client.get(acme.url()).status_code == 200

    assert operator(acme, NEW).role == Role.READER
    assert User.objects.get(email=NEW).accepted_at
    post_office.deliver()
    assert "Nils New joined Acme" in [one.subject for one in post_office.to("ann@acme.example")]


@pytest.mark.policy("P2.5")
def test_it_works_once(acme, client, link):
    client.post(link, {"name": "Nils New", "password": "a long enough one"})
    answer = Client().get(link)
    assert answer.status_code == 410
    assert "was used" in answer.content.decode()
    assert Client().post(link, {"name": "X", "password": "a long enough one"}).status_code == 410


def test_looking_at_it_changes_nothing(acme, client, link):
    client.get(link)
    client.head(link)
    assert operator(acme, NEW) is None


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"name": "", "password": "a long enough one"}, "Enter your name."),
        ({"name": "Nils", "password": ""}, "Choose a password."),
        ({"name": "Nils", "password": "short"}, "too short"),
        ({"name": "Nils", "password": "nils@new.example"}, "too similar"),
    ],
)
def test_a_mistake_is_told(acme, client, link, form, says):
    answer = client.post(link, form)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not User.objects.filter(email=NEW).exists()


def test_who_has_an_account_signs_in_and_comes_back(acme, client, link, sign_in):
    nils = make_user(NEW, "Nils")
    page = client.get(link).content.decode()
    assert "/account/login/?next=/invitations/" in page
    client = sign_in(nils)
    assert client.get(link).status_code == 200
    assert client.post(link)["Location"] == acme.url()
    assert operator(acme, NEW).user == nils


def test_an_invitation_waits_on_the_page_of_sites(acme, rival, link, sign_in):
    make_user(NEW, "Nils")
    client = sign_in(User.objects.get(email=NEW))
    page = client.get("/sites/").content.decode()
    assert "Acme" in page
    assert "Ann Owner" in page
    assert "Acme" not in sign_in(rival.owner).get("/sites/?all").content.decode()


def test_an_unproven_address_sees_no_invitation(acme, link, sign_in):
    nils = make_user(NEW, "Nils")
    nils.emailaddress_set.update(verified=False)
    assert "Acme" not in sign_in(nils).get("/sites/").content.decode()


def test_somebody_else_gets_a_choice_and_no_way_in(acme, rival, link, sign_in):
    client = sign_in(rival.owner)
    page = client.get(link).content.decode()
    assert NEW in page
    assert "ann@rival.example" in page
    assert client.post(link)["Location"] == link.removeprefix("http://testserver")
    assert client.get("/sites/").status_code == 302  # signed out, nothing else
    assert operator(acme, "ann@rival.example") is None


def test_too_old(acme, client, link):
    with working_for(acme.site.pk):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = client.get(link)
    assert answer.status_code == 410
    assert "too old" in answer.content.decode()


def test_withdrawn(acme, client, link):
    with working_for(acme.site.pk):
        Invitation.objects.update(revoked_at=timezone.now())
    assert "withdrawn" in client.get(link).content.decode()


@pytest.mark.parametrize("bend", ["cut", "changed", "purpose"])
def test_a_bent_link_says_what_to_do(acme, client, link, bend):
    token = link.rstrip("/").rpartition("/")[2]
    bent = {
        "cut": token[:-4],
        "changed": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "purpose": make_token("unsubscribe", acme.site.pk, 1),
    }[bend]
    answer = client.get(f"/invitations/{bent}/")
    assert answer.status_code == 410
    assert "not whole" in answer.content.decode()


def test_an_invitation_by_somebody_who_was_removed_does_not_hold(
    acme, sign_in, client, post_office
):
    form = {"name": "Nils New", "email": NEW, "role": Role.ADMIN.value}
    sign_in(acme.admin).post(acme.url("operators/invitations/"), form)
    post_office.deliver()
    sign_in(acme.owner).post(acme.url(f"operators/{acme.admin.number}/removal/"))
    assert "withdrawn" in client.get(post_office.to(NEW)[0].links[0]).content.decode()


def test_who_works_here_already_keeps_the_role(acme, sign_in, link):
    with working_for(acme.site.pk):
        Invitation.objects.update(email=acme.editor.user.email)
    sign_in(acme.editor).post(link)
    assert operator(acme, acme.editor.user.email).role == Role.EDITOR

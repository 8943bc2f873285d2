"""A person changes what they registered with: the name, and the address after a proof (P8.1)."""

import pytest

from accounts.models import User
from tests.conftest import PASSWORD

PROFILE = "/account/profile/"
ADDRESS = "/account/email/"


@pytest.mark.policy("P8.1")
def test_the_name_is_changed(acme, sign_in):
    client = sign_in(acme.reader)
    assert client.post(PROFILE, {"name": "Rita Renamed"}).status_code == 302
    assert "Rita Renamed" in client.get(PROFILE).content.decode()


def test_an_empty_name_is_refused(acme, sign_in):
    answer = sign_in(acme.reader).post(PROFILE, {"name": ""})
    assert answer.status_code == 422
    assert "Enter your name." in answer.content.decode()


def test_a_stranger_is_sent_to_sign_in(client):
    assert client.get(PROFILE)["Location"] == f"/account/login/?next={PROFILE}"


def ask_for(client, address):
    """Ask for another address, and prove who one is when that is asked."""
    prove = client.post(ADDRESS, {"email": address, "action_add": ""})["Location"]
    assert prove.startswith("/account/reauthenticate/")
    return client.post(prove, {"password": PASSWORD})


@pytest.mark.policy("P8.1")
def test_a_new_address_counts_when_it_is_verified_and_the_old_one_is_told(
    client, acme, post_office
):
    old, new = acme.reader.user.email, "rita@elsewhere.example"
    client.post("/account/login/", {"login": old, "password": "correct horse battery"})
    ask_for(client, new)
    post_office.deliver()
    assert User.objects.get(pk=acme.reader.user_id).email == old

    link = next(link for link in post_office.to(new)[0].links if "/confirm-email/" in link)
    client.post(link)
    assert User.objects.get(pk=acme.reader.user_id).email == new
    post_office.deliver()
    assert new in post_office.to(old)[-1].text


def test_an_address_of_somebody_else_is_not_given_away(client, acme, post_office):
    client.post(
        "/account/login/",
        {"login": acme.reader.user.email, "password": "correct horse battery"},
    )
    assert ask_for(client, acme.owner.user.email).status_code == 302
    post_office.deliver()
    assert User.objects.get(pk=acme.reader.user_id).email == acme.reader.user.email

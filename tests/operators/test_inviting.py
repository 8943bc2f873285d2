"""Inviting: name, e-mail, role; the letter names who asked; it is sent again or withdrawn."""

from datetime import timedelta

import pytest
from django.utils import timezone

from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from operators.models import Invitation, Role
from tests.conftest import House

FORM = {"name": "Nils New", "email": "Nils@New.example", "role": Role.EDITOR.value}
URL = "operators/invitations/"


def invitation(house: House, **found):
    with working_for(house.site.pk):
        return Invitation.objects.get(**found)


def actions(house: House) -> list[str]:
    with working_for(house.site.pk):
        return list(JournalEntry.objects.order_by("seq").values_list("action", flat=True))


@pytest.mark.policy("P2.5")
def test_the_letter_tells_who_added_them_and_when(acme, sign_in, post_office):
    client = sign_in(acme.admin)
    assert client.post(acme.url(URL), FORM).status_code == 302
    assert "nils@new.example" in client.get(acme.url("operators/")).content.decode()

    post_office.deliver()
    (letter,) = post_office.to("nils@new.example")
    made = invitation(acme).created_at
    for part in ("Ada acme", "ada@acme.example", "Acme", f"{made:%Y, %H:%M} UTC", "as editor"):
        assert part in letter.text
    assert letter.subject == "Ada acme invites you to Acme"
    assert actions(acme)[-1] == "operator.invited"


@pytest.mark.policy("P2.5")
def test_nothing_but_name_address_and_role_is_taken(acme, sign_in):
    answer = sign_in(acme.owner).post(acme.url(URL), FORM | {"phone": "555"})
    assert answer.status_code == 422
    assert "nothing else" in answer.content.decode()
    with working_for(acme.site.pk):
        assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "Enter the person’s name."),
        ({"email": ""}, "Enter an e-mail address."),
        ({"email": "nils"}, "such as ann@northwind.example"),
        ({"role": "9"}, "Select a valid choice"),
        ({"email": "ed@acme.example"}, "works here already"),
        ({"name": "Cheap at www.spam.example"}, "cannot contain a link"),
    ],
)
def test_a_mistake_is_told_and_the_rest_stays(acme, sign_in, change, says):
    answer = sign_in(acme.owner).post(acme.url(URL), FORM | change)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert says in html.replace("&#x27;", "’").replace("'", "’")
    assert ("Nils New" in html) == ("name" not in change)


def test_a_double_click_invites_once(acme, sign_in, post_office):
    client = sign_in(acme.owner)
    client.post(acme.url(URL), FORM)
    assert "invited already" in client.post(acme.url(URL), FORM).content.decode()
    post_office.deliver()
    assert len(post_office.to("nils@new.example")) == 1


def test_an_expired_one_gives_way_to_a_new_one(acme, sign_in):
    client = sign_in(acme.owner)
    client.post(acme.url(URL), FORM)
    with working_for(acme.site.pk):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(acme.url(URL), FORM).status_code == 302
    assert invitation(acme, revoked_at=None).number == 2


def test_it_is_sent_again_after_a_while_and_lasts_anew(acme, sign_in, post_office):
    client = sign_in(acme.owner)
    client.post(acme.url(URL), FORM)
    again = acme.url(URL + "1/again/")
    assert "Wait five minutes" in client.post(again, follow=True).content.decode()

    with working_for(acme.site.pk):
        Invitation.objects.update(
            sent_at=timezone.now() - timedelta(minutes=6), expires_at=timezone.now()
        )
    client.post(again)
    post_office.deliver()
    assert len(post_office.to("nils@new.example")) == 2
    assert invitation(acme).expires_at > timezone.now() + timedelta(days=6)


def test_it_is_withdrawn(acme, sign_in):
    client = sign_in(acme.owner)
    client.post(acme.url(URL), FORM)
    client.post(acme.url(URL + "1/revocation/"))
    assert invitation(acme).state == "revoked"
    assert client.post(acme.url(URL + "1/revocation/")).status_code == 404
    assert actions(acme)[-1] == "invitation.revoked"


def test_only_an_owner_makes_an_owner(acme, sign_in):
    owner = FORM | {"role": Role.OWNER.value}
    assert sign_in(acme.admin).post(acme.url(URL), owner).status_code == 422
    assert sign_in(acme.owner).post(acme.url(URL), owner).status_code == 302


@pytest.mark.parametrize(("who", "status"), [("editor", 403), ("reader", 403), ("admin", 302)])
def test_it_takes_the_right_to_invite(acme, sign_in, who, status):
    assert sign_in(getattr(acme, who)).post(acme.url(URL), FORM).status_code == status


def test_another_site_finds_nothing(acme, rival, sign_in):
    sign_in(acme.owner).post(acme.url(URL), FORM)
    stranger = sign_in(rival.owner)
    assert stranger.post(acme.url(URL), FORM).status_code == 404
    assert stranger.post(rival.url(URL + "1/again/")).status_code == 404


def test_a_day_has_a_limit(acme, sign_in, monkeypatch):
    monkeypatch.setattr("operators.operations.INVITATIONS_A_DAY", 1)
    client = sign_in(acme.owner)
    client.post(acme.url(URL), FORM)
    answer = client.post(acme.url(URL), FORM | {"email": "next@new.example"})
    assert "Go on tomorrow" in answer.content.decode()

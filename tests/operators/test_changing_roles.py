"""Roles, removal, leaving and handing over: a site always has an owner."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from accounts.models import User
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from operators import operations
from operators.models import Operator, Role
from operators.operations import Refused
from tests.conftest import PASSWORD


def role_of(house, who) -> int:
    with working_for(house.site.pk):
        return Operator.objects.get(pk=who.pk).role


def at_work(house, who) -> bool:
    with working_for(house.site.pk):
        return Operator.objects.at_work().filter(pk=who.pk).exists()


def make_owner(house, who) -> None:
    with working_for(house.site.pk):
        Operator.objects.filter(pk=who.pk).update(role=Role.OWNER)


def last_action(house) -> str:
    with working_for(house.site.pk):
        return JournalEntry.objects.order_by("-seq")[0].action


def test_an_admin_changes_a_role_and_the_person_is_told(acme, sign_in, post_office):
    url = acme.url(f"operators/{acme.reader.number}/role/")
    assert sign_in(acme.admin).post(url, {"role": Role.EDITOR.value}).status_code == 302
    assert role_of(acme, acme.reader) == Role.EDITOR
    assert last_action(acme) == "operator.role_changed"
    post_office.deliver()
    assert "you are editor now" in post_office.to("rita@acme.example")[0].text


def test_a_new_role_holds_with_the_next_request(acme, sign_in):
    client = sign_in(acme.editor)
    assert client.get(acme.url("settings/")).status_code == 403
    sign_in(acme.owner).post(
        acme.url(f"operators/{acme.editor.number}/role/"), {"role": Role.ADMIN.value}
    )
    assert client.get(acme.url("settings/")).status_code == 200


def test_admins_do_not_touch_owners(acme, sign_in):
    client = sign_in(acme.admin)
    for url, form in (("role/", {"role": Role.READER.value}), ("removal/", {})):
        answer = client.post(acme.url(f"operators/{acme.owner.number}/{url}"), form)
        assert answer.status_code == 403
    assert role_of(acme, acme.owner) == Role.OWNER


def test_admins_make_no_owners(acme, sign_in):
    url = acme.url(f"operators/{acme.reader.number}/role/")
    assert sign_in(acme.admin).post(url, {"role": Role.OWNER.value}).status_code == 422
    assert role_of(acme, acme.reader) == Role.READER


def test_nobody_changes_their_own_role(acme, sign_in):
    url = acme.url(f"operators/{acme.admin.number}/role/")
    assert sign_in(acme.admin).post(url, {"role": Role.READER.value}).status_code == 403


@pytest.mark.parametrize("who", ["editor", "reader"])
def test_it_takes_the_right(acme, sign_in, who):
    client = sign_in(getattr(acme, who))
    for rest in ("role/", "removal/"):
        assert client.post(acme.url(f"operators/{acme.reader.number}/{rest}")).status_code == 403


def test_who_is_removed_loses_access_at_once_and_is_told(acme, sign_in, post_office):
    editor = sign_in(acme.editor)
    assert editor.get(acme.url()).status_code == 200
    sign_in(acme.owner).post(acme.url(f"operators/{acme.editor.number}/removal/"))
    assert editor.get(acme.url()).status_code == 404
    assert last_action(acme) == "operator.removed"
    post_office.deliver()
    assert "ended your work on Acme" in post_office.to("ed@acme.example")[0].text


def test_another_site_finds_nobody(acme, rival, sign_in):
    stranger = sign_in(rival.owner)
    assert stranger.post(acme.url(f"operators/{acme.reader.number}/removal/")).status_code == 404
    assert stranger.post(rival.url("operators/99/removal/")).status_code == 404
    assert at_work(acme, acme.reader)


def test_an_operator_leaves(acme, sign_in):
    client = sign_in(acme.reader)
    assert client.get(acme.url("operators/leaving/")).status_code == 200
    assert at_work(acme, acme.reader)
    assert client.post(acme.url("operators/leaving/"))["Location"] == "/sites/"
    assert not at_work(acme, acme.reader)


def test_the_last_owner_cannot_leave(acme, sign_in):
    answer = sign_in(acme.owner).post(acme.url("operators/leaving/"))
    assert answer.status_code == 422
    assert "Hand over the ownership first" in answer.content.decode()
    assert at_work(acme, acme.owner)


def test_the_only_owner_reads_what_to_do_instead(acme, sign_in):
    page = sign_in(acme.owner).get(acme.url("operators/leaving/")).text
    assert acme.url("operators/handover/") in page
    assert "Leave the site" not in page
    make_owner(acme, acme.admin)
    assert "Leave the site" in sign_in(acme.owner).get(acme.url("operators/leaving/")).text


def test_of_two_owners_one_may_leave(acme, sign_in):
    make_owner(acme, acme.admin)
    sign_in(acme.owner).post(acme.url("operators/leaving/"))
    assert not at_work(acme, acme.owner)
    assert sign_in(acme.admin).post(acme.url("operators/leaving/")).status_code == 422


def test_two_owners_who_leave_at_the_same_moment_do_not_both_get_away(acme):
    make_owner(acme, acme.admin)
    barrier, refused = Barrier(2), []

    def go(who):
        try:
            with working_for(acme.site.pk):
                operator = Operator.objects.get(pk=who.pk)
                barrier.wait(5)
                operations.leave(operator)
        except Refused as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=go, args=[who]) for who in (acme.owner, acme.admin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(refused) == 1
    with working_for(acme.site.pk):
        assert Operator.objects.owners().count() == 1


def test_the_site_is_handed_over_with_the_password(acme, sign_in, post_office):
    client = sign_in(acme.owner)
    form = {"to": acme.admin.number, "password": PASSWORD}
    assert client.post(acme.url("operators/handover/"), form).status_code == 302
    assert (role_of(acme, acme.admin), role_of(acme, acme.owner)) == (Role.OWNER, Role.ADMIN)
    assert last_action(acme) == "site.handed_over"
    post_office.deliver()
    assert "you are owner now" in post_office.to("ada@acme.example")[0].text


@pytest.mark.parametrize("password", ["", "not the password"])
def test_without_the_password_nothing_is_handed_over(acme, sign_in, password):
    form = {"to": acme.admin.number, "password": password}
    answer = sign_in(acme.owner).post(acme.url("operators/handover/"), form)
    assert answer.status_code == 422
    assert role_of(acme, acme.owner) == Role.OWNER


@pytest.mark.parametrize("who", ["admin", "editor", "reader"])
def test_only_an_owner_hands_over(acme, sign_in, who):
    form = {"to": acme.editor.number, "password": PASSWORD}
    answer = sign_in(getattr(acme, who)).post(acme.url("operators/handover/"), form)
    assert answer.status_code == 403


def test_who_left_comes_back_under_the_old_number(acme, sign_in):
    sign_in(acme.owner).post(acme.url(f"operators/{acme.reader.number}/removal/"))
    with working_for(acme.site.pk):
        user = User.objects.get(pk=acme.reader.user_id)
        back = operations.add_operator(user, role=Role.EDITOR, by=acme.owner)
    assert (back.pk, back.number) == (acme.reader.pk, acme.reader.number)
    assert at_work(acme, acme.reader)

"""Who gets into the staff admin: staff, after a second factor, and nobody else."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.contrib.auth.models import Permission
from django.test import Client

from tests.authenticator import code_now
from tests.conftest import PASSWORD, make_user
from tests.staff.conftest import with_second_factor

PAGES = ["/staff/", "/staff/moderation/", "/staff/health/", "/staff/accounts/site/"]


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_is_sent_to_sign_in(client, company, address):
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/?next=/staff/")


@pytest.mark.parametrize("address", PAGES)
def test_for_users_who_are_no_staff_there_is_no_such_page(acme, sign_in, address):
    assert sign_in(acme.owner).get(address).status_code == 404


def test_the_admin_has_no_sign_in_form_of_its_own(client, staff):
    client.post("/staff/login/", {"username": staff.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("address", PAGES)
def test_staff_without_a_second_factor_are_sent_to_set_one_up(staff, sign_in, address):
    answer = sign_in(staff).get(address)
    assert (answer.status_code, answer["Location"]) == (302, "/account/2fa/")


@pytest.mark.parametrize("address", PAGES)
def test_a_session_that_did_not_pass_the_second_factor_is_not_enough(staff, sign_in, address):
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={})
    answer = sign_in(staff).get(address)
    assert answer["Location"].startswith("/account/2fa/reauthenticate/?next=")


@pytest.mark.parametrize("address", PAGES)
def test_staff_with_a_second_factor_get_in(moderator, address):
    assert moderator.get(address).status_code == 200


def test_in_the_demo_staff_sign_in_with_a_password_alone(staff, sign_in, settings):
    settings.DEMO = True
    assert sign_in(staff).get("/staff/").status_code == 200


def test_staff_see_only_what_their_groups_allow(company):
    helper = make_user("hal@company.example", "Hal Helper", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_site"))
    client = with_second_factor(helper)
    page = client.get("/staff/").content.decode()
    assert "Latest sites" in page
    assert "Moderation" not in page
    assert client.get("/staff/moderation/").status_code == 403
    assert client.get("/staff/accounts/user/").status_code == 403


def test_only_unfold_pages_may_evaluate(moderator):
    assert "'unsafe-eval'" in moderator.get("/staff/")["Content-Security-Policy"]
    for page in ("/staff/moderation/", "/staff/health/", "/"):
        assert "unsafe" not in moderator.get(page)["Content-Security-Policy"]


def test_leaving_ends_the_session(moderator):
    assert moderator.get("/staff/logout/").status_code == 405
    moderator.post("/staff/logout/")
    assert moderator.get("/staff/").status_code == 302


def test_a_stranger_cannot_use_the_log_out_address(company):
    assert Client().post("/staff/logout/").status_code == 302


def test_the_whole_way_in_with_an_authenticator_app(client, staff):
    """Password, set-up of the app, a code: nothing less opens the door."""
    client.post("/account/login/", {"login": staff.email, "password": PASSWORD})
    assert client.get("/staff/")["Location"] == "/account/2fa/"
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.get("/account/2fa/totp/activate/")
    secret = client.session[SECRET_SESSION_KEY]
    client.post("/account/2fa/totp/activate/", {"code": code_now(secret)})
    assert Authenticator.objects.filter(user=staff, type=Authenticator.Type.TOTP).exists()

    again = client.get("/staff/")["Location"]
    assert again.startswith("/account/2fa/reauthenticate/")
    client.post(again, {"code": "000000"})
    assert client.get("/staff/").status_code == 302
    codes = Authenticator.objects.get(user=staff, type="recovery_codes").wrap()
    answer = client.post(again, {"code": codes.get_unused_codes()[0]})
    assert answer["Location"] == "/staff/"
    assert client.get("/staff/").status_code == 200

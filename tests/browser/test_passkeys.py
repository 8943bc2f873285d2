"""A passkey is added and signs in, under our content security policy, with Chromium's own key."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Site
from operators.models import Operator
from tests.conftest import PASSWORD

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_a_key(page: Page, live_url: str) -> str:
    """The browser has a key; answers with the address where it works."""
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return live_url.replace("127.0.0.1", "localhost")  # passkeys belong to names, not numbers


def sign_in(page: Page, url: str, operator: Operator) -> None:
    page.goto(url)
    page.get_by_label("E-mail").fill(operator.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_key(page: Page, *, passkey: bool) -> None:
    """Proves the password once more, which is asked before."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("This laptop")
    if passkey:
        page.get_by_label("instead of my password").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("The key is added.")).to_be_visible()


@pytest.mark.policy("P9.5")
def test_a_passkey_replaces_the_password(page: Page, acme, live_url: str) -> None:
    here = with_a_key(page, live_url)
    sign_in(page, f"{here}/account/login/?next=/account/2fa/webauthn/add/", acme.owner)
    add_key(page, passkey=True)

    page.goto(f"{here}/account/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{here}/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Acme")).to_be_visible()


def test_who_must_have_a_second_factor_adds_a_key_and_goes_on(
    page: Page, acme, live_url, sign_in_here
) -> None:
    """… and elsewhere, where it was not shown yet, the key is asked for and a password is not."""
    Site.objects.filter(pk=acme.site.pk).update(factors_demanded=True)
    here = with_a_key(page, live_url)
    wanted = f"{here}{acme.url('contacts/')}"
    sign_in(page, wanted, acme.editor)
    expect(page.get_by_text("Set one up here")).to_be_visible()
    page.get_by_role("link", name="Add one").click()
    add_key(page, passkey=False)
    page.get_by_role("link", name="go on to Acme").click()
    expect(page).to_have_url(wanted)

    acme.editor.user.refresh_from_db()  # the sign-in made a stronger hash of the password
    sign_in_here(acme.editor)
    cookies = page.context.cookies(live_url)
    page.context.add_cookies(
        [{"name": c["name"], "value": c["value"], "url": here} for c in cookies]
    )
    page.goto(wanted)
    expect(page.get_by_role("link", name="Use your password")).not_to_be_visible()
    page.get_by_role("link", name="Use a security key").click()
    expect(page.get_by_text("you signed in without yours")).to_be_visible()
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page).to_have_url(wanted)

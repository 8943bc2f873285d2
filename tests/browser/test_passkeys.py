"""A passkey is added and signs in, under our content security policy, with Chromium's own key."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.mark.policy("P9.5")
def test_a_passkey_replaces_the_password(page: Page, acme, live_url: str) -> None:
    here = live_url.replace("127.0.0.1", "localhost")  # passkeys belong to names, not numbers
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.goto(f"{here}/account/login/?next=/account/2fa/webauthn/add/")
    page.get_by_label("E-mail").fill(acme.owner.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("This laptop")
    page.get_by_label("instead of my password").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("The key is added.")).to_be_visible()

    page.goto(f"{here}/account/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{here}/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Acme")).to_be_visible()

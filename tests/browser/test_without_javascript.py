"""What reads and what signs up works without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.newsletter.conftest import list_with, write


@pytest.fixture
def bare(browser: Browser, base_url: str) -> Iterator[Page]:
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_somebody_signs_up_and_lands_in_their_site(bare: Page, company, mailbox) -> None:
    bare.goto("/account/signup/")
    bare.get_by_label("Your name").fill("Nora North")
    bare.get_by_label("Web site URL").fill("northwind.example")
    bare.get_by_label("E-mail").fill("nora@northwind.example")
    bare.get_by_label("Password").fill("two wheels are enough")
    bare.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(bare.get_by_role("heading", name="We sent you a letter")).to_be_visible()

    letter = mailbox.wait_for("nora@northwind.example", "Confirm your e-mail address")
    text = letter.get_body(("plain",)).get_content()
    link = re.search(r"/account/confirm-email/\S+", text)
    assert link
    bare.goto(link[0])
    if bare.get_by_role("button", name="Yes, confirm it").count():
        bare.get_by_role("button", name="Yes, confirm it").click()
    expect(bare).to_have_url(re.compile("/s/northwind/$"))
    expect(bare.get_by_text("nora@northwind.example is confirmed.")).to_be_visible()


def test_times_and_menus_are_there(bare: Page, acme, sign_in, base_url) -> None:
    cookies = sign_in(acme.owner).cookies.values()
    bare.context.add_cookies([{"name": c.key, "value": c.value, "url": base_url} for c in cookies])
    bare.goto(acme.url("journal/"))
    expect(bare.locator("tbody time").first).to_contain_text("UTC")
    bare.get_by_role("button", name=acme.owner.user.name).click()
    expect(bare.get_by_role("button", name="Sign out")).to_be_visible()


def test_what_a_dialog_asks_is_a_button_of_its_own(bare: Page, acme, sign_in, base_url) -> None:
    number = write(sign_in(acme.editor), acme, list_with(acme, "zoe@example.net"))
    cookies = sign_in(acme.owner).cookies.values()
    bare.context.add_cookies([{"name": c.key, "value": c.value, "url": base_url} for c in cookies])
    bare.goto(acme.url(f"newsletter/{number}/"))
    bare.get_by_role("button", name="Cancel", exact=True).click()
    expect(bare.get_by_text("Cancelled.", exact=True)).to_be_visible()

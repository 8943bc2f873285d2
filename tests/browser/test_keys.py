"""Keyboard first: the palette, rows, help, and keys that keep quiet while somebody types."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from newsletter.models import Campaign
from tests.staff.conftest import fresh, look, url_of, waiting_campaign, with_second_factor


@pytest.fixture
def at_work(page: Page, acme, rival, sign_in_here, base_url):
    sign_in_here(acme.owner)
    page.goto(acme.url("operators/"))
    return page


def test_the_palette_finds_a_place_and_goes_there(at_work, acme):
    at_work.keyboard.press("/")
    at_work.keyboard.type("sett")  # at once: what is typed while it opens counts
    palette = at_work.get_by_role("combobox", name="Go to a page or a site")
    expect(palette).to_be_focused()
    options = at_work.locator("#palette").get_by_role("option")
    expect(options.filter(has_text="Settings")).to_have_attribute("aria-selected", "true")
    at_work.keyboard.press("Enter")
    at_work.wait_for_url(f"**{acme.url('settings/')}")


def test_the_palette_offers_to_search_for_what_was_typed(at_work, acme):
    at_work.keyboard.press("/")
    at_work.keyboard.type("zebra & co")
    options = at_work.locator("#palette").get_by_role("option")
    expect(options).to_have_text([re.compile("Search contacts for.*zebra")])
    at_work.keyboard.press("Enter")
    at_work.wait_for_url("**/contacts/?q=zebra%20%26%20co")


def test_letters_move_through_rows_and_help_says_which(at_work):
    rows = at_work.locator("tbody a.open")
    at_work.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    at_work.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    at_work.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    at_work.keyboard.press("?")
    expect(at_work.get_by_role("dialog", name="Keys")).to_be_visible()
    at_work.keyboard.press("Escape")
    expect(at_work.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_keys_keep_quiet_while_somebody_types_and_when_turned_off(at_work):
    at_work.locator("main input[name=name]").first.click()
    at_work.keyboard.type("a/b?")
    expect(at_work.get_by_role("dialog")).to_have_count(0)
    at_work.locator("h1").click()
    at_work.keyboard.press("?")
    at_work.get_by_label("Single-key shortcuts").uncheck()
    at_work.keyboard.press("Escape")
    at_work.keyboard.press("/")
    expect(at_work.get_by_role("dialog")).to_have_count(0)


def test_a_narrow_screen_has_its_menu_without_javascript(browser, at_work, acme, base_url):
    context = browser.new_context(
        base_url=base_url,
        storage_state=at_work.context.storage_state(),
        viewport={"width": 360, "height": 740},
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto(acme.url())
    expect(page.get_by_role("link", name="Settings")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Settings").click()
    page.wait_for_url(f"**{acme.url('settings/')}")
    context.close()


@pytest.mark.parametrize("key", ["r", "c"])
def test_a_key_that_refuses_leads_to_the_reasons_first(page: Page, acme, staff, live_url, key):
    campaign, moderator = waiting_campaign(acme), with_second_factor(staff)
    look(moderator, campaign)
    name = settings.SESSION_COOKIE_NAME
    value = moderator.cookies[name].value
    page.context.add_cookies([{"name": name, "value": value, "url": live_url}])
    page.goto(url_of(campaign))
    page.keyboard.press(key)
    reasons = page.locator("#decision input[name=reasons]")
    expect(reasons.first).to_be_focused()
    expect(reasons.first).to_be_in_viewport()
    assert page.url.endswith(url_of(campaign))  # nothing was sent
    page.keyboard.press("Space")
    expect(reasons.first).to_be_checked()
    page.keyboard.press(key)
    page.wait_for_url("**/staff/moderation/")
    assert fresh(campaign).state != Campaign.State.MODERATION_NEEDED

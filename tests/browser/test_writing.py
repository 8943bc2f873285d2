"""The editor in a browser: saves by itself, shows the letter, keeps two tabs apart."""

import re

import pytest
from playwright.sync_api import Page, expect

from comm100.core.tenancy import working_for
from newsletter.models import Campaign
from tests.newsletter.conftest import list_with


@pytest.fixture
def refused(page: Page) -> list[str]:
    """What the content security policy of the page refused."""
    told: list[str] = []
    page.on("console", lambda m: told.append(m.text) if "Content Security" in m.text else None)
    return told


@pytest.fixture
def editor(page: Page, acme, sign_in_here, base_url, refused) -> Page:
    """Ed begins a campaign."""
    list_with(acme, "zoe@example.net")
    sign_in_here(acme.editor)
    page.goto(acme.url("newsletter/new/"))
    page.get_by_role("button", name="Start writing").click()
    expect(page.locator(".ProseMirror")).to_be_visible()
    return page


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text(re.compile(r"^\s*Saved\s*$"), timeout=10_000)


def test_typing_is_saved_and_shown_without_a_click(editor, acme, refused):
    editor.get_by_label("Subject").fill("Autumn")
    letters = editor.locator(".ProseMirror")
    letters.click()
    editor.keyboard.type("Dear ")
    editor.get_by_role("button", name="Merge field").click()
    # by key: a press of the mouse beside a menu that still opens would close it
    editor.get_by_role("button", name="first_name", exact=True).press("Enter")
    expect(letters).to_be_focused()  # it takes the focus back from a button a frame later
    editor.keyboard.press("Enter")
    editor.get_by_role("button", name="Bold").click()
    expect(letters).to_be_focused()
    editor.keyboard.type("come by")
    saved(editor)

    letter = editor.frame_locator("iframe")
    expect(letter.get_by_text("Dear there")).to_be_visible()
    expect(letter.locator("strong")).to_have_text("come by")
    with working_for(acme.site.pk):
        body = Campaign.objects.get().body
    assert body == "<p>Dear {{ first_name | there }}</p><p><strong>come by</strong></p>"
    assert refused == []


def test_a_link_is_set_by_the_dialog_and_gets_its_scheme(editor, acme):
    editor.locator(".ProseMirror").click()
    editor.keyboard.type("our shop")
    editor.keyboard.press("Control+a")
    editor.keyboard.press("Control+k")
    editor.get_by_label("Web address").fill("acme.example/shop")
    editor.keyboard.press("Enter")
    saved(editor)
    with working_for(acme.site.pk):
        assert Campaign.objects.get().body == (
            '<p><a href="https://acme.example/shop">our shop</a></p>'
        )


def test_a_second_tab_is_told_that_there_is_a_newer_one(editor, acme):
    other = editor.context.new_page()
    other.goto(editor.url)
    editor.get_by_label("Subject").fill("From the first tab")
    saved(editor)
    other.get_by_label("Subject").fill("From the second tab")
    expect(other.get_by_text("Somebody saved a newer version")).to_be_visible(timeout=10_000)
    with working_for(acme.site.pk):
        assert Campaign.objects.get().subject == "From the first tab"

    other.get_by_role("button", name="Keep mine").click()
    expect(other.get_by_role("heading", name="From the second tab")).to_be_visible()

"""The main job, end to end, in a browser: from sign-up to the reader who unsubscribes."""

import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from playwright.sync_api import Browser, Page, expect

from accounts.models import Site
from comm100.core.tenancy import working_for
from mail.models import Outbox, Suppression
from newsletter.models import Campaign
from tests.authenticator import code_now
from tests.conftest import PASSWORD, make_user

OWNER = "nora@northshore.example"
CSV = (
    "E-Mail;Vorname;Nachname;Stadt\r\n"
    "kim@readers.example;Kim;Ågren;Köln\r\n"
    'lee@readers.example;Lee;;"Bad\r\nEms"\r\n'
    "not an address;Max;;\r\n"
    " kim@readers.example ;Kim;Ågren;Köln\r\n"
)


@pytest.fixture
def trouble(page: Page) -> list[str]:
    """What the browser complained of: refused styles and scripts, failed requests."""
    told: list[str] = []
    page.on("console", lambda m: told.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told


def link_in(message: EmailMessage, path: str) -> str:
    plain = message.get_body(("plain",))
    body = plain.get_content() if plain else ""
    found = re.search(rf"https?://\S+?({path}\S+)", body)
    assert found, body
    return found[1]


@pytest.mark.policy("P2.2", "P7.2", "P9.4")
def test_from_sign_up_to_the_reader_who_unsubscribes(page: Page, staff, mailbox, trouble, tmp_path):
    sign_up(page, mailbox)
    make_a_list(page)
    import_contacts(page, tmp_path)
    submit_a_campaign(page)
    assert not mailbox.to("kim@readers.example")
    moderator_approves(staff)
    read_and_unsubscribe(page, mailbox)
    second_campaign_reaches_only_who_stayed(page, staff, mailbox)
    assert not [words for words in trouble if not words.startswith("Transition was aborted")]


def sign_up(page: Page, mailbox) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Your name").fill("Nora Wind")
    page.get_by_label("Web site URL").fill("northshore.example")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.goto(link_in(mailbox.wait_for(OWNER), "/account/confirm-email/"))
    page.get_by_role("main").get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/s/northshore/$"))


def make_a_list(page: Page) -> None:
    page.get_by_role("link", name="Lists", exact=True).click()
    page.get_by_role("link", name="New list").first.click()
    page.get_by_label("Name").fill("Shop news")
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Shop news")).to_be_visible()


def import_contacts(page: Page, folder) -> None:
    (folder / "readers.csv").write_bytes(CSV.encode("latin-1"))
    page.get_by_role("link", name="Contacts", exact=True).click()
    page.get_by_role("link", name="Import contacts").first.click()
    page.get_by_label("CSV file").set_input_files(folder / "readers.csv")
    page.get_by_role("button", name="Upload").click()
    page.get_by_label("They are our customers or members").check()
    page.get_by_label("Shop news").check()
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_role("heading", name="readers.csv is imported")).to_be_visible(
        timeout=20_000
    )
    expect(page.get_by_role("link", name="Download the refused rows")).to_be_visible()


def submit_a_campaign(page: Page, subject: str = "Autumn for {{ first_name | you }}") -> None:
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_role("button", name="Start writing").click()
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Shop news").check()
    page.locator(".ProseMirror").click()
    page.keyboard.type("From Monday our workshop takes bikes without appointment.")
    page.get_by_role("button", name="Check and send").click()
    page.get_by_role("button", name=re.compile("Submit for")).click()
    expect(page.get_by_text("Moderation needed").first).to_be_visible()


@pytest.fixture
def staff(company, browser: Browser, live_url) -> Iterator[Page]:
    """A moderator's own browser, signed in with password and authenticator app."""
    mo = make_user("mo@company.example", "Mo Moderator", is_staff=True, is_superuser=True)
    secret = generate_totp_secret()
    TOTP.activate(mo, secret)
    context = browser.new_context(base_url=live_url)
    page = context.new_page()
    page.goto("/staff/moderation/")
    page.get_by_label("E-mail").fill(mo.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").first.click()
    page.get_by_label("code").fill(code_now(secret))
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Moderation")).to_be_visible()
    yield page
    context.close()


def moderator_approves(staff: Page) -> None:
    staff.goto("/staff/moderation/")
    staff.get_by_role("button", name="Open").first.click()
    expect(staff.frame_locator("iframe").get_by_text("From Monday our workshop")).to_be_visible()
    staff.get_by_role("button", name="Approve").first.click()
    staff.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(staff.get_by_text("approved").first).to_be_visible()


def read_and_unsubscribe(page: Page, mailbox) -> None:
    letter = mailbox.wait_for("kim@readers.example")
    assert letter["Subject"] == "Autumn for Kim"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mailbox.wait_for("lee@readers.example")["Subject"] == "Autumn for Lee"
    address = link_in(letter, "/u/")
    page.goto(address)
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    site = Site.objects.get(slug="northshore")
    with working_for(site.pk):
        assert Suppression.objects.count() == 1
        assert Outbox.objects.filter(state=Outbox.State.SENT, mailing__isnull=False).count() == 2


def second_campaign_reaches_only_who_stayed(page: Page, staff: Page, mailbox) -> None:
    mailbox.messages.clear()
    page.goto("/s/northshore/")
    submit_a_campaign(page, "Second issue")
    moderator_approves(staff)
    mailbox.wait_for("lee@readers.example", "Second issue")
    with working_for(Site.objects.get(slug="northshore").pk):
        assert Campaign.objects.count() == 2
    assert not mailbox.to("kim@readers.example")

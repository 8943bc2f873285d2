"""A session that ended while somebody wrote: why, sign-in, and on where one was."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from comm100.core.tenancy import working_for
from tests.conftest import PASSWORD
from visitors.models import Contact


def end_all(user: Any) -> None:
    """As if nobody had been there for long."""
    keys = UserSession.objects.filter(user=user).values("session_key")
    rows = Session.objects.filter(session_key__in=keys)
    assert rows.update(expire_date=timezone.now() - timedelta(minutes=1))


def sign_in_by_form(page: Page, who: Any) -> None:
    page.get_by_label("E-mail").fill(who.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.policy("P10.5")
def test_what_was_written_is_saved_after_the_sign_in(page: Page, acme, sign_in_here) -> None:
    sign_in_here(acme.editor)
    page.goto(acme.url("contacts/new/"))
    page.locator("main [name=name]").fill("Ted Tea")
    page.locator("main [name=email]").fill("ted@tea.example")
    end_all(acme.editor.user)
    page.locator("main").get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading")).to_have_text("Please sign in again")
    expect(page.get_by_role("status")).to_contain_text("Nobody was here for 14 days")
    expect(page.get_by_role("status")).to_contain_text("What you wrote is kept")
    sign_in_by_form(page, acme.editor)
    expect(page.get_by_text("ted@tea.example")).to_be_visible()
    page.get_by_role("button", name="Save it now").click()
    expect(page.get_by_role("heading", name="Ted Tea")).to_be_visible()
    with working_for(acme.site.pk):
        assert Contact.objects.filter(name="Ted Tea").count() == 1


@pytest.mark.policy("P10.5")
def test_a_page_that_asks_by_itself_goes_to_the_sign_in_and_back(
    page: Page, acme, sign_in_here
) -> None:
    """A live page must not show a sign-in form inside of itself."""
    sign_in_here(acme.owner)
    live = acme.url("access/")
    page.goto(live)
    end_all(acme.owner.user)
    again = page.get_by_role("heading", name="Please sign in again")
    expect(again).to_be_visible(timeout=15_000)
    sign_in_by_form(page, acme.owner)
    page.wait_for_url(f"**{live}")

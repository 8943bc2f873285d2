"""What a site that is being closed had on its way, and the links that it sent out."""

import pytest

from comm100.core.tenancy import working_for
from mail.models import Outbox
from tests.newsletter.conftest import list_with, submit, write
from tests.operators.test_closing import KEEPING, actions, close


@pytest.mark.usefixtures("nobody_delivers")
def test_a_campaign_on_its_way_stops(trusted, rival, sign_in, post_office):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net", "yan@example.net"))
    submit(editor, trusted, number)
    close(trusted, sign_in(trusted.owner))
    post_office.deliver()
    assert post_office.to("zoe@example.net") == []
    sign_in(trusted.owner).post(trusted.url(KEEPING))
    post_office.deliver()
    assert len(post_office.to("zoe@example.net")) == 1


@pytest.mark.usefixtures("nobody_delivers")
def test_nobody_reads_that_it_would_leave(trusted, sign_in):
    editor, owner = sign_in(trusted.editor), sign_in(trusted.owner)
    news = list_with(trusted, "zoe@example.net")
    later, draft = write(editor, trusted, news), write(editor, trusted, news)
    submit(editor, trusted, later, when="later", wanted_at="2099-07-01T09:00")
    pages = [trusted.url(), trusted.url("newsletter/"), trusted.url(f"newsletter/{later}/")]
    assert "It leaves on" in owner.get(pages[-1]).text
    close(trusted, owner)
    listed = [owner.get(page).text for page in pages[:2]]
    assert all("Scheduled, site closes" in page for page in listed)
    told = owner.get(pages[-1]).text
    assert "Nothing leaves: the site is being closed." in told
    assert "It leaves on" not in told
    told = owner.get(trusted.url(f"newsletter/{draft}/")).text
    assert "so it can only be read" in told
    assert "submit it" not in told


@pytest.mark.policy("P7.2")
def test_links_to_unsubscribe_go_on_working(trusted, sign_in, client, post_office):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    submit(editor, trusted, number)
    post_office.deliver()
    (letter,) = post_office.to("zoe@example.net")
    close(trusted, sign_in(trusted.owner))
    preferences, unsubscribe = (
        next(link for link in letter.links if part in link) for part in ("/preferences/", "/u/")
    )
    assert client.get(preferences.partition("testserver")[2]).status_code == 200
    path = unsubscribe.partition("testserver")[2]
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    with working_for(trusted.site.pk):
        assert actions(trusted)[-1] != "site.closing"
        assert Outbox.objects.filter(mailing__isnull=False).count() == 1

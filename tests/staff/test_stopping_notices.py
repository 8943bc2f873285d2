"""What staff wrote to users is stopped on its way; who has it keeps it, nobody else gets it."""

import pytest
from django.contrib.auth.models import Permission

from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from mail.claims import claim, complete
from mail.models import Lane, Outbox
from mail.outcomes import put_back
from newsletter.models import Campaign
from operators import chronicle
from tests.conftest import make_user
from tests.staff.conftest import with_second_factor
from tests.staff.test_notifying import (
    ANN,
    URL,
    addressed,
    known,  # noqa: F401  a fixture
    send,
    write_news,
    written,
)
from website import notifying, tasks
from website.models import Notice

pytestmark = pytest.mark.usefixtures("nobody_delivers")
WAITING = [Outbox.State.READY, Outbox.State.RETRY]


@pytest.fixture
def nobody_delivers(monkeypatch):
    """No worker of the lanes is awake until the test calls `post_office.deliver()`."""
    for lane in ("transactional", "marketing"):
        monkeypatch.setattr(f"mail.tasks.deliver_{lane}.delay", lambda: None)


def stop(client, page):
    assert 'id="stop"' in client.get(page).text  # it asks once
    return client.post(f"{page}stopping/", follow=True).text


def counted(page):
    """What the page says became of it: words → number."""
    parts = page.split("<dt>")[1:]
    return {one.split("<")[0]: int(one.split("<dd>")[1].split("<")[0]) for one in parts}


def letters_in(company, *states):
    with working_for(company.pk):
        return Outbox.objects.exclude(circular=None).filter(state__in=states).count()


@pytest.mark.policy("P3.2")
def test_what_a_mail_server_has_stays_sent_and_the_rest_never_leaves(
    acme, company, moderator, staff, post_office
):
    post_office.refuse(ANN, "450 4.2.0 come back later")
    page = written(moderator)
    send(moderator, page)
    post_office.deliver()
    assert counted(moderator.get(page).text) == {"Taken by a mail server": 3, "Still waiting": 1}

    shown = stop(moderator, page)
    assert "Stopped by Mo Moderator" in shown
    assert counted(shown) == {"Taken by a mail server": 3, "Not sent, and will not be": 1}
    assert 'id="stop"' not in shown
    assert "Stopped" in moderator.get(URL).text

    post_office.refusals.clear()
    with working_for(company.pk):
        Outbox.objects.filter(state__in=WAITING).update(not_before="2020-01-01T00:00Z")
    post_office.deliver()
    tasks.go_on_with_notices.delay()
    assert len(addressed(post_office, "Maintenance on Thursday")) == 3
    assert not post_office.to(ANN)
    notice = Notice.objects.get()
    assert (notice.state, notice.sent, notice.stopped_by) == (Notice.State.STOPPED, 3, staff)
    assert counted(moderator.get(page).text)["Not sent, and will not be"] == 1
    again = moderator.post(f"{page}stopping/", follow=True).text
    assert "There was nothing left to stop." in again
    with working_for(company.pk):
        [entry] = JournalEntry.objects.filter(action="notice.stopped")
        [line] = chronicle.lines([entry])
    assert line.who == f"Mo Moderator of {company.name}"
    assert "of 4 users 3 had it, to 0 it was just leaving, 1 are spared" in line.what


@pytest.mark.policy("P3.2")
def test_what_comes_back_unsent_from_a_worker_does_not_go_again(
    acme, company, moderator, post_office
):
    page = written(moderator)
    send(moderator, page)
    batch = claim(Lane.TRANSACTIONAL, 3)
    shown = stop(moderator, page)
    assert counted(shown) == {
        "Taken by a mail server": 0,
        "Leaving at this moment": 3,
        "Not sent, and will not be": 1,
    }
    tasks.go_on_with_notices.delay()
    assert Notice.objects.get().finished_at is None
    first, *others = [put_back(row.id) for row in batch.rows]
    complete(batch.token, [first])
    claimed = claim(Lane.TRANSACTIONAL)  # before any sweep: the claim itself knows
    assert claimed.rows == []
    complete(batch.token, others)
    post_office.deliver()
    tasks.go_on_with_notices.delay()
    assert post_office.letters == []
    assert letters_in(company, Outbox.State.CANCELLED) == 4
    assert counted(moderator.get(page).text)["Not sent, and will not be"] == 4
    assert Notice.objects.get().finished_at


def test_who_is_not_in_the_outbox_yet_never_comes_into_it(
    acme, rival, company, moderator, post_office, monkeypatch
):
    monkeypatch.setattr(notifying, "AT_ONCE", 3)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(tasks.send_notice, "delay", lambda notice_id: None)
        page = written(moderator)
        send(moderator, page)
    with working_for(company.pk):
        notifying.send_some(Notice.objects.get().pk)
    shown = stop(moderator, page)
    tasks.go_on_with_notices.delay()
    post_office.deliver()
    assert counted(shown)["Not sent, and will not be"] == 8
    assert letters_in(company, *Outbox.State) == letters_in(company, Outbox.State.CANCELLED) == 3
    assert post_office.letters == []


@pytest.mark.policy("P3.2")
def test_product_news_is_stopped_from_the_staff_site_too(
    acme,
    company,
    moderator,
    post_office,
    known,  # noqa: F811
):
    known(acme.owner.user)
    moderator.post(URL + "newsroom/")
    write_news(moderator, company, "There is a forum now")
    page = URL + "news/1/"
    assert "There is a forum now" in moderator.get(URL).text
    assert counted_state(moderator.get(page).text) == "Sending"
    shown = stop(moderator, page)
    post_office.deliver()
    assert addressed(post_office, "There is a forum now") == []
    assert counted_state(shown) == "Stopped"
    now = moderator.get(page).text
    assert "Not sent, and will not be" in now
    assert "@" not in now.split("<main")[1].split("<footer")[0]
    assert "nothing left to stop" in moderator.post(f"{page}stopping/", follow=True).text
    with working_for(company.pk):
        assert Campaign.objects.get().state == Campaign.State.CANCELLED
        entry = JournalEntry.objects.get(action="campaign.cancelled")
    assert entry.actor.startswith("staff:")


def counted_state(page):
    return page.split("<dt>State</dt>")[1].split("</span>")[0].split(">")[-1].strip()


def test_who_may_stop(acme, company, moderator, sign_in, post_office, known):  # noqa: F811
    """Who may send a notice may stop it; product news takes the right to write it."""
    known(acme.owner.user)
    moderator.post(URL + "newsroom/")
    write_news(moderator, company, "News")
    notice = written(moderator)
    send(moderator, notice)
    una = make_user("una@company.example", "Una", is_staff=True)
    una.user_permissions.add(Permission.objects.get(codename="view_notice"))
    news = URL + "news/1/"
    for path in (notice, f"{notice}stopping/", news, f"{news}stopping/"):
        ask = with_second_factor(una).post if "stopping" in path else with_second_factor(una).get
        assert ask(path).status_code == 403
        assert sign_in(acme.owner).post(path).status_code == 404
    una.user_permissions.add(Permission.objects.get(codename="add_notice"))
    client = with_second_factor(una)
    assert "News" not in client.get(URL).text.split("<tbody>")[1]
    assert client.post(f"{news}stopping/").status_code == 403
    assert "Stopped by Una" in stop(client, notice)
    assert moderator.get(URL + "news/7/").status_code == 404
    assert moderator.get(f"{notice}stopping/").status_code == 405

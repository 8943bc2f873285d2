"""What the first results of a campaign do with the rest of it, over real SMTP (P9.4)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Site
from comm100.core.models import JournalEntry, take_numbers
from comm100.core.tenancy import working_for
from mail.models import Mailing, Outbox
from newsletter import tasks
from newsletter.models import Campaign, NewsletterList, Subscriber
from newsletter.operations.judging import Opinion, opinion_on
from tests.staff.conftest import decide, fresh, look, waiting_campaign
from visitors.models import Consent, Contact, Source

State = Campaign.State


def with_readers(house, count):
    """As many more readers of the list that `waiting_campaign` goes to."""
    with working_for(house.site.pk):
        news, _ = NewsletterList.objects.get_or_create(
            site=house.site, slug="news", defaults={"number": 1, "name": "News"}
        )
        for at in range(count):
            reader = Contact(
                site=house.site,
                number=take_numbers("contact") + 1,
                source=Source.OPERATOR,
                consent=Consent.CONFIRMED,
            )
            reader.set_email(f"r{at}@readers.example")
            reader.save()
            Subscriber.objects.create(
                site=house.site,
                list=news,
                contact=reader,
                state=Subscriber.State.SUBSCRIBED,
            )


@pytest.fixture(autouse=True)
def nobody_delivers(monkeypatch):
    """No worker is awake until the test calls `post_office.deliver()`."""
    monkeypatch.setattr("mail.tasks.deliver_marketing.delay", lambda: None)


@pytest.fixture
def quick(settings):
    settings.CANARY_MINUTES = 0


def approved(moderator, house, readers):
    with_readers(house, readers - 1)  # and the customer
    campaign = waiting_campaign(house)
    decide(moderator, campaign, "approve", look(moderator, campaign))
    return campaign


def sent(post_office):
    return [one for one in post_office.letters if one.subject == "Autumn service week"]


def change(campaign, **facts):
    with working_for(campaign.site_id):
        Mailing.objects.filter(pk=campaign.mailing_id).update(**facts)


@pytest.mark.policy("P9.4")
def test_two_of_a_hundred_go_first_and_the_rest_when_nothing_is_wrong(
    moderator, acme, sign_in, post_office, settings
):
    campaign = approved(moderator, acme, 100)
    for _ in range(3):  # another worker, another beat, a worker after a crash
        post_office.deliver()
        tasks.judge_mailings()
    assert len(sent(post_office)) == 2
    page = sign_in(acme.owner).get(acme.url(f"newsletter/{campaign.number}/")).content.decode()
    assert "Sending the first 2." in page

    settings.CANARY_MINUTES = 0
    tasks.judge_mailings()
    post_office.deliver()
    assert len(sent(post_office)) == 100
    assert fresh(campaign).state == State.SENT


@pytest.mark.policy("P9.4")
def test_a_place_that_a_crash_took_is_given_out_again(moderator, acme, post_office):
    campaign = approved(moderator, acme, 100)
    with working_for(acme.site.pk):  # claimed, and the answer never came: nothing left
        Mailing.objects.filter(pk=campaign.mailing_id).update(canary_left=0)
    post_office.deliver()
    assert sent(post_office) == []
    tasks.judge_mailings()
    post_office.deliver()
    assert len(sent(post_office)) == 2


@pytest.mark.policy("P9.4")
def test_who_is_suppressed_takes_no_place_among_the_first(moderator, acme, post_office):
    from mail.models import Suppression
    from mail.operations import suppress

    campaign = approved(moderator, acme, 100)
    with working_for(acme.site.pk):
        first = Outbox.objects.filter(mailing=campaign.mailing_id).order_by("id").first()
        suppress(first.contact, reason=Suppression.Reason.COMPLAINT)
    for _ in range(3):
        post_office.deliver()
    assert len(sent(post_office)) == 2


@pytest.mark.policy("P9.4")
def test_first_ones_that_bounce_stop_the_rest_for_a_moderator(
    moderator, acme, sign_in, post_office, quick
):
    campaign = approved(moderator, acme, 150)
    with working_for(acme.site.pk):
        rows = Outbox.objects.filter(mailing=campaign.mailing_id).order_by("id")[:3]
        for row in rows:
            post_office.refuse(row.address, "550 5.1.1 no such user")
    post_office.deliver()
    tasks.judge_mailings()
    post_office.deliver()
    after = fresh(campaign)
    assert (after.state, sent(post_office)) == (State.HELD, [])
    assert after.stopped_at
    (told,) = [one for one in post_office.to(acme.owner.user.email) if "was stopped" in one.subject]
    assert "3 went to addresses that do not exist" in told.text

    # the site sees why, and cannot let it go on by itself
    client, where = sign_in(acme.owner), acme.url(f"newsletter/{campaign.number}/")
    page = client.get(where).content.decode()
    assert "Stopped." in page
    assert "resumption/" not in page
    client.post(f"{where}resumption/")
    post_office.deliver()
    assert sent(post_office) == []

    # a moderator finds it in the queue, and lets the rest go
    assert "Stopped in flight" in moderator.get("/staff/moderation/").content.decode()
    seen = look(moderator, campaign)
    assert decide(moderator, campaign, "changes", seen, note="x").status_code == 200
    assert fresh(campaign).state == State.HELD
    decide(moderator, campaign, "approve", seen)
    post_office.deliver()
    tasks.judge_mailings()
    assert len(sent(post_office)) == 147
    assert fresh(campaign).state == State.SENT


def test_a_moderator_ends_what_was_stopped(moderator, acme, post_office, quick):
    campaign = approved(moderator, acme, 150)
    change(campaign, complained=1, sent=3)
    tasks.judge_mailings()
    decide(moderator, campaign, "reject", look(moderator, campaign), reasons=["consent"])
    post_office.deliver()
    assert (fresh(campaign).state, sent(post_office)) == (State.CANCELLED, [])


@pytest.mark.policy("P9.4")
def test_many_complaints_suspend_the_site_and_end_its_trust(moderator, acme, post_office):
    Site.objects.filter(pk=acme.site.pk).update(
        standing=Site.Standing.TRUSTED, created_at=timezone.now() - timedelta(days=90)
    )
    campaign = waiting_campaign(acme)
    change(campaign, sent=1_000, total=2_000, complained=1, state=Mailing.State.OPEN)
    tasks.judge_mailings()
    acme.site.refresh_from_db()
    assert acme.site.standing == Site.Standing.MODERATION_NEEDED
    assert fresh(campaign).stopped_at

    change(campaign, complained=3)
    tasks.judge_mailing.delay  # noqa: B018  a report after it was held counts too
    with working_for(acme.site.pk):
        tasks.judging.judge_mailing(campaign.mailing_id)
        told = JournalEntry.objects.filter(action="site.standing_changed")
        assert [entry.actor for entry in told] == ["system", "system"]
    acme.site.refresh_from_db()
    assert acme.site.standing == Site.Standing.SUSPENDED


@pytest.mark.parametrize(
    ("tried", "hard", "complained", "few", "opinion"),
    [
        (199, 40, 3, False, Opinion.FINE),  # too few to say
        (200, 9, 0, False, Opinion.FINE),
        (200, 10, 0, False, Opinion.STOP),
        (200, 20, 0, False, Opinion.SUSPEND),
        (1000, 0, 1, False, Opinion.STOP),
        (1000, 0, 3, False, Opinion.SUSPEND),
        (2, 1, 0, True, Opinion.FINE),  # one may be chance
        (20, 2, 0, True, Opinion.STOP),
        (20, 0, 1, True, Opinion.STOP),
        (0, 0, 0, True, Opinion.FINE),
    ],
)
def test_rates_count_from_two_hundred_mails_on(tried, hard, complained, few, opinion):
    from mail.operations import Results

    assert opinion_on(Results(tried, hard, complained), is_few=few) == opinion

"""A campaign waits; a moderator opens it, sees exactly what would be sent, and decides (P9.4)."""

import pytest
from django.db import connections

from comm100.core.models import JournalEntry
from comm100.core.tenancy import across_sites, working_for
from mail.content import parse
from mail.models import Outbox
from newsletter.models import Campaign, Decision, NewsletterList
from newsletter.operations.sending import submit_campaign
from newsletter.operations.variants import Plan, Wording, save_test
from tests.staff.conftest import decide, fresh, look, url_of, waiting_campaign
from visitors.models import Kind, Receipt
from visitors.operations import Said, choose

QUEUE = "/staff/moderation/"
State = Campaign.State


def journal(site):
    with working_for(site.pk):
        entries = JournalEntry.objects.filter(actor__startswith="staff:").order_by("seq")
        return [(entry.action, entry.actor) for entry in entries]


def letters(site, to):
    with working_for(site.pk):
        return Outbox.objects.filter(address=to, mailing=None).count()


def test_the_queue_shows_what_waits_oldest_first_and_no_content(moderator, acme, rival):
    waiting_campaign(rival, "Canary subject of rival")
    waiting_campaign(acme, "Canary subject of acme")
    page = moderator.get(QUEUE).content.decode()
    assert page.index("Rival") < page.index("Acme")
    assert "First campaign" in page
    assert "Canary subject" not in page


def test_an_empty_queue_says_what_comes_here(moderator):
    assert "Nothing waits" in moderator.get(QUEUE).content.decode()


@pytest.mark.policy("P9.4")
def test_opening_is_in_the_journal_before_anything_is_shown(moderator, staff, acme):
    campaign = waiting_campaign(acme)
    before = moderator.get(url_of(campaign)).content.decode()
    assert campaign.subject not in before
    assert moderator.get(url_of(campaign, "letter/")).status_code == 404
    assert journal(acme.site) == []

    look(moderator, campaign)
    assert journal(acme.site) == [("moderation.opened", f"staff:{staff.pk}")]
    page = moderator.get(url_of(campaign)).content.decode()
    assert campaign.subject in page
    assert "https://acme.example/work" in page
    assert acme.customer.email not in page
    assert len(journal(acme.site)) == 1  # looking again within the claim is the same look


def test_the_letter_is_sealed_in_its_frame(moderator, acme):
    campaign = waiting_campaign(acme)
    look(moderator, campaign)
    letter = moderator.get(url_of(campaign, "letter/"))
    assert "Dear Kim Example" in letter.content.decode()
    policy = letter["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    blank = moderator.get(url_of(campaign, "letter/?reader=blank")).content.decode()
    assert "Dear reader" in blank
    long = moderator.get(url_of(campaign, "letter/?reader=long")).content.decode()
    assert "Dear Wilhelmina-Alexandra" in long


@pytest.mark.policy("P9.4")
def test_the_database_shows_content_only_to_the_one_who_opened_it(moderator, staff, acme, rival):
    from comm100.core.tenancy import reading_as_staff
    from mail.models import Mailing

    campaign, other = waiting_campaign(acme), waiting_campaign(rival)
    look(moderator, campaign)
    with reading_as_staff(staff.pk):
        rows = Mailing.objects.using("staff").values_list("pk", flat=True)
        assert list(rows) == [campaign.mailing_id]
        assert other.mailing_id not in rows
    with reading_as_staff(staff.pk + 1):
        assert not Mailing.objects.using("staff").values_list("pk", flat=True)
    with reading_as_staff(staff.pk):
        assert Campaign.objects.using("staff").get().pk == campaign.pk
    with across_sites():  # nobody at work, or another: no row, whatever its state
        assert not Campaign.objects.using("staff").exists()
    with reading_as_staff(staff.pk + 1):
        assert not Campaign.objects.using("staff").exists()


@pytest.mark.policy("P9.4")
def test_an_approved_campaign_is_released_exactly_as_it_was_seen(moderator, staff, acme):
    campaign = waiting_campaign(acme)
    seen = look(moderator, campaign)
    page = decide(moderator, campaign, "approve", seen)
    assert "approved" in page.content.decode()

    after = fresh(campaign)
    assert after.state in {State.APPROVED, State.SENDING, State.SENT}
    assert bytes(after.mailing.approved_hash).hex() == seen
    assert [action for action, _ in journal(acme.site)][:2] == [
        "moderation.opened",
        "campaign.approved",
    ]
    assert letters(acme.site, acme.owner.user.email) == 1
    assert letters(acme.site, acme.editor.user.email) == 1
    assert letters(acme.site, acme.reader.user.email) == 0


@pytest.mark.parametrize(
    ("decision", "state"),
    [("changes", State.CHANGES_REQUESTED), ("reject", State.REJECTED)],
)
@pytest.mark.policy("P9.4")
def test_what_was_not_approved_never_leaves_and_the_site_is_told_why(
    moderator, acme, decision, state
):
    campaign = waiting_campaign(acme)
    decide(moderator, campaign, decision, look(moderator, campaign), reasons=["consent"])
    after = fresh(campaign)
    assert after.state == state
    assert after.mailing.approved_hash is None
    with working_for(acme.site.pk):
        assert Outbox.objects.filter(mailing=after.mailing).count() == 0
        told = Outbox.objects.get(address=acme.owner.user.email, mailing=None)
        assert "Tell us where these addresses come from" in bytes(told.content or b"").decode()


def test_no_without_a_reason_is_refused_and_the_note_stays(moderator, acme):
    campaign = waiting_campaign(acme)
    seen = look(moderator, campaign)
    page = decide(moderator, campaign, "reject", seen, note="   ")
    assert page.status_code == 422
    assert "Choose a reason or write one" in page.content.decode()
    assert fresh(campaign).state == State.MODERATION_NEEDED


@pytest.mark.policy("P9.4")
def test_content_that_changed_since_the_look_is_not_approved(moderator, acme):
    campaign = waiting_campaign(acme)
    seen = look(moderator, campaign)
    with connections["default"].cursor() as cursor, working_for(acme.site.pk):
        cursor.execute(
            "UPDATE mail_mailing SET content = %s WHERE id = %s",
            [b'{"subject": "other"}', campaign.mailing_id],
        )
    page = decide(moderator, campaign, "approve", seen)
    assert "changed since you looked" in page.content.decode()
    after = fresh(campaign)
    assert (after.state, after.mailing.approved_hash) == (State.MODERATION_NEEDED, None)


def test_a_double_click_decides_once(moderator, acme):
    campaign = waiting_campaign(acme)
    seen = look(moderator, campaign)
    decide(moderator, campaign, "approve", seen)
    again = decide(moderator, campaign, "approve", seen)
    assert "approved" in again.content.decode()
    with working_for(acme.site.pk):
        assert Decision.objects.count() == 1


def test_two_moderators_do_not_collide(moderator, second_moderator, acme):
    campaign = waiting_campaign(acme)
    seen = look(moderator, campaign)
    page = second_moderator.post(url_of(campaign, "opening/"), follow=True).content.decode()
    assert "A colleague is looking" in page
    assert "Mo Moderator" in page
    assert second_moderator.get(url_of(campaign, "letter/")).status_code == 404
    decide(second_moderator, campaign, "approve", seen)
    assert fresh(campaign).state == State.MODERATION_NEEDED

    moderator.post(url_of(campaign, "closing/"))
    assert look(second_moderator, campaign) == seen


@pytest.mark.policy("P9.4")
def test_other_campaigns_stay_invisible(moderator, acme):
    sent = waiting_campaign(acme, "Canary of a decided campaign")
    decide(moderator, sent, "approve", look(moderator, sent))
    for rest in ("", "letter/"):
        assert moderator.get(url_of(sent, rest)).status_code == 404
    moderator.post(url_of(sent, "opening/"))
    assert moderator.get(url_of(sent)).status_code == 404
    assert moderator.get("/staff/moderation/nobody/1/").status_code == 404


def test_a_moderator_reads_the_queue_in_few_queries(
    moderator, acme, rival, django_assert_max_num_queries
):
    waiting_campaign(acme)
    waiting_campaign(rival)
    moderator.get(QUEUE)  # the first page of a session asks how long it lasts
    with django_assert_max_num_queries(12):
        moderator.get(QUEUE)


def test_after_three_approvals_in_a_row_trusting_the_site_is_proposed(moderator, acme):
    pages = []
    for _ in range(3):
        campaign = waiting_campaign(acme)
        page = decide(moderator, campaign, "approve", look(moderator, campaign))
        pages.append("Trust the site?" in page.content.decode())
    assert pages == [False, False, True]


@pytest.mark.policy("P9.4")
def test_a_moderator_sees_every_variant_and_approves_them_under_one_hash(acme, moderator):
    waiting = waiting_campaign(acme)
    with working_for(acme.site.pk):
        plan = Plan(share=20, winner_by=Campaign.WinnerBy.HAND, decide_after=4)
        other = Wording(subject="Second words", body="<p>Secret offer</p>")
        save_test(waiting, plan, [other], by=acme.editor)
        waiting = submit_campaign(fresh(waiting), by=acme.editor)
    seen = look(moderator, waiting)

    page = moderator.get(url_of(waiting)).content.decode()
    assert "A test of 2 variants." in page
    assert "Second words" in page
    assert "Secret offer" in page
    assert "Secret offer" in moderator.get(url_of(waiting, "letter/?variant=1")).content.decode()
    assert moderator.get(url_of(waiting, "letter/?variant=7")).status_code == 404

    decide(moderator, waiting, "approve", seen)
    with working_for(acme.site.pk):
        samples = [row.mailing for row in fresh(waiting).variants.order_by("place")]
        assert [parse(row.content).subject for row in samples] == [
            "Autumn service week",
            "Second words",
        ]
        assert all(bytes(row.approved_hash) == bytes(row.content_hash) for row in samples)


def test_the_letter_with_the_decision_shows_a_subject_that_people_can_read(
    acme, moderator, post_office
):
    subject = "Dear {{ first_name | friend }}, the autumn service week is just a few days away"
    waiting = waiting_campaign(acme, subject)
    decide(moderator, waiting, "changes", look(moderator, waiting), note="Say who you are.")
    post_office.deliver()

    [letter] = post_office.to("ed@acme.example")
    assert letter.subject.startswith("“Dear friend, the autumn service week is")
    assert b"\r\nSubject: =?utf-8?" in letter.raw
    assert "your campaign “Dear friend, the autumn" in letter.text
    assert "{{" not in letter.text + letter.html


@pytest.mark.policy("P9.4")
def test_what_readers_agreed_to_stands_beside_the_letter(moderator, acme, rival):
    """The queue names a kind that is not the usual one; the screen has the words themselves."""
    usual, partners = waiting_campaign(acme), partner_campaign(rival)
    page = moderator.get(QUEUE).text
    lines = {name: page.split(f">{name}</a>")[1].split("</small>")[0] for name in ("Acme", "Rival")}
    assert "Partners" in lines["Rival"]
    assert "News and offers" not in lines["Acme"]
    for campaign, name, promise in (
        (usual, "News and offers", "Acme may send me newsletters and offers of its own by e-mail."),
        (partners, "Partners", "Rival may send me offers of its partners."),
    ):
        for _ in ("before it is opened", "opened"):
            page = moderator.get(url_of(campaign)).text
            assert f"<b>{name}.</b>" in page
            assert promise in page
            moderator.post(url_of(campaign, "opening/"))


def partner_campaign(house):
    """To a list of offers of partners, which the customer said yes to."""
    facts = {"name": "News", "kind": Kind.PARTNER, "number": 1}
    with working_for(house.site.pk):
        NewsletterList.objects.create(site=house.site, slug="news", **facts)
        said = Said(by=house.customer, where=Receipt.Where.PREFERENCES)
        choose(house.customer, Kind.PARTNER, True, said=said)
    return waiting_campaign(house)

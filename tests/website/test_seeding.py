"""The company's own site stands before the first visitor comes."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db.models import Count, Sum

from accounts.models import Site, User
from comm100.core.journal import breaks
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from mail.models import MailingHour, Outbox
from newsletter.models import Campaign, Departure
from privacy.models import AccessGrant
from tests.conftest import make_user
from tests.staff.conftest import with_second_factor
from visitors.models import Contact, PageView, Receipt, Source, VisitCount
from website.demo import scene
from website.demo.names import DOMAINS, people
from website.seeding import seed_company, seed_demo


def test_the_company_is_the_first_site():
    call_command("seed_company")
    site = Site.objects.company()
    assert (site.slug, site.standing) == (settings.COMPANY_SLUG, Site.Standing.TRUSTED)


def test_a_member_of_the_moderators_moderates_and_nothing_else(staff):
    seed_company()
    seed_company()
    chief = with_second_factor(staff)
    mia = make_user("mia@company.example", "Mia Moderator")
    group = Group.objects.get(name="Moderators")
    page = chief.get(f"/staff/accounts/user/{mia.pk}/change/").content.decode()
    assert "Moderators" in page

    chief.post(
        f"/staff/accounts/user/{mia.pk}/change/",
        {"is_active": "on", "is_staff": "on", "groups": [group.pk]},
    )

    client = with_second_factor(mia)
    assert client.get("/staff/moderation/").status_code == 200
    assert client.get("/staff/accounts/user/").status_code == 403
    assert client.get("/staff/auth/group/").status_code == 403


def test_support_asks_for_grants_and_auditors_watch_over_them(staff):
    seed_company()
    for name, may, may_not in (
        ("Support", "/staff/grants/", "/staff/grants/audit/"),
        ("Auditors", "/staff/grants/audit/", "/staff/grants/new/"),
    ):
        person = make_user(f"{name.lower()}@company.example", name, is_staff=True)
        person.groups.add(Group.objects.get(name=name))
        client = with_second_factor(person)
        assert client.get(may).status_code == 200
        assert client.get(may_not).status_code == 403
        assert client.get("/staff/moderation/").status_code == 403


def test_seeding_again_follows_the_settings_and_makes_no_second_company(settings):
    seed_company()
    settings.COMPANY_NAME = "Another Name"
    assert seed_company().name == "Another Name"
    assert Site.objects.count() == 1


def test_the_demo_is_whole_none_of_it_is_mailed_and_seeding_again_changes_nothing(
    client, post_office, staff
):
    """One test, because it takes its time to make."""
    told: list[str] = []
    for _ in range(2):
        seed_demo(told.append)
        assert post_office.deliver() == []
        site = Site.objects.get(name="Northwind Bikes")
        with working_for(site.pk):
            _everything_is_there()
            _the_report_tells_what_stands_in_the_outbox()
            _the_moderator_opened_the_campaign_before_deciding()
    assert scene.PASSWORD in told[0]
    for persona in scene.CAST:
        assert any(persona.email in line for line in told)
        answer = client.post(
            "/account/login/", {"login": persona.email, "password": scene.PASSWORD}
        )
        assert answer.status_code == 302
        client.logout()
    _whoever_has_an_account_gets_product_news(staff)


def _everything_is_there() -> None:
    assert Contact.objects.count() == 5_000
    sent, waiting, draft = Campaign.objects.select_related("mailing").order_by("number")
    assert (sent.state, waiting.state, draft.state) == (
        Campaign.State.SENT,
        Campaign.State.MODERATION_NEEDED,
        Campaign.State.DRAFT,
    )
    assert breaks() == []
    views = VisitCount.objects.filter(what=VisitCount.What.VIEWS)
    assert views.count() > 50
    assert views.aggregate(Sum("count"))["count__sum"] == PageView.objects.count()


def _the_report_tells_what_stands_in_the_outbox() -> None:
    mailing = Campaign.objects.select_related("mailing").get(number=1).mailing
    rows = Outbox.objects.filter(mailing=mailing)
    states = dict(rows.values_list("state").annotate(Count("pk")))
    hours = MailingHour.objects.filter(mailing=mailing)
    series = hours.aggregate(*(Sum(name) for name in ("sent", "failed", "unsubscribed")))
    left = Departure.objects.filter(mailing=mailing).count()
    assert states == {Outbox.State.SENT: mailing.sent, Outbox.State.FAILED: mailing.failed}
    assert mailing.total == mailing.settled == 5_000
    assert mailing.bounced > 20
    assert (mailing.unsubscribed, left) == (series["unsubscribed__sum"],) * 2
    assert (mailing.sent, mailing.failed) == (series["sent__sum"], series["failed__sum"])


def _the_moderator_opened_the_campaign_before_deciding() -> None:
    moderator = User.objects.get(email=scene.MODERATOR.email)
    entries = JournalEntry.objects.filter(actor=f"staff:{moderator.pk}").order_by("seq")
    assert [entry.action for entry in entries][:2] == ["moderation.opened", "campaign.approved"]
    assert entries.filter(action="moderation.opened").count() == 1
    assert not AccessGrant.objects.active().exists()


def test_a_demo_that_was_interrupted_goes_on_where_it_was(company, monkeypatch):
    monkeypatch.setattr(scene, "CONTACTS", 60)
    monkeypatch.setattr(scene, "CUSTOMERS", 50)
    monkeypatch.setattr(scene, "CLUB", 20)
    with monkeypatch.context() as moment:
        moment.setattr(scene, "_go_on", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            seed_demo(str)
    seed_demo(str)
    with working_for(Site.objects.get(name=scene.NAME).pk):
        _the_moderator_opened_the_campaign_before_deciding()
        assert Campaign.objects.count() == 3


def _whoever_has_an_account_gets_product_news(staff: User) -> None:
    """By the way that everybody comes: each is a contact of the company, with a receipt."""
    page = with_second_factor(staff).get("/staff/notices/").text
    assert f"{len(scene.CAST)} people who did not say no" in page
    with working_for(Site.objects.company().pk):
        contacts = Contact.objects.filter(source=Source.ACCOUNT)
        known = set(contacts.values_list("email", flat=True))
        receipts = Receipt.objects.filter(where=Receipt.Where.SIGN_UP, about="")
        assert receipts.values("contact_id").distinct().count() == len(scene.CAST)
    assert known == {persona.email for persona in scene.CAST}
    own_site = with_second_factor(staff)
    own_site.post("/staff/notices/newsroom/")
    told = own_site.get(f"/s/{settings.COMPANY_SLUG}/contacts/1/").text
    assert "opened an account and did not say no to “What is new in the product”" in told
    assert "came on “Product news” by opening an account" in told


@pytest.mark.no_db
def test_the_people_of_the_demo_live_in_example_domains_only():
    hosts = {person.email.rpartition("@")[2] for person in people(5_000)}
    assert hosts == set(DOMAINS)
    assert list(people(50)) == list(people(50))

"""What becomes of grants: their end, alerts, the access journal and audits."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import across_sites, working_for
from mail.models import Outbox
from privacy.alerting import MANY, all_alerts
from privacy.auditing import audited, records, usual_wish
from privacy.models import AccessAlert, AccessGrant, Purpose
from privacy.tasks import end_grants, look_at_grants
from tests.planting import plant
from tests.staff.test_granting import ask, entries, number_of, open_one
from visitors.models import Contact


def test_a_grant_ends_in_the_journal_when_its_time_is_over(moderator, acme, by_hand):
    ask(moderator)
    ask(moderator, purpose=Purpose.LAW)
    by_hand(
        "UPDATE privacy_accessgrant SET opened_at = now() - interval '2 days', "
        "active_from = CASE WHEN needs_second THEN NULL ELSE now() - interval '2 hours' END, "
        "expires_at = CASE WHEN needs_second THEN NULL ELSE now() - interval '1 hour' END"
    )
    end_grants()
    end_grants()
    assert len(entries(acme.site, "grant.expired")) == 2
    with working_for(acme.site.pk):
        assert {grant.ended_by for grant in AccessGrant.objects.all()} == {"time"}


def alerts():
    return list(all_alerts().order_by("pk"))


def test_an_unrelated_record_raises_an_alert_that_a_colleague_settles(
    moderator, second_moderator, staff, acme, settings
):
    settings.DPO_EMAIL = "officer@company.example"
    grant = number_of(ask(moderator, reference="T-9, contact 7"))
    with working_for(acme.site.pk):
        for number in (7, 8):
            contact = Contact(site=acme.site, number=number, source=1)
            contact.set_email(f"{number}@acme-customers.example")
            contact.save()
    for key in ("1", "7"):
        open_one(moderator, grant, "visitors.contact", key)
    look_at_grants()
    assert alerts() == []
    open_one(moderator, grant, "visitors.contact", "8")
    look_at_grants()
    look_at_grants()
    [alert] = alerts()
    assert (alert.kind, alert.count) == (AccessAlert.Kind.UNRELATED, 1)
    with across_sites():
        told = Outbox.objects.using("post").filter(address="officer@company.example")
    assert told.count() == 1
    settlement = reverse("access:settlement", args=[alert.pk])
    moderator.post(settlement)
    assert alerts()[0].seen_at is None
    second_moderator.post(settlement)
    assert alerts()[0].seen_at
    assert [e.detail["alert"] for e in entries(acme.site, "alert.settled")] == ["unrelated_records"]


def test_a_record_that_is_linked_with_an_opened_one_belongs_to_the_grant(moderator, acme):
    rows = plant(acme.site, 9)
    grant = number_of(ask(moderator))
    for table in ("visitors_contactevent", "visitors_contact", "mail_reply"):
        kind = type(rows[table])._meta.label_lower
        open_one(moderator, grant, kind, str(rows[table].pk), by_id="1")
    assert [e.detail["related"] for e in entries(acme.site, "record.view")] == [True] * 3


def test_many_records_within_an_hour_raise_an_alert(moderator, staff, acme):
    grant = number_of(ask(moderator, reference="contact 1"))
    for _ in range(MANY):
        open_one(moderator, grant, "visitors.contact", "1")
    look_at_grants()
    assert [(a.kind, a.count, a.staff_id) for a in alerts()] == [("many_records", MANY, staff.pk)]
    assert "Many records" in moderator.get("/staff/").content.decode()


def test_a_grant_that_nobody_used_raises_an_alert(moderator, acme, by_hand):
    ask(moderator, minutes="480")
    look_at_grants()
    assert alerts() == []
    by_hand("UPDATE privacy_accessgrant SET active_from = now() - interval '61 minutes'")
    look_at_grants()
    assert [alert.kind for alert in alerts()] == ["unused_grant"]


# Journal and audits ------------------------------------------------------------------


def test_an_audit_counts_by_staff_site_purpose_and_time_and_comes_as_csv(
    moderator, second_moderator, staff, acme, rival
):
    open_one(moderator, number_of(ask(moderator)), "visitors.contact", "1")
    other = number_of(
        ask(second_moderator, site="rival", reference="=cmd", purpose=Purpose.PROBLEM)
    )
    open_one(second_moderator, other, "visitors.contact", "1")
    mia = User.objects.get(email="mia@company.example")
    tomorrow = timezone.localdate() + timedelta(days=1)
    for query, sites in (
        ("", {"Acme", "Rival"}),
        (f"staff={staff.pk}", {"Acme"}),
        (f"staff={mia.pk}", {"Rival"}),
        ("site=rival", {"Rival"}),
        (f"purpose={Purpose.SUPPORT}", {"Acme"}),
        (f"since={tomorrow}&until={tomorrow}", set()),
    ):
        page = moderator.get(f"/staff/grants/audit/?{query}").content.decode()
        assert {name for name in ("Acme", "Rival") if f"<td>{name}</td>" in page} == sites, query
        lines = moderator.get(f"/staff/grants/audit.csv?{query}").content.decode().splitlines()
        assert len(lines) == 1 + len(sites)
    assert "<svg" in moderator.get("/staff/grants/audit/").content.decode()
    assert ",'=cmd," in moderator.get("/staff/grants/audit.csv").content.decode()
    assert acme.customer.email not in moderator.get("/staff/grants/audit.csv").content.decode()


def test_an_audit_counts_what_was_opened_as_the_site_does(moderator, staff, acme):
    grant = number_of(ask(moderator))
    for key in ("1", "77"):
        open_one(moderator, grant, "visitors.contact", key)
    [row] = audited(usual_wish())
    assert row.records == 1
    assert len(list(records(usual_wish()))) == 2
    assert f">{staff.name}</option>" in moderator.get("/staff/grants/audit/").content.decode()


def test_the_access_journal_is_filtered_and_a_chain_is_checked(moderator, staff, acme, by_hand):
    open_one(moderator, number_of(ask(moderator)), "visitors.contact", "1")
    page = moderator.get("/staff/grants/journal/?action=record.view").content.decode()
    assert "Opened a record" in page
    assert f"Contact, row {acme.customer.pk}<" in page
    assert "Asked for a grant</a>" not in page
    check = {"slug": "acme"}
    assert "is whole" in moderator.post("/staff/grants/journal/check/", check).content.decode()
    by_hand(
        "SET session_replication_role = replica; "
        "UPDATE core_journalentry SET actor = 'nobody' WHERE action = 'grant.opened'"
    )
    assert "is broken" in moderator.post("/staff/grants/journal/check/", check).content.decode()
    assert moderator.post("/staff/grants/journal/check/", {"slug": "x"}).status_code == 404


def test_pages_of_many_grants_ask_as_few_queries_as_pages_of_one(
    moderator, acme, django_assert_max_num_queries
):
    for _ in range(6):
        open_one(moderator, number_of(ask(moderator)), "visitors.contact", "1")
    for page in ("", "journal/", "audit/", "alerts/"):
        with django_assert_max_num_queries(12, using="staff"):
            assert moderator.get(f"/staff/grants/{page}").status_code == 200

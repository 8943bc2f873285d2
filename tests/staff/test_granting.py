"""The staff admin over user data: a grant first, then single records, each in the journal."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.checks import run_checks

from comm100.core.fortify import data_class_of
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from privacy.grants import all_grants
from privacy.models import Purpose
from privacy.operations import grant as grants
from privacy.wall import walled_models
from tests.authenticator import code_now
from tests.conftest import make_user
from tests.planting import CANARY, plant
from tests.staff.conftest import with_second_factor
from tests.staff.test_account_data import crawl
from visitors.models import Contact

PART = CANARY[:-1]  # pages repeat what was searched for
ASKED = {
    "site": "acme",
    "purpose": Purpose.SUPPORT,
    "reason": "The customer says that a contact is missing",
    "reference": "T-123",
    "minutes": "30",
}


def ask(client, **but):
    """Ask for a grant through the page; answer the address that it leads to."""
    answer = client.post("/staff/grants/new/", ASKED | but)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def number_of(address):
    return int(re.search(r"/grants/(\d+)/", address)[1])


def open_one(client, grant, kind, key, **more):
    given = {"grant": grant, "kind": kind, "key": key} | more
    return client.post("/staff/grants/records/", given, follow=True)


def entries(site, action):
    with working_for(site.pk):
        return list(JournalEntry.objects.filter(action=action).order_by("seq"))


@pytest.mark.policy("P9.3")
def test_a_record_is_opened_under_a_grant_and_stands_in_the_journal(moderator, staff, acme):
    """A grant, then one record by its number: declared, committed, then shown."""
    grant = number_of(ask(moderator))
    page = open_one(moderator, grant, "visitors.contact", str(acme.customer.number))
    assert acme.customer.email in page.content.decode()
    [entry] = entries(acme.site, "record.view")
    assert entry.actor == f"staff:{staff.pk}"
    assert entry.object_id == str(acme.customer.pk)
    assert entry.detail["reference"] == "T-123"
    assert "email" in entry.detail["fields"]
    assert "Contact" in moderator.get(f"/staff/grants/{grant}/").content.decode()


def test_a_contact_is_opened_by_address_too(moderator, acme):
    page = open_one(moderator, number_of(ask(moderator)), "visitors.contact", acme.customer.email)
    assert acme.customer.name in page.content.decode()


@pytest.mark.policy("P9.3")
def test_an_address_alone_shows_nothing(moderator, acme):
    """The page of a record that was not declared offers to declare it, and no byte of it."""
    grant = number_of(ask(moderator))
    one = f"/staff/visitors/contact/{acme.customer.pk}/change/"
    for address in (one, f"{one}?grant={grant}", f"{one}?grant=9999", f"{one}?grant=x"):
        page = moderator.get(address)
        assert page.status_code == 200
        assert acme.customer.email not in page.content.decode()
    assert entries(acme.site, "record.view") == []


def test_what_is_not_there_is_said_beside_the_field_and_stands_in_the_journal(moderator, acme):
    grant = number_of(ask(moderator))
    page = open_one(moderator, grant, "visitors.contact", "4711")
    assert page.status_code == 422
    assert "no such record" in page.content.decode()
    assert 'value="4711"' in page.content.decode()
    assert [entry.object_id for entry in entries(acme.site, "record.missed")] == [""]
    assert open_one(moderator, grant, "visitors.contact", "Cat").status_code == 422
    assert open_one(moderator, grant, "accounts.user", "1").status_code == 422


@pytest.mark.policy("P9.3")
def test_the_records_of_another_site_are_not_there(moderator, acme, rival):
    grant = number_of(ask(moderator))
    for key, more in ((rival.customer.email, {}), (str(rival.customer.pk), {"by_id": "1"})):
        page = open_one(moderator, grant, "visitors.contact", key, **more)
        assert page.status_code == 422
        assert rival.customer.name not in page.content.decode()


@pytest.mark.parametrize(
    ("but", "says"),
    [
        ({"site": "nowhere"}, "no such site"),
        ({"purpose": "curiosity"}, "Select a valid choice"),
        ({"purpose": Purpose.MODERATION}, "Select a valid choice"),
        ({"reason": "Just looking"}, "at least 20"),
        ({"reference": "x"}, "Name the ticket"),
        ({"minutes": "1440"}, "Select a valid choice"),
    ],
)
def test_a_bad_request_for_a_grant_is_told_beside_the_field(moderator, acme, but, says):
    page = moderator.post("/staff/grants/new/", ASKED | but)
    assert page.status_code == 422
    assert says in page.content.decode()
    assert not all_grants().exists()


def test_a_grave_purpose_waits_for_a_colleague(moderator, second_moderator, acme):
    grant = number_of(ask(moderator, purpose=Purpose.ABUSE_COMPLAINT))
    assert "Waits for a colleague" in moderator.get("/staff/grants/").content.decode()
    moderator.post(f"/staff/grants/{grant}/approval/")
    assert open_one(moderator, grant, "visitors.contact", "1").redirect_chain
    assert entries(acme.site, "record.view") == []
    assert ASKED["reason"] in second_moderator.get("/staff/grants/").content.decode()
    second_moderator.post(f"/staff/grants/{grant}/approval/")
    page = open_one(moderator, grant, "visitors.contact", "1")
    assert acme.customer.email in page.content.decode()
    assert [e.action for e in entries(acme.site, "grant.approved")] == ["grant.approved"]


def test_who_waited_for_a_colleague_gets_a_mail_as_the_time_runs(
    moderator, second_moderator, staff, acme, post_office
):
    grant = number_of(ask(moderator, purpose=Purpose.ABUSE_COMPLAINT))
    second_moderator.post(f"/staff/grants/{grant}/approval/")
    post_office.deliver()
    letter = post_office.to(staff.email)[-1]
    assert letter.subject == "Mia Second agreed: T-123"
    assert "It runs now, and ends at" in letter.text
    assert f"/staff/grants/{grant}/" in letter.text


def test_colleagues_who_may_decide_are_mailed_that_somebody_waits(
    moderator, second_moderator, staff, acme, post_office
):
    hal = make_user("hal@company.example", "Hal Helper", is_staff=True)
    gus = make_user("gus@company.example", "Gus Gone", is_staff=True, is_active=False)
    group = Group.objects.create(name="Helpers")
    group.permissions.add(Permission.objects.get(codename="add_accessgrant"))
    group.user_set.add(hal, gus)
    make_user("ada@company.example", "Ada Auditor", is_staff=True)
    ask(moderator)
    post_office.deliver()
    assert not post_office.to(hal.email)  # nobody waits for a colleague

    grant = number_of(ask(moderator, purpose=Purpose.ABUSE_COMPLAINT))
    told = [mail.envelope_to for mail in post_office.deliver() if "waits for" in mail.subject]
    assert sorted(told) == ["hal@company.example", "mia@company.example"]
    letter = post_office.to(hal.email)[-1]
    assert letter.subject == "Mo Moderator waits for a colleague: T-123"
    assert f"/staff/grants/{grant}/" in letter.text
    assert ASKED["reason"] not in letter.text


def test_who_is_refused_by_a_colleague_gets_a_mail_and_who_takes_it_back_none(
    moderator, second_moderator, staff, acme, post_office
):
    taken_back, refused = (
        number_of(ask(moderator, purpose=Purpose.ABUSE_COMPLAINT)) for _ in range(2)
    )
    moderator.post(f"/staff/grants/{taken_back}/closing/")
    second_moderator.post(f"/staff/grants/{refused}/closing/")
    second_moderator.post(f"/staff/grants/{refused}/closing/")
    post_office.deliver()
    [letter] = [mail for mail in post_office.to(staff.email) if "refused" in mail.subject]
    assert letter.subject == "Mia Second refused: T-123"
    assert f"/staff/grants/{refused}/" in letter.text


def test_a_grant_that_ran_and_was_closed_by_a_colleague_was_not_refused(
    moderator, second_moderator, staff, acme, post_office
):
    second_moderator.post(f"/staff/grants/{number_of(ask(moderator))}/closing/")
    post_office.deliver()
    assert not [mail for mail in post_office.to(staff.email) if "refused" in mail.subject]


def test_ending_a_grant_that_waits_is_called_what_it_is(moderator, second_moderator, acme):
    grant = number_of(ask(moderator, purpose=Purpose.ABUSE_COMPLAINT))
    assert "Take it back" in moderator.get(f"/staff/grants/{grant}/").content.decode()
    assert "Refuse" in second_moderator.get(f"/staff/grants/{grant}/").content.decode()
    answer = second_moderator.post(f"/staff/grants/{grant}/closing/", follow=True)
    assert "You refused. Mo Moderator opens nothing under it." in answer.content.decode()


def test_nobody_works_under_the_grant_of_a_colleague(moderator, second_moderator, acme):
    grant = number_of(ask(moderator))
    open_one(moderator, grant, "visitors.contact", "1")
    page = open_one(second_moderator, grant, "visitors.contact", "1")
    assert acme.customer.email not in page.content.decode()
    one = f"/staff/visitors/contact/{acme.customer.pk}/change/?grant={grant}"
    assert acme.customer.email not in second_moderator.get(one).content.decode()
    assert len(entries(acme.site, "record.view")) == 1


def test_a_closed_grant_shows_nothing_any_more(moderator, acme):
    grant = number_of(ask(moderator))
    shown = open_one(moderator, grant, "visitors.contact", "1").redirect_chain[-1][0]
    assert acme.customer.email in moderator.get(shown).content.decode()
    moderator.post(f"/staff/grants/{grant}/closing/")
    assert acme.customer.email not in moderator.get(shown).content.decode()


def test_a_grant_needs_a_second_factor_of_the_last_quarter_of_an_hour(staff, acme):
    """What was typed is kept: after the code the grant is open."""
    client = with_second_factor(staff)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time() - 901}]
    session.save()
    assert client.get("/staff/grants/").status_code == 200
    Authenticator.objects.filter(user=staff).delete()
    TOTP.activate(staff, secret := generate_totp_secret())
    answer = client.post("/staff/grants/new/", ASKED)
    assert answer["Location"].startswith("/account/2fa/reauthenticate/?next=")
    assert entries(acme.site, "grant.opened") == []
    client.post(answer["Location"], {"code": code_now(secret)})
    assert [entry.detail["reference"] for entry in entries(acme.site, "grant.opened")] == ["T-123"]


def test_rights_say_who_may_ask_and_who_may_look_at_audits(company, acme):
    hal = make_user("hal@company.example", "Hal Helper", is_staff=True)
    hal.user_permissions.add(Permission.objects.get(codename="view_accessgrant"))
    client = with_second_factor(hal)
    assert client.get("/staff/grants/audit/").status_code == 200
    assert client.get("/staff/grants/new/").status_code == 403
    assert client.get("/staff/visitors/contact/").status_code == 403


@pytest.mark.parametrize(("right", "sees"), [("add", False), ("view", True)])
def test_the_first_page_tells_of_alerts_to_those_who_may_open_them(company, acme, right, sees):
    hal = make_user("hal@company.example", "Hal Helper", is_staff=True)
    hal.user_permissions.add(Permission.objects.get(codename=f"{right}_accessgrant"))
    client = with_second_factor(hal)
    assert ("/staff/grants/alerts/" in client.get("/staff/").content.decode()) is sees
    assert client.get("/staff/grants/alerts/").status_code == (200 if sees else 403)


@pytest.fixture
def planted(acme, by_hand):
    """Rows of user data with a word in every column; the company's account data has its own."""

    def planted(number, word=CANARY):
        rows = plant(acme.site, number, word)
        by_hand("DELETE FROM operators_invitation")
        return {t: row for t, row in rows.items() if data_class_of(type(row)) == "user_data"}

    return planted


# No page leaks ------------------------------------------------------------------------


def admin_addresses():
    """Every address that Django's admin would offer for a model, whether ours does or not."""
    for model in [*admin.site._registry, *walled_models()]:
        base = f"/staff/{model._meta.app_label}/{model._meta.model_name}/"
        yield from (base, f"{base}add/", f"{base}?q={PART}", f"{base}?o=1&all=&e=1")
        yield from (f"{base}?id__gte=0", f"{base}?site__slug__startswith=a")


def record_addresses(rows):
    for table, row in rows.items():
        model = type(row)
        base = f"/staff/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/"
        yield from (f"{base}{rest}" for rest in ("change/", "history/", "delete/", ""))
        assert table


@pytest.mark.policy("P9.2", "P10.4")
def test_a_superuser_without_a_grant_finds_no_canary_on_any_staff_page(moderator, planted):
    """Every staff page, every address of Django's admin for every table of user data."""
    rows = planted(9)
    addresses = [*admin_addresses(), *record_addresses(rows)]
    for row in rows.values():
        kind = ContentType.objects.get_for_model(type(row))
        addresses.append(f"/staff/r/{kind.pk}/{row.pk}/")
        choice = f"app_label={kind.app_label}&model_name={kind.model}&field_name=contact"
        addresses.append(f"/staff/autocomplete/?term={PART}&{choice}")
    starts = ["/staff/", "/staff/grants/", "/staff/grants/journal/", "/staff/grants/audit/"]
    pages = crawl(moderator, [*starts, f"/staff/search/?s={PART}&extended=1"])
    moderator.raise_request_exception = False
    for address in addresses:
        pages[address] = moderator.get(address).content.decode(errors="replace")
    assert len(pages) > 150
    leaks = [address for address, body in pages.items() if CANARY in body]
    assert leaks == []


@pytest.mark.policy("P9.3")
def test_with_a_grant_only_the_declared_record_shows(moderator, planted):
    """Of two sets of rows one is opened, record by record; no page has a byte of the other."""
    rows, others = planted(9, "declared8d"), planted(10)
    grant = number_of(ask(moderator))
    kinds = {m._meta.label_lower for m in walled_models()}
    shown = []
    for model in admin.site._registry:
        if data_class_of(model) == "user_data" and model._meta.label_lower in kinds:
            row = rows[model._meta.db_table]
            page = open_one(moderator, grant, model._meta.label_lower, str(row.pk), by_id="1")
            shown.append(page.redirect_chain[-1][0])
            texts = [str(getattr(row, name)) for name in admin.site._registry[model].shown]
            assert ("declared8d" in str(texts)) == ("declared8d" in page.content.decode()), model
            assert CANARY not in page.content.decode(), model
    assert len(shown) > 12
    pages = crawl(moderator, ["/staff/grants/", *shown, *record_addresses(others)])
    assert [address for address, body in pages.items() if CANARY in body] == []
    told = [address for address, body in pages.items() if "declared8d" in body]
    assert {address.partition("?")[0] for address in told} <= {a.partition("?")[0] for a in shown}


@pytest.mark.policy("P9.2")
def test_user_data_registered_with_another_base_stops_the_start(acme):
    from unfold.admin import ModelAdmin

    class Open(ModelAdmin):
        for_staff = True

    page = admin.site._registry.pop(Contact)
    try:
        admin.site.register(Contact, Open)
        assert "privacy.E001" in {found.id for found in run_checks()}
    finally:
        admin.site._registry[Contact] = page
    assert not [found for found in run_checks() if str(found.id).startswith("privacy.")]


@pytest.mark.policy("P9.2")
def test_secrets_stay_hidden_even_under_a_grant(moderator, staff, acme):
    from mail.models import DkimKey

    row = plant(acme.site, 9)["mail_dkimkey"]
    grant = all_grants().get(pk=number_of(ask(moderator)))
    with pytest.raises(Exception, match="permission denied"):
        grants.view_record(grant, DkimKey, row.pk, fields=["private"], by=staff)

"""The retention register: every table has a rule or a reason, and every night keeps the rules."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.checks import run_checks
from django.db import models
from django.utils import timezone

from comm100.core import nightly, retention
from comm100.core.fortify import data_class_of, every_model
from comm100.core.models import RetentionRun
from comm100.core.retention import Rule, Stays, every_table_says_how_long, rules
from comm100.core.tenancy import working_for
from mail.models import Arrival, Outbox
from operators.models import Role
from operators.operations import add_operator
from privacy.models import AccountCopy
from tests.conftest import make_user
from tests.nights import one_night
from tests.planting import plant
from tests.staff.conftest import with_second_factor
from visitors.models import PageView

RULES = {rule.key: rule for rule in rules()}
CANARY = "overdue5b"
DELIVERED = {"state": Outbox.State.SENT, "settled_at": "2026-01-01T00:00:00Z"}
# what a planted row lacks to be one of those that a rule is about
FACTS: dict[str, dict[str, Any]] = {
    "mail.letters": {**DELIVERED, "mailing": None},
    "mail.deliveries": DELIVERED,
    "visitors.addresses": {"ip": "203.0.113.77"},
}
numbers = count(700)


@pytest.mark.parametrize("model", every_model(), ids=lambda m: m._meta.label)
def test_every_table_of_people_has_a_rule_or_a_reason(model):
    if data_class_of(model) in {"user_data", "account_data"}:
        assert retention.rules_of(model) or retention.reason_of(model)
    for said in (*retention.rules_of(model), retention.reason_of(model)):
        assert said is None or (said.what and said.why)


def test_a_table_without_either_stops_the_start(monkeypatch):
    assert run_checks(include_deployment_checks=False) == []
    monkeypatch.delitem(retention._stays, "visitors.Contact")
    monkeypatch.setitem(
        retention._rules,
        "x",
        Rule(key="x", model="mail.Reply", what="x", keeps=timedelta(1), counted_from="x", why="x"),
    )
    reason = Stays(model="visitors.Nobody", what="x", until="x", why="x")
    monkeypatch.setitem(retention._stays, "visitors.Nobody", reason)
    told = [(error.id, error.msg) for error in every_table_says_how_long(None)]
    assert [name for name, _ in told] == ["retention.E001", "retention.E002", "retention.E002"]
    assert "visitors.Contact" in told[0][1]


class Aged:
    """A row of a rule's table, so old."""

    def __init__(self, rule, site, age):
        self.rule, self.site = rule, site
        with working_for(site.pk):
            self.pk = self._made(age)

    def _made(self, age):
        row = self._of_company() if self.rule.of_company else self._planted()
        rows = self.rule.table()._default_manager.filter(pk=row.pk)
        if facts := FACTS.get(self.rule.key):
            rows.update(**facts)
        *steps, column = self.rule.counted_from.split("__")
        for step in steps:
            row = getattr(row, step)
        when = timezone.now() - age
        value = when if isinstance(self.rule.clock(), models.DateTimeField) else when.date()
        type(row)._default_manager.filter(pk=row.pk).update(**{column: value})
        return rows.get().pk

    def _planted(self):
        if self.rule.key == "core.nights":
            return RetentionRun.objects.create(
                site=self.site, day=timezone.now(), rule=f"x{next(numbers)}"
            )
        number = next(numbers)
        rows = plant(self.site, number, f"{CANARY}{number}")
        return rows[self.rule.table()._meta.db_table]

    def _of_company(self):
        name, now = f"{CANARY}{next(numbers)}", timezone.now()
        if self.rule.model == "sessions.Session":
            return Session.objects.create(session_key=name, session_data="", expire_date=now)
        if self.rule.model == "mail.Arrival":
            return Arrival.objects.create(digest=name.encode())
        address = EmailAddress.objects.first()
        if self.rule.model == "account.EmailConfirmation":
            return EmailConfirmation.objects.create(email_address=address, key=name)
        if self.rule.model == "privacy.AccountCopy":
            return AccountCopy.objects.create(user=address.user)
        facts = {"user": address.user, "ip": "192.0.2.1", "data": {}}
        return UserSession.objects.create(session_key=name, user_agent="x", **facts)

    def is_overdue(self):
        with working_for(self.site.pk):
            return self.rule.overdue(timezone.now()).filter(pk=self.pk).exists()

    def is_there(self):
        with working_for(self.site.pk):
            return self.rule.table()._default_manager.filter(pk=self.pk).exists()


@pytest.mark.policy("P3.4", "P2.4")
def test_after_a_night_what_is_overdue_is_gone_and_what_is_younger_is_there(company, acme, rival):
    """For every rule: one row beyond its time, one before, one of another site."""
    day, wrong = timedelta(days=1), {}
    old, young = [], []
    for rule in RULES.values():
        site = company if rule.of_company else acme.site
        old.append(Aged(rule, site, rule.keeps + day))
        young.append(Aged(rule, site, rule.keeps - day))
    theirs = Aged(RULES["mail.replies"], rival.site, timedelta(days=91))
    assert [one.rule.key for one in old if not one.is_overdue()] == []
    assert [one.rule.key for one in young if one.is_overdue()] == []
    one_night()
    for one in old:
        if one.is_overdue() or one.is_there() == (one.rule.effect == "deleted"):
            wrong[one.rule.key] = "is still there"
        if counted(one.site, one.rule.key) < 1:
            wrong[f"{one.rule.key} "] = "is not counted"
    assert not wrong
    assert [one.rule.key for one in young if not one.is_there()] == []
    assert not theirs.is_there()
    assert counted(rival.site, "mail.replies") == 1


def counted(site, rule):
    with working_for(site.pk):
        run = RetentionRun.objects.filter(rule=rule).first()
        return run.gone if run else 0


def old_views(house, how_many):
    long_ago = timezone.now() - timedelta(days=91)
    with working_for(house.site.pk):
        PageView.objects.bulk_create(
            [PageView(site=house.site, page="/", at=long_ago) for _ in range(how_many)]
        )


def nights_of(house):
    with working_for(house.site.pk):
        return {run.rule: (run.gone, run.overdue) for run in RetentionRun.objects.all()}


def test_a_killed_night_keeps_its_counts_and_goes_on(acme, monkeypatch):
    """Three chunks of two, then the power is cut; the beat comes again an hour later."""
    old_views(acme, 9)
    monkeypatch.setattr(retention, "MOST_AT_ONCE", 2)
    chunks = count(1)

    def until_the_power_is_cut(rows):
        if next(chunks) > 3:
            raise SystemExit
        return retention.delete_rows(rows)

    with monkeypatch.context() as patch:
        rule = replace(RULES["visitors.views"], sweep=until_the_power_is_cut)
        patch.setitem(retention._rules, rule.key, rule)
        with pytest.raises(SystemExit):
            nightly.enforce_retention()
    assert nights_of(acme)["visitors.views"] == (6, 0)
    assert nightly.LAST not in nights_of(acme)
    nightly.enforce_retention()
    assert nights_of(acme) == {"visitors.views": (9, 0), nightly.LAST: (0, 0)}
    old_views(acme, 1)
    nightly.enforce_retention()  # the night is whole: the next one takes it
    assert nights_of(acme)["visitors.views"] == (9, 0)


def test_a_long_night_is_cut_into_tasks(acme, monkeypatch):
    old_views(acme, 9)
    monkeypatch.setattr(retention, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(nightly, "SLICE", -1.0)
    nightly.enforce_retention()
    assert nights_of(acme) == {"visitors.views": (9, 0), nightly.LAST: (0, 0)}


def test_a_rule_that_fails_stops_no_other_and_shows_as_overdue(acme, monkeypatch, caplog):
    def fail(rows):
        raise RuntimeError

    old_views(acme, 3)
    Aged(RULES["mail.replies"], acme.site, timedelta(days=91))
    views = replace(RULES["visitors.views"], sweep=fail)
    monkeypatch.setitem(retention._rules, views.key, views)
    nightly.enforce_retention()
    nights = nights_of(acme)
    assert nights["visitors.views"] == (0, 3)
    assert nights["mail.replies"] == (1, 0)
    assert "the rule visitors.views failed" in caplog.text


def test_many_sites_are_woken_some_at_a_time(acme, rival, monkeypatch):
    monkeypatch.setattr(nightly, "SITES", 1)
    nightly.enforce_retention()
    assert [nightly.LAST in nights_of(house) for house in (acme, rival)] == [True, True]


def test_owners_see_every_rule_with_the_count_of_the_last_night(acme, rival, sign_in):
    page = sign_in(acme.owner).get(acme.url("access/times/")).content.decode()
    assert "The first night has not passed yet" in page
    old_views(acme, 7)
    old_views(rival, 5)
    one_night()
    page = sign_in(acme.admin).get(acme.url("access/times/")).content.decode()
    for rule in rules():
        assert (rule.what in page) == (not rule.of_company)
    assert "7 <small>deleted" in page
    assert "5 <small>" not in page
    assert "overdue" not in page
    assert sign_in(acme.reader).get(acme.url("access/times/")).status_code == 403


def test_the_company_sees_the_tables_of_no_site_too(company, sign_in):
    boss = add_boss(company)
    page = sign_in(boss).get("/s/company/access/times/").content.decode()
    assert "Sessions of people who signed in" in page


def add_boss(company):
    with working_for(company.pk):
        return add_operator(make_user("boss@company.example", "Bo Boss"), role=Role.OWNER)


def test_staff_see_the_sums_of_the_last_night_and_what_is_overdue(
    company, acme, rival, staff, monkeypatch
):
    old_views(acme, 7)
    old_views(rival, 5)
    nightly.enforce_retention()
    page = with_second_factor(staff).get("/staff/health/").content.decode()
    assert "<dd>12 deleted</dd>" in page
    assert "<dd>3 of 3</dd>" in page
    assert "Overdue" not in page
    with working_for(acme.site.pk):
        RetentionRun.objects.filter(rule="visitors.views").update(overdue=4)
    page = with_second_factor(staff).get("/staff/health/").content.decode()
    assert "Overdue: visitors.views (4)" in page


def test_the_page_of_times_asks_little(acme, sign_in, django_assert_max_num_queries):
    client = sign_in(acme.owner)
    client.get(acme.url("access/times/"))
    with django_assert_max_num_queries(12):
        client.get(acme.url("access/times/"))

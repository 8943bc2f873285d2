"""Somebody who works for the company: every table that can tell of a user is filled; the copy has
it all, and after they left, what is no proof is gone and the proofs name nobody."""

import os
from typing import Any

import psycopg2
import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from accounts.erasing import NAMELESS
from accounts.models import Site, User
from accounts.operations import found_site
from accounts.personal_data import GROUPS, RIGHTS
from comm100.core.personal_data import every_holding, holding_of
from comm100.core.tenancy import working_for
from operators.models import Operator
from operators.operations import add_operator, transfer_ownership
from privacy.models import AccessAlert, Agent, AgentDisclosure
from privacy.operations import disclosure, grant
from privacy.people import parts_of_user
from tests.conftest import make_user
from tests.operators.test_closing import as_administrator
from tests.persons import EMAIL, WORD, leaked_into, missing_from
from tests.privacy.test_accounts_erased import close, copied, planted, sign_in_by_form
from tests.sweep import places

WORK = "worked9c"  # stands in what they did for the company
WISH = "privacy.AccountErasure"  # there is none before they close the account
ORDER = {"order_reference": f"{WORK} 7/26", "authority": f"{WORK} court", "barred_until": None}
ORDER |= {"bar_reason": "", "scope": f"{WORK}: one customer of the shop"}


@pytest.fixture
def person(acme):
    """Member of staff, agent, owner of a site and editor at Acme."""
    user = make_user(EMAIL, f"{WORD} name", is_staff=True, is_superuser=True)
    with working_for(acme.site.pk):
        add_operator(user, role=3, by=acme.owner)
    return user


@pytest.fixture
def colleague(company):
    return make_user("mia@company.example", "Mia Second", is_staff=True, is_superuser=True)


def at_work(user, colleague, acme, rival):
    """Something of them in each table of staff, made as the product makes it."""
    user.groups.add(Group.objects.create(name=f"{WORK} group"))
    user.user_permissions.add(Permission.objects.get(codename="add_accessgrant"))
    facts: dict[str, Any] = {
        "reason": f"{WORK} They asked for help with it",
        "reference": WORK,
        "minutes": 5,
    }
    opened = grant.open_grant(rival.site, purpose="support_issue", **facts, by=user)
    theirs = grant.open_grant(rival.site, purpose="agreement_violation", **facts, by=colleague)
    grant.approve_grant(theirs, by=user)
    order = ORDER | {"records": [["visitors.contact", str(rival.customer.number)]]}
    asked = disclosure.ask_disclosure(rival.site, order=order, by=user)
    agent = Agent.objects.create(
        user=user, name=f"{WORK} agency", contract=f"{WORK} C-1", scope=1, task=f"{WORK} asks",
        added_by=colleague, expires_on="2100-01-01",
    )  # fmt: skip
    return {
        "accounts.User_groups": GROUPS.objects.get(user=user),
        "accounts.User_user_permissions": RIGHTS.objects.get(user=user),
        "admin.LogEntry": decision(by=user, about=Site, pk=rival.site.pk, words=WORK),
        "privacy.AccessGrant": opened,
        "privacy.AccessAlert": remark(opened),
        "privacy.LegalDisclosure": asked,
        "privacy.Agent": agent,
        "privacy.AgentDisclosure": AgentDisclosure.objects.create(
            agent=agent, contact_id=1, contact_number=1, fields=[f"{WORK} field"]
        ),
        "accounts.Site": own_site(user),
    }


def decision(*, by, about, pk, words):
    return LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(about),
        action_flag=CHANGE,
        object_id=str(pk),
        object_repr=f"{words} decided",
        change_message=f"{words} why",
    )


def remark(opened):
    as_administrator(
        "INSERT INTO privacy_accessalert (site_id, kind, grant_id, staff_id, count, at) "
        "VALUES (%s, 'unused_grant', %s, %s, 3, now())",
        *(opened.site_id, opened.pk, opened.staff_id),
    )
    with working_for(opened.site_id):
        return AccessAlert.objects.get()


def own_site(user):
    site = found_site(by=user, web_url=f"https://{WORK}.example", name=f"{WORK} site")
    Site.objects.filter(pk=site.pk).update(
        company_address=f"{WORK} street", industry=f"{WORK} trade"
    )
    site.refresh_from_db()
    return site


def leaves_the_company(user, acme):
    """Rights are given back, the contract ends, the site is handed over."""
    Agent.objects.update(ended_at=timezone.now())
    User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False)
    site = Site.objects.get(slug__startswith=WORK)
    with working_for(site.pk):
        me = Operator.objects.get(user=user)
        heir = add_operator(acme.owner.user, role=2, by=me)
        transfer_ownership(to=heir, by=me)


def is_there(row):
    """Read by the administrator, past the wall."""
    with psycopg2.connect(os.environ["DATABASE_URL"]) as administrator:
        cursor = administrator.cursor()
        table, key = row._meta.db_table, row._meta.pk.column
        cursor.execute(f"SELECT 1 FROM {table} WHERE {key} = %s", [row.pk])
        found = cursor.fetchone()
    administrator.close()
    return found is not None


@pytest.mark.policy("P1.2", "P9.3")
def test_who_worked_for_the_company_gets_all_of_it_and_leaves_proofs_without_a_name(
    person, colleague, acme, rival, company, post_office
):
    client = sign_in_by_form(person)
    rows = planted(person, acme, rival, company) | at_work(person, colleague, acme, rival)
    about = decision(by=colleague, about=User, pk=person.pk, words=EMAIL)
    archive = copied(client)
    tables = archive.tables
    held = {h.label for h in every_holding() if h.of_user}
    assert held - set(tables) == {WISH}, "a table without a row in the copy"
    assert held - set(rows) <= {WISH, "core.JournalEntry", "privacy.AccountCopy"}
    assert missing_from(archive, rows) == []
    assert leaked_into(archive, rows) == []
    assert {row["purpose"] for row in tables["privacy.AccessGrant"]} == {
        "Support issue", "Suspected agreement violation", "Required by law",
    }  # fmt: skip
    assert f"staff:{person.pk}" in {row["actor"] for row in tables["core.JournalEntry"]}
    assert EMAIL in about.object_repr

    post_office.deliver()
    leaves_the_company(person, acme)
    assert close(client).status_code == 302
    post_office.deliver()
    assert places(WORD) == []
    stays = {label for label in rows if holding_of(label).stays}
    assert {label for label, row in rows.items() if is_there(row)} == {*stays, "accounts.User"}
    person.refresh_from_db()
    assert (person.name, person.is_active, person.last_login) == (NAMELESS, False, None)
    about.refresh_from_db()
    assert (about.object_repr, about.change_message) == (NAMELESS, "")
    proofs = {f"table {holding_of(label).model._meta.db_table}" for label in stays}
    assert {"table privacy_accessgrant", "table django_admin_log"} < set(places(WORK)) & proofs


def test_a_copy_of_staff_has_only_what_they_did_themselves(person, colleague, acme, rival, company):
    """A colleague's grant at the same site, and what the site may not know yet, are not in it."""
    facts: dict[str, Any] = {
        "reason": "A colleague helps this site out",
        "reference": "OTHER-1",
        "minutes": 5,
    }
    grant.open_grant(rival.site, purpose="support_issue", **facts, by=colleague)
    assert {part.where for part in parts_of_user(person)} == {"acme", "company", "account"}
    grant.open_grant(
        rival.site, purpose="support_issue", reason=f"{WORK} helps this site out",
        reference=WORK, minutes=5, by=person,
    )  # fmt: skip
    assert rival.site.slug in {part.where for part in parts_of_user(person)}
    archive = copied(sign_in_by_form(person))
    assert [row["reference"] for row in archive.tables["privacy.AccessGrant"]] == [WORK]
    assert "OTHER-1" not in archive.text
    assert rival.owner.user.email not in archive.text

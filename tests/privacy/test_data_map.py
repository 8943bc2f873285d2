"""The data map says of every table what the software does with it, because it is made from that."""

import pytest
from django.apps import apps

from comm100.core import personal_data as register
from comm100.core.fortify import data_class_of, every_model
from comm100.core.personal_data import Purpose
from comm100.core.retention import rules
from privacy.datamap import entry_of, groups

pytestmark = pytest.mark.policy("P3.1")


@pytest.fixture
def shown(client, company):
    """The map as data: label of a table → what stands there."""
    told = client.get("/privacy/data-map.json").json()
    tables = {table["table"]: table for group in told["people"] for table in group["tables"]}
    return tables | {row["table"]: row for row in told["nobody"]}


def test_every_table_of_sites_and_accounts_is_on_the_map(shown):
    owned = {
        m._meta.label for m in every_model() if data_class_of(m) in {"user_data", "account_data"}
    }
    assert owned <= set(shown)


def test_a_table_says_what_for_how_long_who_sees_it_and_how_it_goes(shown):
    contact = shown["visitors.Contact"]
    assert {"e-mail", "name", "custom fields"} <= set(contact["facts"])
    assert {p["clause"] for p in contact["purposes"]} == {"P3.1", "P3.3"}
    assert "no other site" in contact["seen_by"][0]
    assert "under a grant" in contact["seen_by"][1]
    visitor = shown["visitors.Visitor"]
    assert {t["when"] for t in visitor["times"]} == {
        "shortened 30 days after the last visit",
        "deleted 90 days after the last visit",
    }
    assert visitor["never_copied"] == ["key"]
    assert "Never: key." in visitor["seen_by"][1]
    assert shown["accounts.User"]["seen_by"] == [
        "The person, in their account.",
        "Staff of the company who may look after accounts.",
    ]
    assert shown["sessions.Session"]["seen_by"] == ["The person, in their account."]
    assert "mail" in shown["mail.Outbox"]["seen_by"][-1]
    suppressed = shown["mail.Suppression"]["erased"]
    assert suppressed[0] == "It stays."
    assert shown["mail.Reply"]["erased"] == ["The rows are deleted."]
    assert shown["website.Testimonial"]["seen_by"][0].startswith("Everybody")


def test_every_rule_of_retention_about_people_is_on_the_map(shown):
    about_people = [rule for rule in rules() if "times" in shown.get(rule.model, ())]
    assert len(about_people) > 10
    for rule in about_people:
        assert rule.why in {t["why"] for t in shown[rule.model]["times"]}, rule.key


def test_the_page_is_for_people(client, company, django_assert_max_num_queries):
    """Everything of the data in words, linked to the clauses; it is found from every page."""
    with django_assert_max_num_queries(8):
        page = client.get("/privacy/data-map/").content.decode()
    for group in groups():
        assert f'id="{group.id}"' in page
        for entry in group.entries:
            assert f'id="{entry.id}"' in page
            assert entry.title in page
    for purpose in Purpose:
        assert f"/privacy/#{purpose.clause}" in page
    assert "/privacy/data-map/" in client.get("/contact/").content.decode()


def test_the_words_follow_the_models():
    """A column that is added to the register appears without anybody touching the page."""
    reply = register.holding_of("mail.Reply")
    assert reply is not None
    names = {apps.get_model("mail.Reply")._meta.get_field(c).verbose_name for c in reply.columns}
    assert len(entry_of(reply).facts) == len(names)


def test_versions_of_the_policy_keep_their_addresses(client, company):
    assert client.get("/privacy/2026-11-23/").status_code == 200
    assert client.get("/privacy/data-mop/").status_code == 404

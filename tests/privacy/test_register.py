"""The register of personal data is whole: a table or a text that nobody thought of is refused."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from comm100.core import personal_data as register
from comm100.core import retention
from comm100.core.fortify import data_class_of, every_model
from comm100.core.personal_data_checks import gaps_of, personal_data_is_registered
from comm100.core.retention import rules_of
from mail.models import Reply
from privacy.datamap import entry_of

pytestmark = pytest.mark.no_db


def codes(messages):
    return [message.id for message in messages]


@pytest.mark.policy("P3.1")
def test_every_table_says_what_it_tells_of_whom_and_for_what():
    assert personal_data_is_registered(None) == []
    for holding in register.every_holding():
        assert holding.purposes, holding.label
        assert holding.kept, holding.label
        assert holding.title, holding.label


@pytest.mark.policy("P3.1")
def test_a_table_that_nobody_registered_is_refused(monkeypatch):
    monkeypatch.delitem(register._holdings, "mail.Reply")
    monkeypatch.delitem(register._nobody, "mail.Mailing")
    refused = personal_data_is_registered(None)
    assert codes(refused) == ["personal_data.E001"] * 2
    assert {m.msg for m in refused} == {
        "Nobody said what mail.Mailing tells of people.",
        "Nobody said what mail.Reply tells of people.",
    }


@pytest.mark.policy("P3.1")
def test_a_text_that_is_not_named_is_refused_and_a_name_without_a_column_too():
    reply = register.holding_of("mail.Reply")
    assert reply is not None
    forgotten = replace(reply, columns=tuple(c for c in reply.columns if c != "whole_text"))
    assert [m.msg for m in gaps_of(forgotten)] == [
        "mail.Reply.whole_text is neither named nor harmless."
    ]
    assert codes(gaps_of(replace(reply, harmless=("digest", "mood")))) == ["personal_data.E003"]
    assert codes(gaps_of(replace(reply, of_contact=None, of_user=None))) == ["personal_data.E004"]


def test_how_long_is_said_by_the_register_of_retention_alone(monkeypatch):
    """Another time there is another time in the copy, on the pages of a person and on the map."""
    replies = register.holding_of("mail.Reply")
    assert replies is not None
    assert replies.kept == "Deleted after 90 days."
    (rule,) = rules_of(Reply)
    monkeypatch.setitem(retention._rules, rule.key, replace(rule, keeps=timedelta(days=7)))
    assert replies.kept == entry_of(replies).kept == "Deleted after 7 days."
    visitors = register.holding_of("visitors.Visitor")
    assert visitors is not None
    assert "shortened 30 days after the last visit. " in visitors.kept
    monkeypatch.delitem(retention._stays, "visitors.Contact")
    contacts = register.holding_of("visitors.Contact")
    assert contacts is not None
    assert codes(gaps_of(contacts)) == ["personal_data.E005"]


def test_the_same_end_is_said_in_the_same_words():
    ends = {reason.until for reason in retention.reasons()}
    assert not [end for end in ends if "removed" in end and "contact" in end]
    assert not [end for end in ends if "contact" in end and retention.CONTACT_ERASED not in end]
    assert not [end for end in ends if "site is" in end and retention.SITE_DELETED not in end]
    assert not [end for end in ends if "account" in end and retention.ACCOUNT_CLOSED not in end]
    with pytest.raises(ValueError, match="two reasons"):
        retention.stay(retention.reasons()[0])


@pytest.mark.policy("P2.4")
def test_pages_that_name_a_time_name_that_of_the_register():
    """Written by hand, because they are sentences; with the numbers of the rules."""
    days = {rule.key: str(rule.keeps.days) for rule in retention.rules()}
    raw = [days["visitors.addresses"], days["visitors.visitors"]]
    folder = Path(settings.BASE_DIR) / "templates"
    for page, wanted in {
        "visitors/cookies_form.html": raw,
        "website/documents/policy/2026-11-23.html": raw,
        "visitors/overview.html": [days["visitors.views"], days["visitors.counts"]],
        "mail/quarantine.html": [days["mail.inbound"]],
    }.items():
        told = re.findall(
            r"[^.>]*\b(?:shortened|deleted|Kept for)\b[^.<]*", (folder / page).read_text()
        )
        assert [n for words in told for n in re.findall(r"\b\d+\b", words)] == wanted, page


def test_a_table_is_registered_once():
    reply = register.holding_of("mail.Reply")
    assert reply is not None
    with pytest.raises(ValueError, match="registered twice"):
        register.hold(reply)


def test_what_others_refer_to_is_erased_after_them():
    """In the order of the register a row that refers to another goes first."""
    place = {holding.model: n for n, holding in enumerate(register.erasing_order())}
    late = [
        f"{model._meta.label}.{field.name}"
        for model in every_model()
        if data_class_of(model) == "user_data" and model in place
        for field in model._meta.local_fields
        if field.is_relation
        and field.related_model in place
        and not field.null
        and place[model] > place[field.related_model]
    ]
    assert late == []

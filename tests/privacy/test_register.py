"""The register of personal data is whole: a table or a text that nobody thought of is refused."""

from dataclasses import replace

import pytest

from comm100.core import personal_data as register
from comm100.core.fortify import data_class_of, every_model
from comm100.core.personal_data_checks import gaps_of, personal_data_is_registered

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

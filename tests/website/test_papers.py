"""Conformance and the small files of privacy: what the company shows of how it keeps its word."""

import json
import re

import pytest

from privacy.conformance import PROOFS, clauses
from tests.proofs import collected


@pytest.mark.no_db
def test_every_marker_names_a_clause():
    assert set(collected()) <= {clause.id for clause in clauses()}


@pytest.mark.no_db
def test_every_clause_has_a_test_that_proves_it():
    assert [clause.id for clause in clauses() if clause.id not in collected()] == []


@pytest.mark.no_db
def test_what_is_shipped_is_what_the_markers_say():
    assert json.loads(PROOFS.read_text()) == collected(), "run `python -m tests.proofs`"


@pytest.mark.policy("P11.2")
def test_the_conformance_page_shows_each_clause_with_its_proofs(client, company):
    page = client.get("/privacy/conformance/").text
    assert re.findall(r'<li id="(P[\d.]+)"', page) == [clause.id for clause in clauses()]
    for test in (test for clause in clauses() for test in clause.tests):
        assert test in page
    assert 'href="/privacy/#P7.2"' in page


def test_the_same_stands_there_as_data(client):
    told = client.get("/privacy/conformance.json").json()["clauses"]
    assert [clause["id"] for clause in told] == [clause.id for clause in clauses()]
    assert all(set(clause) == {"id", "promise", "how", "tests"} for clause in told)
    assert all("::test_" in test for clause in told for test in clause["tests"])


def test_programs_learn_that_global_privacy_control_is_honoured(client):
    assert client.get("/.well-known/gpc.json").json() == {"gpc": True, "lastUpdate": "2026-11-23"}

"""The texts that people accept: published once, never edited, told of before they apply."""

import os
from datetime import timedelta

import psycopg2
import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from comm100.core.documents import files, version_today
from privacy.documents import Edited, publish_files
from privacy.models import PublishedText
from privacy.tasks import tell_of_new_texts

SEALS = {
    ("policy", "2026-11-23"): "a30bff4af637e492785902745a2d53eac25537b2610633a0272ee0b489f5de66",
    ("agreement", "2026-11-23"): "04cba72fa9268808048ab29a9ab3c8886741628a00ec4cef6e2d4c3960020bae",
}


def as_administrator(*statements: str) -> None:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


@pytest.fixture
def upcoming():
    """A second version of the policy that applies in three weeks; taken away afterwards."""
    present = PublishedText.objects.current("policy")
    source = present.source.replace("and nothing more.", "and a photograph.", 1)
    text = PublishedText.objects.create(
        name="policy", since=timezone.localdate() + timedelta(days=21), source=source
    )
    yield PublishedText.objects.get(pk=text.pk)
    as_administrator(
        "SET session_replication_role = replica",
        f"DELETE FROM privacy_publishedtext WHERE id = {text.pk}",
    )


@pytest.mark.policy("P11.1")
def test_the_versions_stand_under_the_digest_they_went_out_with():
    assert {(t.name, t.version): t.digest for t in PublishedText.objects.all()} == SEALS


@pytest.mark.policy("P11.1")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE privacy_publishedtext SET source = 'We sell everything.'",
        "DELETE FROM privacy_publishedtext",
        "TRUNCATE privacy_publishedtext CASCADE",
    ],
)
def test_editing_a_published_version_is_an_error_of_the_database(statement):
    with pytest.raises(DatabaseError), transaction.atomic():
        connections["default"].cursor().execute(statement)
    with pytest.raises(psycopg2.Error, match="never edited"):
        as_administrator(statement)


@pytest.mark.policy("P11.1")
def test_an_edited_file_of_a_published_version_stops_the_start(monkeypatch, tmp_path):
    for path in files("policy"):
        (tmp_path / "policy").mkdir(exist_ok=True)
        (tmp_path / "policy" / path.name).write_text(path.read_text() + "\nBut we may.")
    monkeypatch.setattr("comm100.core.documents.FOLDER", tmp_path)
    with pytest.raises(Edited, match="a file of its own"):
        publish_files()


def test_what_a_sign_up_accepts_is_what_applies():
    for name in ("policy", "agreement"):
        assert PublishedText.objects.current(name).version == version_today(name)


@pytest.mark.policy("P11.2")
def test_a_version_to_come_is_announced_and_compared_word_by_word(client, upcoming):
    page = client.get("/privacy/").text
    assert "A new version applies from" in page
    assert f"/privacy/{upcoming.version}/changes/" in page
    assert "photograph" not in page
    assert "photograph" in client.get(f"/privacy/{upcoming.version}/").text
    compared = client.get(f"/privacy/{upcoming.version}/changes/").text
    assert "P2.5" in compared
    assert "<del>nothing more.</del>" in compared
    assert "<ins>a photograph.</ins>" in compared
    assert "P2.4" not in compared


@pytest.mark.policy("P11.2")
def test_the_history_shows_every_version_with_its_digest(client, upcoming):
    page = client.get("/privacy/history/").text
    assert page.index(upcoming.digest) < page.index(SEALS["policy", "2026-11-23"])
    assert client.get("/privacy/2026-11-23/changes/").status_code == 404


@pytest.mark.policy("P11.2")
def test_everybody_with_an_account_is_told_once_before_it_applies(acme, upcoming, post_office):
    tell_of_new_texts()
    tell_of_new_texts()
    post_office.deliver()
    people = (acme.owner, acme.admin, acme.editor, acme.reader)
    for operator in people:
        [letter] = post_office.to(operator.user.email)
        assert "A new privacy policy applies from" in letter.subject
        assert f"/privacy/{upcoming.version}/changes/" in letter.text


def test_nobody_is_told_of_what_applies_already(acme, post_office):
    tell_of_new_texts()
    post_office.deliver()
    assert post_office.to(acme.owner.user.email) == []

"""Who else gets personal data: whoever the installation talks to, with a history (P6.1)."""

from datetime import date

import pytest

from comm100.core import egress, subprocessors
from comm100.core.egress import Destination
from comm100.core.subprocessors import is_ours, what_leaves_is_explained
from privacy.models import Subprocessor
from privacy.operations.subprocessor import note_subprocessors
from privacy.tasks import follow_subprocessors

pytestmark = pytest.mark.policy("P6.1")
RELAY = "smtp://relay.example:587/?tls=starttls"


@pytest.fixture
def page(client, company):
    def page():
        return client.get("/privacy/subprocessors/").content.decode()

    return page


@pytest.fixture
def _outside(settings):
    """Mail leaves through somebody's relay, from somebody's machines."""
    settings.SMTP_URL = RELAY
    settings.HOSTING = ["Racks GmbH | Germany | servers and backups"]
    settings.SUBPROCESSORS = ["relay.example | Relay Ltd | Ireland"]


def test_an_installation_that_sends_nothing_out_says_none(page):
    assert subprocessors.subprocessors() == []
    told = page()
    assert "None." in told
    assert "nobody was ever on this list" in told


@pytest.mark.usefixtures("_outside")
def test_relays_and_machines_are_named_with_what_they_get(page):
    told = page()
    for words in ("Relay Ltd", "Ireland", "relay.example", "E-mail addresses", "Racks GmbH"):
        assert words in told
    assert "None." not in told
    assert what_leaves_is_explained(None) == []


def test_a_host_that_nobody_named_is_shown_all_the_same(page, settings):
    settings.SMTP_URL = RELAY
    told = page()
    assert "relay.example" in told
    assert "country not said" in told
    assert [m.id for m in what_leaves_is_explained(None)] == ["subprocessors.W001"]
    settings.SUBPROCESSORS = ["relay.example, Relay Ltd"]
    assert "subprocessors.E002" in {m.id for m in what_leaves_is_explained(None)}


def test_a_database_elsewhere_is_somebodys(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db.cloud.example")
    [party] = subprocessors.subprocessors()
    assert (party.host, party.what) == ("db.cloud.example", "Keeps the database")


def test_a_destination_that_nobody_explained_is_refused_and_shown(page, monkeypatch):
    monkeypatch.setattr(egress, "_known", dict(egress._known))
    egress.register(
        Destination(
            name="rates", purpose="asks for rates", sends="amounts", hosts=lambda: ["rates.example"]
        )
    )
    refused = [m for m in what_leaves_is_explained(None) if m.id == "subprocessors.E001"]
    assert [m.msg for m in refused] == ["Nobody said what goes to “rates”."]
    assert "rates.example" in page()


def test_the_list_remembers_who_was_on_it(page, settings):
    """Since when, until when; noting the same twice changes nothing."""
    settings.SMTP_URL = RELAY
    settings.SUBPROCESSORS = ["relay.example | Relay Ltd | Ireland"]
    assert note_subprocessors()
    assert not note_subprocessors()
    Subprocessor.objects.update(since=date(2026, 1, 31))
    settings.SUBPROCESSORS = ["relay.example | Relay Holding | Malta"]
    follow_subprocessors.delay()
    old, new = Subprocessor.objects.order_by("since")
    assert (old.name, new.name) == ("Relay Ltd", "Relay Holding")
    assert old.until == new.since
    told = page()
    assert told.index("Added: Relay Holding") < told.index("Removed: Relay Ltd")
    assert told.index("Removed: Relay Ltd") < told.index("31 January 2026")


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("database", True),
        ("127.0.0.1", True),
        ("10.0.0.7", True),
        ("::1", True),
        ("/run/postgresql", True),
        ("mail.internal", True),
        ("relay.example", False),
        ("8.8.8.8", False),
        ("2606:4700::1", False),
    ],
)
def test_what_is_ours_is_nobody_elses(host, ours):
    assert is_ours(subprocessors.bare(host)) is ours

"""`/health/`, `/version`, `/metrics`: for those who run it."""

import time
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.utils import timezone

from accounts.models import Site
from comm100.core import probes
from comm100.core.tenancy import working_for
from mail.models import Lane, Outbox

MINUTE = 60


@pytest.fixture
def _live_lanes():
    probes.probe_transactional.delay()
    probes.probe_marketing.delay()


def wait_in_outbox(site: Site, lane: Lane, minutes: int) -> None:
    with working_for(site.pk):
        Outbox.objects.create(
            site=site,
            lane=lane,
            address="cat@acme-customers.example",
            address_hash=b"x" * 16,
            not_before=timezone.now() - timedelta(minutes=minutes),
        )


@pytest.mark.usefixtures("_live_lanes")
def test_all_is_well_when_probes_come_through_both_lanes(client):
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    assert answer.json()["probe_seconds"]["marketing"] < MINUTE


@pytest.mark.usefixtures("_live_lanes")
def test_a_lane_that_works_nothing_off_is_named(client):
    cache.set(probes.KEYS["marketing"], time.time() - 10 * MINUTE)
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["wrong"] == ["worker-marketing"]


@pytest.mark.usefixtures("_live_lanes")
def test_a_verification_mail_that_waits_is_an_alarm_and_a_campaign_that_waits_is_not(client, acme):
    wait_in_outbox(acme.site, Lane.MARKETING, minutes=90)
    assert client.get("/health/").status_code == 200
    wait_in_outbox(acme.site, Lane.TRANSACTIONAL, minutes=30)
    answer = client.get("/health/")
    assert answer.json()["wrong"] == ["mail-transactional"]
    assert answer.json()["unsent"]["transactional"]["oldest_seconds"] >= 30 * MINUTE
    assert "cat@" not in answer.content.decode()


def test_health_answers_while_the_database_is_down(client):
    with patch("website.pulse.connection.cursor", side_effect=DatabaseError):
        answer = client.get("/health/")
    assert answer.status_code == 503
    assert "database" in answer.json()["wrong"]


@pytest.mark.policy("P1.1")
def test_the_version_names_commit_and_licence(client):
    answer = client.get("/version").json()
    assert answer["licence"] == "MIT"
    assert set(answer) == {"version", "commit", "licence", "source"}


@pytest.mark.usefixtures("_live_lanes")
def test_metrics_are_for_this_machine_or_for_who_has_the_token(client, settings):
    told = client.get("/metrics").content.decode()
    assert 'comm100_mail_due{lane="transactional"} 0.0' in told
    assert "comm100_healthy 1.0" in told
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    settings.METRICS_TOKEN = "open sesame"
    assert (
        client.get(
            "/metrics", REMOTE_ADDR="203.0.113.9", headers={"Authorization": "Bearer open sesame"}
        ).status_code
        == 200
    )

"""docker-compose.yml, read: no container engine is at hand where the tests run."""

import re
import shlex
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from comm100.embedded import ROOT
from comm100.embedded.healthy import is_healthy
from comm100.embedded.procfile import commands, processes

pytestmark = pytest.mark.no_db
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DEVELOPMENT_ONLY = {"letterbox"}
SERVERS = {"setup", "front", "database", "broker"}


@pytest.mark.policy("P1.1")
def test_the_processes_are_those_of_the_procfile():
    ours = {name: line for name, line in processes().items() if name not in DEVELOPMENT_ONLY}
    existing = {name for name, _ in commands({})} - DEVELOPMENT_ONLY
    assert set(SERVICES) - SERVERS == existing
    for name in existing:
        assert SERVICES[name]["command"] == ours[name]


def test_the_image_alone_serves_web():
    words = re.search(r"^CMD \[(.*)\]$", DOCKERFILE, re.MULTILINE)
    assert words
    assert yaml.safe_load(f"[{words[1]}]") == shlex.split(processes()["web"])


@pytest.mark.policy("P10.6")
def test_only_the_front_is_published():
    assert [name for name, s in SERVICES.items() if "ports" in s] == ["front"]
    assert SERVICES["front"]["ports"] == ["80:80", "443:443", "443:443/udp"]


@pytest.mark.policy("P10.6")
def test_database_broker_and_web_reach_nothing_outside():
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    reach_out = {name for name, s in SERVICES.items() if "outside" in s["networks"]}
    assert reach_out == {"front", "worker-transactional", "worker-marketing"}
    assert all("inside" in s["networks"] for s in SERVICES.values())


@pytest.mark.policy("P10.6")
@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_root_and_no_root_file_system_is_written(name):
    service = SERVICES[name]
    assert service["user"].split(":")[0] not in {"", "0", "root"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"setup"}))
def test_everything_that_stays_up_has_a_health_check(name):
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.policy("P10.6")
def test_only_setup_has_the_rights_of_the_administrator():
    with_password = [n for n, s in SERVICES.items() if "POSTGRES_PASSWORD" in str(s)]
    assert sorted(with_password) == ["database", "setup"]
    words = shlex.split(SERVICES["setup"]["command"])
    assert words[:2] == ["python", "manage.py"]
    assert words[2] in get_commands()


def test_no_secret_has_a_default():
    secrets = re.findall(r"\$\{([A-Z0-9_]*(?:PASSWORD|SECRET_KEY))([^}]*)\}", str(COMPOSE))
    assert {name for name, _ in secrets} == {
        "COMM100_SECRET_KEY",
        "POSTGRES_PASSWORD",
        "VALKEY_PASSWORD",
    }
    assert all(rest.startswith(":?") for _, rest in secrets)


def test_database_and_broker_keep_what_they_are_told():
    assert SERVICES["database"]["image"].startswith("postgres:18")
    assert "database:/var/lib/postgresql" in SERVICES["database"]["volumes"]
    words = SERVICES["broker"]["command"]
    assert words[words.index("--appendonly") + 1] == "yes"
    assert "broker:/data" in SERVICES["broker"]["volumes"]


def test_every_target_is_in_the_dockerfile():
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    assert {s["build"]["target"] for s in SERVICES.values() if "build" in s} <= stages
    assert "--require-hashes" in DOCKERFILE
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize(
    ("part", "wrong", "healthy"),
    [
        ("web", {"worker-marketing"}, True),
        ("worker-marketing", {"worker-marketing"}, False),
        ("worker-marketing", {"worker-transactional"}, True),
        ("beat", {"worker-transactional"}, True),
        ("beat", {"worker-transactional", "worker-marketing"}, False),
    ],
)
def test_a_container_is_as_healthy_as_its_own_part(part, wrong, healthy):
    assert is_healthy(part, wrong) is healthy

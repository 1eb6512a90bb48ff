"""compose.yaml, as far as a parser goes: no container engine is needed to see that its parts fit."""

from pathlib import Path
from typing import Any

import yaml

from realtime.bus.cluster import is_cluster_url
from realtime.up import STAGES

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_one_service_per_stage() -> None:
    """Ensure a new stage is not forgotten in compose.yaml."""
    services = COMPOSE["services"]
    always = {name for name, service in services.items() if "profiles" not in service}
    assert always == {*STAGES, "migrate", "postgres", "valkey"}
    for stage in STAGES:
        assert services[stage]["command"] == ["navstream", "run", stage]


def test_the_cluster_profile_is_a_whole_cluster() -> None:
    """Ensure three primaries with a replica each, four calculators and three broadcasters behind a balancer."""
    services = COMPOSE["services"]
    commands = [service.get("command") for service in services.values()]
    assert commands.count(["navstream", "run", "calculator"]) == 4
    assert commands.count(["navstream", "run", "broadcaster"]) == 3
    nodes = [name for name, service in services.items() if "--cluster-enabled" in service.get("command", ())]
    assert len(nodes) == 6
    assert set(services["valkey-cluster"]["depends_on"]) == set(nodes)
    assert all(f"{node}:6379" in services["valkey-cluster"]["command"][-1] for node in nodes)
    balancer = (ROOT / "deploy" / "compose" / "haproxy.cfg").read_text()
    assert all(f"{name}:8081" in balancer for name in services if name.startswith("broadcaster"))
    settings = (ROOT / "deploy" / "compose" / "cluster.env").read_text()
    assert is_cluster_url(settings.splitlines()[0].partition("=")[2])


def test_dependencies_exist_and_can_be_waited_for() -> None:
    """Ensure every depends_on names a service, and `service_healthy` one with a health check."""
    services = COMPOSE["services"]
    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            assert name in services
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in services[name]


def test_no_stage_has_the_owners_password() -> None:
    """Ensure that migrations alone connect as the tables' owner, whom row-level security does not bind."""
    owners = {
        name
        for name, service in COMPOSE["services"].items()
        if "NAVSTREAM_DATABASE_URL" in service.get("environment", {})
    }
    assert owners == {"migrate"}
    for stage in STAGES:
        assert COMPOSE["services"][stage]["environment"]["POSTGRES_PASSWORD"] == "", ".env would give it"


def test_servers_have_the_major_versions_that_are_embedded() -> None:
    """Ensure compose and `make demo` run the same Postgres and Valkey."""
    assert COMPOSE["services"]["postgres"]["image"] == "postgres:18"
    assert COMPOSE["services"]["valkey"]["image"] == "valkey/valkey:9"

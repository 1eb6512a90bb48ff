"""deploy/kubernetes: valid by Kubernetes' own schemas, and in step with the code."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from realtime.settings import Settings
from realtime.up import STAGES

FOLDER = Path(__file__).resolve().parent.parent.parent / "deploy" / "kubernetes"
RESOURCES: list[dict[str, Any]] = [
    resource for file in sorted(FOLDER.glob("*.yaml")) for resource in yaml.safe_load_all(file.read_text())
]
_VERSIONS = ("1.30", "1.34")


def names(kind: str) -> dict[str, dict[str, Any]]:
    return {resource["metadata"]["name"]: resource for resource in RESOURCES if resource["kind"] == kind}


@pytest.mark.parametrize("version", _VERSIONS)
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: f"{each['kind']} {each['metadata']['name']}")
def test_every_resource_fits_its_schema(resource: dict[str, Any], version: str) -> None:
    """Ensure no field is misspelt or misplaced."""
    kubernetes_validate.validate(resource, version, strict=True)


def test_a_misspelt_field_would_be_found() -> None:
    """Ensure the validator validates."""
    odd = {**names("Service")["navstream-api"], "spek": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(odd, _VERSIONS[0], strict=True)


def test_every_stage_is_deployed_with_probes_on_its_own_port() -> None:
    """Ensure a new stage is not forgotten, and its probes ask where it answers."""
    deployments = names("Deployment")
    assert set(deployments) == {f"navstream-{stage.replace('_', '-')}" for stage in STAGES}
    settings = Settings()
    for stage in STAGES:
        [container] = deployments[f"navstream-{stage.replace('_', '-')}"]["spec"]["template"]["spec"]["containers"]
        assert container["command"] == ["navstream", "run", stage]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert ports["metrics"] == getattr(settings, f"metrics_port_{stage}")
        assert ports.get("serving") == getattr(settings, f"{stage}_port", None)
        for probe, path in (("startupProbe", "/alive"), ("livenessProbe", "/alive"), ("readinessProbe", "/health")):
            assert container[probe]["httpGet"] == {"path": path, "port": "metrics"}


def test_names_in_config_and_secret_are_settings() -> None:
    """Ensure no variable is set that nothing reads."""
    known = {name for field in Settings.model_fields.values() for name in _variables(field.validation_alias)}
    known |= {f"NAVSTREAM_{field.upper()}" for field in Settings.model_fields}
    given = {*names("ConfigMap")["navstream"]["data"]}
    given |= {name for secret in names("Secret").values() for name in secret["stringData"]}
    assert given <= known


def test_no_stage_has_the_owners_password() -> None:
    """Ensure that migrations alone connect as the tables' owner, whom row-level security does not bind."""
    [migration] = names("Job")["navstream-migrate"]["spec"]["template"]["spec"]["containers"]
    assert {"secretRef": {"name": "navstream-owner"}} in migration["envFrom"]
    assert "NAVSTREAM_DATABASE_URL" not in names("Secret")["navstream"]["stringData"]
    for deployment in names("Deployment").values():
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        assert {"secretRef": {"name": "navstream-owner"}} not in container["envFrom"]


def _variables(alias: object) -> list[str]:
    choices = getattr(alias, "choices", [alias])
    return [choice for choice in choices if isinstance(choice, str)]

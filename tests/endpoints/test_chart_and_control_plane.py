"""The control plane fills the chart's real ConfigMap, in every scenario, to what the harness fills it to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helm_nested.kubernetes.schema import problems
from nested_templates.contract import ArgumentSet, load_contract
from nested_templates.encoder import json_encoder
from nested_templates.fill import fill
from nested_templates.service_template import find_service_templates
from temporal_endpoints.arguments import arguments_of
from temporal_endpoints.planning.documents import CONTRACT, documents_of
from temporal_endpoints.specification import Surroundings

from .chart_texts import CONFIGURATION, SCENARIOS, texts_of
from .snapshots import endpoint

MINOR = "1.37"
AROUND = Surroundings(git_tag="v1", temporal_address="temporal.example.com:7233", temporal_namespace="default")
DEVICES: dict[str, dict[str, Any]] = {
    "cpu": {},
    "gpu": {"gpus": 2, "gpu_type": "nvidia-hopper-h100", "cpus": 8, "memory": "64Gi", "storage": "100Gi"},
}


def test_contract_is_the_charts() -> None:
    """What is shipped with the control plane is the one that the chart is checked with."""
    assert CONTRACT.read_bytes() == CONFIGURATION.contract.read_bytes()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("scenario", [each.name for each in SCENARIOS])
def test_documents_are_those_of_the_harness_and_valid(scenario: str, device: str) -> None:
    """Same arguments, same documents, and Kubernetes' own schema takes them."""
    asked = endpoint(surroundings=AROUND, optimize_costs=True, min_workers=0, **DEVICES[device])
    found = documents_of(asked, texts_of(scenario))
    contract = load_contract(CONFIGURATION.contract)
    other = "gpu" if device == "cpu" else "cpu"
    argument_set = ArgumentSet("control-plane", "", (f"*-{other}.yaml",), arguments_of(asked))
    objects = [{"kind": "ConfigMap", "metadata": {"name": CONFIGURATION.selectors[0].name}, "data": texts_of(scenario)}]
    expected = [
        document
        for template in find_service_templates(objects, CONFIGURATION.selectors)
        if argument_set.suits(template.key)
        for document in fill(template, argument_set, contract, json_encoder).documents
    ]
    by_place = sorted(found.values(), key=json.dumps)
    assert by_place == sorted((dict(each) for each in expected), key=json.dumps)
    for document in found.values():
        if not any(group in document["apiVersion"] for group in ("keda.sh", "autoscaling.k8s.io")):
            assert problems(document, MINOR) == []


@pytest.mark.parametrize("scenario", [each.name for each in SCENARIOS])
def test_replicas_have_one_owner(scenario: str) -> None:
    """Either the document has the number, or there is a scaler: what a plan hands over is one of the two."""
    kinds = {each["kind"]: each for each in documents_of(endpoint(surroundings=AROUND), texts_of(scenario)).values()}
    assert ("replicas" in kinds["Deployment"]["spec"]) != ("ScaledObject" in kinds)
    if "replicas" in kinds["Deployment"]["spec"]:
        assert kinds["Deployment"]["spec"]["replicas"] == 3

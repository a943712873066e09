"""Schemas: everything an endpoint gets is accepted by Kubernetes and KEDA of every version the chart claims."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from helm_nested.kubernetes.schema import problems

from .bundle import CHART, ROOT, SCENARIOS, Bundle, argument_sets, configuration, render_file

MINORS = [f"1.{minor}" for minor in range(29, 38)]
KEDA_VERSIONS = sorted(each.name for each in (ROOT / "schemas" / "keda").glob("v*"))
# KEDA's kinds are checked with KEDA's own schemas, the VerticalPodAutoscaler with its definition by the checks.
CUSTOM_KINDS = {"ScaledObject", "TriggerAuthentication", "VerticalPodAutoscaler"}
SETS = ["cpu-smallest", "gpu-h100", "looks-like-numbers", "env-quotes-and-newlines", "cpu-no-storage"]


def documents(bundle: Bundle) -> list[Any]:
    """Stage-one objects and filled documents of the ordinary argument sets."""
    found: list[Any] = list(bundle.objects)
    for key in bundle.templates:
        for name in SETS:
            if argument_sets()[name].suits(key):
                found.extend(bundle.filled(key, name))
    return found


def test_claimed_versions_are_these() -> None:
    """The Kubernetes minors and KEDA minors that everything is checked against.

    Chart.yaml names the oldest alone: an upper bound would stop `helm upgrade` in a cluster that was upgraded first.
    """
    metadata = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert metadata["kubeVersion"] == f">={MINORS[0]}.0-0"
    assert list(configuration().claims.kubernetes_minors) == MINORS
    assert [version.rsplit(".", 1)[0] for version in KEDA_VERSIONS] == ["v2.18", "v2.19", "v2.20", "v2.21"]


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
@pytest.mark.parametrize("minor", MINORS)
def test_kubernetes_accepts_every_document(file: Path, minor: str) -> None:
    """Strictly: no unknown field and no wrong type in any document of any scenario."""
    for document in documents(render_file(file)):
        if document["kind"] not in CUSTOM_KINDS:
            assert problems(document, minor) == []


@pytest.mark.parametrize("minor", MINORS)
def test_a_misspelt_field_is_refused(minor: str) -> None:
    """The schemas are strict: a field that Kubernetes does not know is an error."""
    deployment = render_file(SCENARIOS[0]).deployment("cpu")
    deployment["spec"]["template"]["spec"]["serviceAcountName"] = "x"
    (problem,) = problems(deployment, minor)
    assert "serviceAcountName" in problem


@cache
def keda(version: str, name: str) -> jsonschema_rs.Validator:
    """One of KEDA's schemas."""
    text = (ROOT / "schemas" / "keda" / version / f"{name}.json").read_text(encoding="utf-8")
    return jsonschema_rs.validator_for(json.loads(text))


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
@pytest.mark.parametrize("version", KEDA_VERSIONS)
def test_keda_accepts_every_document(file: Path, version: str) -> None:
    """ScaledObjects, trigger metadata and TriggerAuthentications are what KEDA's CRDs and scaler declare."""
    for document in documents(render_file(file)):
        if document["kind"] in {"ScaledObject", "TriggerAuthentication"}:
            keda(version, document["kind"].lower()).validate(document)
        if document["kind"] != "ScaledObject":
            continue
        for trigger in document["spec"]["triggers"]:
            if trigger["type"] != "temporal":
                continue  # KEDA's list of parameters lacks those of others in some versions
            metadata = dict(trigger["metadata"])
            if not version.startswith("v2.21"):
                # Older versions ignore what they do not know, so asking for it is allowed.
                for field in ("includeRunningWorkflowCount", "workflowTaskQueueForCount", "enableTLS"):
                    metadata.pop(field, None)
            keda(version, "temporal-trigger").validate(metadata)


@pytest.mark.parametrize("version", KEDA_VERSIONS)
def test_a_misspelt_trigger_field_is_refused(version: str) -> None:
    """KEDA would ignore it without a word; the schema does not."""
    good = {"endpoint": "t:7233", "taskQueue": "q"}
    assert keda(version, "temporal-trigger").is_valid(good)
    assert not keda(version, "temporal-trigger").is_valid(good | {"targetQueuesize": "5"})


def test_the_release_renders_for_a_claimed_version() -> None:
    """The configured Kubernetes version is one that the chart claims."""
    assert configuration().release.kube_version.removeprefix("v").rsplit(".", 1)[0] in MINORS

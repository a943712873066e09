"""Promise 2: a real API server takes every document of the live ConfigMaps, and the checks say of each what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from helm_nested.errors import DocumentError
from local_cluster.api import Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from nested_templates.encoder import ENCODERS
from nested_templates.fill import fill_text
from nested_templates.service_template import ServiceTemplate

from .releases import SCENARIOS, installed, scenario_name
from .server_verdict import Judge, Verdict, applied

ENDPOINT_NAMESPACES = ("launch-endpoints", "temporal-endpoints")
# What the server writes into each answer anew.
SERVER_FIELDS = ("creationTimestamp", "managedFields", "uid", "resourceVersion")

Live = dict[str, list[ServiceTemplate]]
Seen = dict[str, list[str]]


@pytest.fixture(scope="module")
def live(cluster: Cluster, contract: Contract) -> Live:
    """The service templates of every values file, as the API server holds them once they are installed."""
    sets = contract.argument_sets.values()
    for name in {*ENDPOINT_NAMESPACES, *(each.arguments["NAMESPACE"] for each in sets)}:
        cluster.plane.namespace(name)
    found = {}
    for scenario in SCENARIOS:
        namespace = cluster.plane.namespace(f"dry-{scenario_name(scenario)}")
        with installed(cluster, namespace, f"--values={scenario}"):
            found[scenario_name(scenario)] = contract.live(cluster.plane.api, namespace)
    return found


@pytest.fixture(scope="module")
def judge(cluster: Cluster) -> Judge:
    """The checks."""
    return Judge(cluster.tools)


@pytest.fixture(scope="module")
def seen() -> Seen:
    """What was found of each text, since many scenarios have the same."""
    return {}


def without_server_fields(document: Any) -> Any:
    """An answer of the server without what differs from answer to answer."""
    metadata = {key: value for key, value in document["metadata"].items() if key not in SERVER_FIELDS}
    return {**document, "metadata": metadata}


def faults(cluster: Cluster, judge: Judge, text: str, document: dict[str, Any]) -> Iterator[str]:
    """What is wrong with one document: its text and what PyYAML reads in it must be taken, alike, by both."""
    where = Reference.of(document)
    as_text = applied(cluster.plane.api, text, where)
    as_object = applied(cluster.plane.api, document, where)
    if as_text != Verdict(accepted=True, warned=False):
        yield f"the server says of the text: {as_text.words}"
    if as_object != as_text:
        yield f"the server says of what PyYAML reads: {as_object.words or 'nothing'}"
    elif as_text.accepted and without_server_fields(as_text.document) != without_server_fields(as_object.document):
        yield "the server reads the text otherwise than PyYAML"
    judged = judge.verdict(document)
    if judged != as_text:
        yield f"the checks say {judged.words or 'nothing'!r}, and the server {as_text.words or 'nothing'!r}"


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("argument_set", sorted(Contract().argument_sets))
@pytest.mark.parametrize("scenario", [scenario_name(path) for path in SCENARIOS])
def test_the_server_takes_every_document(
    cluster: Cluster,
    contract: Contract,
    judge: Judge,
    live: Live,
    seen: Seen,
    scenario: str,
    argument_set: str,
    encoder: str,
) -> None:
    """Every live template that suits the argument set is taken without a warning, and the checks say the same."""
    arguments = contract.argument_sets[argument_set]
    documents = 0
    for template in live[scenario]:
        if not arguments.suits(template.key):
            continue
        text = fill_text(template, arguments, contract.contract, ENCODERS[encoder])
        safe = contract.fill(template, arguments).documents
        if not safe:
            # Without authentication there is nothing in the template of KEDA's TriggerAuthentication.
            continue
        try:
            [document] = contract.fill(template, arguments, encoder).documents
        except DocumentError:
            # Python's own writing of a text is not always YAML; then the server must not take it either.
            said = applied(cluster.plane.api, text, Reference.of(safe[0]))
            assert not said.accepted
            assert "error converting YAML to JSON" in said.words
            continue
        if text not in seen:
            seen[text] = [f"{template.key}: {fault}" for fault in faults(cluster, judge, text, dict(document))]
        documents += 1
        assert seen[text] == []
    assert documents


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The document with the value at a path of keys and places in lists replaced."""
    result: dict[str, Any] = yaml.safe_load(yaml.safe_dump(document))
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = result
    for step in steps:
        place = place[step]
    place[last] = value
    return result


@pytest.mark.parametrize(
    ("key", "path", "value"),
    [
        ("deployment-", "spec.replicas", -1),
        ("deployment-", "spec.selector.matchLabels", {"app": "another"}),
        ("deployment-", "spec.template.spec.containers.0.imagePullPolicy", "Sometimes"),
        ("deployment-", "spec.template.spec.containers.0.volumeMounts.0.name", "absent"),
        ("deployment-", "spec.template.spec.restartPolicy", "Never"),
        ("pod-disruption-budget", "spec.maxUnavailable", "half"),
        ("keda-scaled-object", "spec.minReplicaCount", 99999),
        ("keda-scaled-object", "spec.triggers", []),
        ("keda-scaled-object", "spec.pollingInterval", "soon"),
        ("vertical-pod-autoscaler", "spec.updatePolicy", {"updateMode": "Sometimes"}),
    ],
)
def test_what_is_broken_is_refused_by_the_server_and_by_the_checks(
    cluster: Cluster, contract: Contract, judge: Judge, live: Live, key: str, path: str, value: object
) -> None:
    """A defect put into a document that was fine is seen by both, so that their agreement means something."""
    arguments = contract.argument_sets["converted-artifact"]
    template = next(each for each in live["stand-alone"] if each.key.startswith(key))
    [document] = contract.fill(template, arguments).documents
    broken = changed(dict(document), path, value)
    where = Reference.of(broken)
    assert applied(cluster.plane.api, dict(document), where).accepted
    said = applied(cluster.plane.api, broken, where)
    judged = judge.verdict(broken)
    assert (said.accepted, judged.accepted) == (False, False), (said.words, judged.words)

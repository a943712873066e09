"""Promise 2, network policies: the server keeps what values add, so an upgrade with the same values writes nothing."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from tests.chart.bundle import render
from tests.chart.judged import values_with
from tests.chart.schema_instances import Instances

from helm_nested.errors import RenderError
from local_cluster.api import Object, Reference
from local_cluster.cluster import Cluster

from .releases import CHART

NAMESPACE = "network-policies"
FIELD = ("temporal", "networkPolicy")
# So many values are made at random; the chart refuses those with an empty list or map.
EACH = 200
FEWEST = 30
PEERS = [{"podSelector": {}, "namespaceSelector": {}}, {"podSelector": {"matchLabels": None, "matchExpressions": None}}]
# What says all, or nothing, by being there.
KEPT = [{}, {"to": None, "ports": None}, {"ports": [{}, {"port": 443, "endPort": None, "protocol": None}], "to": PEERS}]
EMPTY = {
    "destinations": {"to": []},
    "ports": {"ports": []},
    "exceptions": {"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": []}}]},
    "labels": {"to": [{"podSelector": {"matchLabels": {}}}]},
    "expressions": {"to": [{"namespaceSelector": {"matchExpressions": []}}]},
    "values": {"to": [{"podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": []}]}}]},
}


@pytest.fixture(scope="module", autouse=True)
def namespace(cluster: Cluster) -> None:
    """A namespace for policies."""
    cluster.plane.namespace(NAMESPACE)


def is_written_again(cluster: Cluster, policy: Object) -> bool:
    """Whether the server takes the same policy for another one when it is applied once more."""
    where = Reference("networking.k8s.io/v1", "NetworkPolicy", NAMESPACE, policy["metadata"]["name"])
    own = copy.deepcopy(policy)
    own["metadata"]["namespace"] = NAMESPACE
    first, second = (cluster.plane.api.apply(own, force=True).body["metadata"]["generation"] for _ in range(2))
    cluster.plane.api.delete(where)
    return bool(first != second)


def policies(value: Any) -> list[Any]:
    """Both policies of a release with these values of `temporal.networkPolicy`."""
    return [each for each in render(values_with(FIELD, value)).objects if each["kind"] == "NetworkPolicy"]


@pytest.mark.parametrize("rule", KEPT, ids=str)
def test_what_says_all_or_nothing_is_kept(cluster: Cluster, rule: Any) -> None:
    """A rule without a condition, a selector of all, and what is null are as they were when they are applied again."""
    peers = rule.get("to") or []
    found = policies({"extraEgress": [rule], "controlPlaneEgress": [rule], "metricsFrom": peers, "apiFrom": peers})
    assert len(found) == 2
    assert not any(is_written_again(cluster, policy) for policy in found)


@pytest.mark.parametrize("rule", EMPTY.values(), ids=EMPTY)
def test_an_empty_part_is_refused_as_it_would_be_written_again(cluster: Cluster, rule: Any) -> None:
    """The server would take the policy for another one each time, so the chart refuses the rule."""
    (with_rule, _) = policies({"extraEgress": []})
    with_rule["spec"]["egress"].append(rule)
    assert is_written_again(cluster, with_rule)
    with pytest.raises(RenderError, match="is empty, which means"):
        policies({"extraEgress": [rule]})


def test_whatever_the_chart_accepts_is_written_once(cluster: Cluster) -> None:
    """Values made at random of what values.schema.json allows lead to policies that stay as they are."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    instances = Instances(schema["definitions"], random.Random("network policies"))  # noqa: S311 - a sample
    accepted = 0
    for _ in range(EACH):
        value = instances.of(schema["properties"]["temporal"]["properties"]["networkPolicy"])
        try:
            found = policies(value)
        except RenderError:
            continue
        accepted += 1
        assert not any(is_written_again(cluster, policy) for policy in found), value
    assert accepted >= FEWEST

"""Drains of nodes: one budget covers the workers that are not known to be idle, and lets none of them be evicted."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.observing.protection import Heed, Observation
from temporal_endpoints.planning.documents import Document, documents_of
from temporal_endpoints.planning.drains import IDLE, held
from temporal_endpoints.records.model import ObjectKey

from .carried_out import CarriedOut
from .chart_texts import texts_of
from .recorded import NAMESPACE
from .snapshots import FIXED, snapshot

NAME = "launch-endpoint-id-end-00000000000000000001"
BUDGET = ObjectKey("policy/v1", "PodDisruptionBudget", NAMESPACE, NAME)
NOT_IDLE = {"key": IDLE, "operator": "DoesNotExist"}
OTHER_BUDGETS = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: "${RESOURCE_NAME}", namespace: "${NAMESPACE}", labels: {endpoint_id: "${ENDPOINT_ID}"}}
spec: {minAvailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: "${RESOURCE_NAME}-more", namespace: "${NAMESPACE}", labels: {endpoint_id: "${ENDPOINT_ID}"}}
spec: {maxUnavailable: 1}
"""


def documents(texts: dict[str, str]) -> dict[ObjectKey, Document]:
    """What an endpoint of these templates leads to."""
    of = snapshot(texts)
    return documents_of(of.endpoint, of.texts)


def budgets(found: dict[ObjectKey, Document]) -> list[Document]:
    """The budgets among documents."""
    return [document for key, document in found.items() if key.kind == "PodDisruptionBudget"]


def observation(heed: Heed, at: float) -> Observation:
    """What was seen of one endpoint with an idle pod."""
    return Observation("end_1", at, Demand({"a": Work.IDLE}, 0, 0, 0), heed)


def test_budget_of_the_chart_becomes_one_that_keeps_busy_workers() -> None:
    """It has the chart's name and labels, and selects the endpoint's pods but those that are known to be idle."""
    before = documents(texts_of("stand-alone"))
    (template,), (budget,) = budgets(before), budgets(held(before, hold=True))
    (deployment,) = [document for key, document in before.items() if key.kind == "Deployment"]
    assert template["spec"]["maxUnavailable"] == "50%"
    assert budget["metadata"] == template["metadata"]
    selector = {**deployment["spec"]["selector"], "matchExpressions": [NOT_IDLE]}
    assert budget["spec"] == {"maxUnavailable": 0, "selector": selector}
    assert list(held(before, hold=True)) == list(before)


def test_templates_without_a_budget_get_one_before_the_deployment() -> None:
    """A pod is kept from its first moment on."""
    found = held(documents(FIXED), hold=True)
    assert [key.kind for key in found] == ["ConfigMap", "PodDisruptionBudget", "Deployment"]
    (budget,) = budgets(found)
    assert budget["metadata"]["labels"]["endpoint_id"] == "end_00000000000000000001"


def test_there_is_one_budget_however_many_the_templates_have() -> None:
    """Kubernetes evicts no pod that two of them cover; of the first one the policy for unhealthy pods stays."""
    (budget,) = budgets(held(documents({**FIXED, "pod-disruption-budget.yaml": OTHER_BUDGETS}), hold=True))
    assert budget["metadata"]["name"] == NAME
    assert set(budget["spec"]) == {"maxUnavailable", "selector", "unhealthyPodEvictionPolicy"}


def test_budget_is_written_when_it_is_switched_on_and_off_and_not_between() -> None:
    """It is an object of the endpoint as others are: changed in place, and removed with the endpoint."""
    before = documents({**FIXED, "pod-disruption-budget.yaml": OTHER_BUDGETS.partition("---")[0]})
    begun = CarriedOut(snapshot())
    begun.settle(before)
    begun.settle(held(before, hold=True))
    live: Any = begun.cluster.get(BUDGET)
    assert ("minAvailable" in live["spec"], live["spec"]["maxUnavailable"]) == (False, 0)
    writes = begun.cluster.writes
    begun.settle(held(before, hold=True))
    assert begun.cluster.writes == writes
    begun.settle(before)
    live = begun.cluster.get(BUDGET)
    assert ("maxUnavailable" in live["spec"], live["spec"]["minAvailable"]) == (False, 1)
    gone = replace(begun.snapshot.endpoint, deleted_at=begun.snapshot.endpoint.created_at)
    begun.snapshot = replace(begun.snapshot, endpoint=gone)
    begun.settle({})
    assert begun.cluster.get(BUDGET) is None


def test_budget_of_somebody_else_is_left_alone() -> None:
    """It stands where ours should, and is told as a collision."""
    begun = CarriedOut(snapshot())
    metadata = {"name": NAME, "namespace": NAMESPACE}
    begun.cluster.apply({"apiVersion": "policy/v1", "kind": BUDGET.kind, "metadata": metadata, "spec": {}}, "somebody")
    assert list(begun.plan(held(documents(FIXED), hold=True)).collisions) == [BUDGET]


@pytest.mark.parametrize(
    ("heed", "told"), [(Heed.HEARD, True), (Heed.SERVER_SILENT, False), (Heed.WORKERS_SILENT, False)]
)
def test_workers_that_never_tell_keep_the_budget_of_the_templates(heed: Heed, told: bool) -> None:
    """They would be busy for ever, and no node could be drained; while nobody has looked yet they may tell."""
    observations = Observations(60.0)
    assert observations.may_tell("end_1")
    observations.publish(["end_1"], [observation(heed, time.monotonic())], {})
    assert observations.may_tell("end_1") is told


def test_what_was_seen_too_long_ago_is_not_known_to_be_idle() -> None:
    """Temporal does not answer: the pods that were idle then may be busy by now."""
    observations = Observations(60.0)
    observations.publish(["end_1"], [observation(Heed.HEARD, time.monotonic())], {})
    assert observations.outdated() == []
    observations.publish(["end_1"], [observation(Heed.HEARD, time.monotonic() - 61.0)], {})
    (old,) = observations.outdated()
    assert old.demand.work == {"a": Work.UNKNOWN}

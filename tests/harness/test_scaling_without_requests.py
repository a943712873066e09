"""The check `scaling-without-requests`: what is measured of containers that ask for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checks import BundleSubject, Claims

CHECK = next(check for check in load_checks() if check.name == "scaling-without-requests")
CPU = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "80"}}


def workload(*containers: dict[str, Any], kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    """A Deployment of these containers."""
    pod = {"containers": list(containers), **spec}
    metadata = {"name": "worker"}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"template": {"spec": pod}}}


def scaled_object(*triggers: dict[str, Any], **target: str) -> dict[str, Any]:
    """A ScaledObject of the Deployment."""
    spec = {"scaleTargetRef": {"name": "worker", **target}, "triggers": list(triggers)}
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a"}, "spec": spec}


def autoscaler(metric: dict[str, Any]) -> dict[str, Any]:
    """A HorizontalPodAutoscaler of the Deployment."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"}
    spec = {"scaleTargetRef": target, "metrics": [metric]}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}, "spec": spec}


def limit_range(kind: str = "Container", namespace: str | None = None, **amounts: Any) -> dict[str, Any]:
    """Defaults of a namespace."""
    metadata = {"name": "a"} | ({} if namespace is None else {"namespace": namespace})
    limits = {"limits": [{"type": kind, **amounts}]}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": limits}


def found(*documents: dict[str, Any]) -> list[tuple[str, str]]:
    """Path and message of each problem of the bundle, seen as the check asks to see it."""
    views = [CHECK.view(document) for document in documents]
    return [(each.path, each.message) for each in CHECK.run(BundleSubject(views, Claims(), "apps"))]


MISSING = "a trigger of type cpu needs a cpu request, and the container 'main' of the Deployment 'worker' has none."


@pytest.mark.parametrize("resources", [{}, {"requests": {"memory": "1Gi"}}, {"requests": {"cpu": 0}}, None])
def test_a_trigger_of_cpu_needs_a_request(resources: Any) -> None:
    """A request of something else, and one of nothing, is none."""
    main = {"name": "main", "resources": resources}
    assert found(workload(main), scaled_object(CPU)) == [("spec.triggers[0]", MISSING)]


@pytest.mark.parametrize("resources", [{"requests": {"cpu": "1m"}}, {"limits": {"cpu": 1}}, {"requests": {"cpu": "?"}}])
def test_a_limit_is_a_request(resources: Any) -> None:
    """Kubernetes asks for as much as the limit where nothing is asked; what is no quantity is told elsewhere."""
    assert found(workload({"name": "main", "resources": resources}), scaled_object(CPU)) == []


def test_what_a_pod_asks_for_as_a_whole_counts_for_all_of_its_containers() -> None:
    """But not for a trigger that names one of them."""
    pod = workload({"name": "main"}, resources={"requests": {"cpu": 1}})
    named = CPU | {"metadata": {"value": "80", "containerName": "main"}}
    assert found(pod, scaled_object(CPU)) == []
    assert found(pod, scaled_object(named)) == [("spec.triggers[0]", MISSING)]


def test_a_trigger_that_names_a_container_needs_the_request_of_that_one_alone() -> None:
    """A name that no container has is told with the nearest."""
    pod = workload({"name": "main", "resources": {"requests": {"cpu": 1}}}, {"name": "proxy"})
    named = CPU | {"metadata": {"value": "80", "containerName": "main"}}
    assert found(pod, scaled_object(named)) == []
    misspelt = CPU | {"metadata": {"value": "80", "containerName": "mian"}}
    problems = list(CHECK.run(BundleSubject([pod, scaled_object(misspelt)], Claims())))
    assert [each.advice for each in problems] == ["Did you mean 'main'?"]


def test_defaults_of_the_namespace_count() -> None:
    """As far as they are for containers, above zero, and in the same namespace."""
    bare, trigger = workload({"name": "main"}), scaled_object(CPU)
    assert found(limit_range(defaultRequest={"cpu": "1m"}), bare, trigger) == []
    assert found(limit_range(default={"cpu": 1}), bare, trigger) == []
    missing = [("spec.triggers[0]", MISSING)]
    assert found(limit_range(defaultRequest={"memory": "1Gi"}), bare, trigger) == missing
    assert found(limit_range(defaultRequest={"cpu": 0}), bare, trigger) == missing
    assert found(limit_range("Pod", default={"cpu": 1}), bare, trigger) == missing
    assert found(limit_range(namespace="other", default={"cpu": 1}), bare, trigger) == missing


def test_an_autoscaler_needs_requests_for_a_share_alone() -> None:
    """An average value is one without them."""
    share = {"type": "Utilization", "averageUtilization": 80}
    value = {"type": "AverageValue", "averageValue": "1"}
    bare = workload({"name": "main"})
    for target, paths in ((share, ["spec.metrics[0].resource"]), (value, [])):
        metric = {"type": "Resource", "resource": {"name": "cpu", "target": target}}
        assert [path for path, _ in found(bare, autoscaler(metric))] == paths


def test_an_autoscaler_of_a_container_that_is_not_there_is_told() -> None:
    """Whatever it measures."""
    target = {"type": "AverageValue", "averageValue": "1"}
    source = {"name": "cpu", "container": "proxy", "target": target}
    metric = {"type": "ContainerResource", "containerResource": source}
    message = "the Deployment 'worker' has no container 'proxy', so it is never scaled."
    assert found(workload({"name": "main"}), autoscaler(metric)) == [("spec.metrics[0].containerResource", message)]


def test_what_is_scaled_elsewhere_is_left_alone() -> None:
    """A target that the bundle does not hold, another kind, and a trigger that measures no containers."""
    bare = workload({"name": "main"})
    assert found(scaled_object(CPU)) == []
    assert found(bare, scaled_object(CPU, name="other")) == []
    assert found(bare, scaled_object(CPU, kind="StatefulSet")) == []
    assert found(bare, scaled_object({"type": "temporal"})) == []

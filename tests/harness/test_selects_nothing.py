"""The check `selects-nothing`: Services and network policies select pods of the bundle, and ports that these have."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checks import BundleSubject, Claims, External, Problem
from nested_templates.yaml_documents import Document

CHECK = next(check for check in load_checks() if check.name == "selects-nothing")
NOTHING_CLAIMED = Claims()


def pods(kind: str = "Deployment", namespace: str = "web", **labels: str) -> Document:
    """A workload whose pods have these labels and a port `http`."""
    metadata = {"name": "front", "namespace": namespace}
    spec: dict[str, Any] = {"containers": [{"name": "main", "ports": [{"name": "http", "containerPort": 80}]}]}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": {**metadata, "labels": labels}, "spec": spec}
    template: dict[str, Any] = {"template": {"metadata": {"labels": labels}, "spec": spec}}
    if kind == "CronJob":
        template = {"jobTemplate": {"spec": template}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": template}


def service(selector: object, port: object = 80, **spec: Any) -> Document:
    """A Service with that selector, to that port of the pods."""
    spec = {"selector": selector, "ports": [{"port": 80, "targetPort": port}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front", "namespace": "web"}, "spec": spec}


def policy(selector: object, *ports: object) -> Document:
    """A network policy with that selector, which lets traffic in to these ports."""
    spec = {"podSelector": selector, "ingress": [{"ports": [{"port": 80}]}, {"ports": [{"port": p} for p in ports]}]}
    metadata = {"name": "front", "namespace": "web"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def found(*documents: Document, claims: Claims = NOTHING_CLAIMED) -> list[Problem]:
    """What the check finds, in the documents and in its views of them."""
    problems = list(CHECK.run(BundleSubject(documents, claims, "web")))
    assert list(CHECK.run(BundleSubject([CHECK.view(each) for each in documents], claims, "web"))) == problems
    return problems


NOBODY = [
    (service({"app": "nobody"}), "spec.selector"),
    (service({"app": "front", "tier": "edge"}), "spec.selector"),
    (policy({"matchLabels": {"app": "nobody"}}), "spec.podSelector"),
    (policy({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["front"]}]}), "spec.podSelector"),
    (policy({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}), "spec.podSelector"),
]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Pod"])
@pytest.mark.parametrize(("selecting", "path"), NOBODY)
def test_a_selector_that_no_pod_has_is_told(kind: str, selecting: Document, path: str) -> None:
    """Another value, one label too many, or an expression that excludes all is told at the selector."""
    (problem,) = found(pods(kind, app="front"), selecting)
    assert (problem.path, problem.document) == (path, 1)


def test_pods_of_another_namespace_are_not_selected() -> None:
    """The labels count in the selector's own namespace."""
    (problem,) = found(pods(namespace="elsewhere", app="front"), service({"app": "front"}))
    assert problem.path == "spec.selector"


@pytest.mark.parametrize("port", ["grpc", "HTTP", "http-"])
def test_a_port_name_that_no_selected_pod_has_is_told(port: str) -> None:
    """A Service's target and a port that a network policy opens are names of ports of the pods that are selected."""
    other = pods(app="other")
    other["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"name": port, "containerPort": 81}]
    (of_service,) = found(pods(app="front"), other, service({"app": "front"}, port))
    assert of_service.path == "spec.ports[0].targetPort"
    (of_policy,) = found(pods(app="front"), other, policy({"matchLabels": {"app": "front"}}, "http", port))
    assert of_policy.path == "spec.ingress[1].ports[1].port"


@pytest.mark.parametrize(
    "selecting",
    [
        service({"app": "front"}, "http"),
        service({"app": "front"}, 9999),
        service(None),
        service({"app": "nobody"}, type="ExternalName"),
        policy({}),
        policy({}, "http", 81),
        policy({"matchExpressions": [{"key": "app", "operator": "In", "values": ["front", "back"]}]}, "http"),
    ],
)
def test_what_selects_pods_or_needs_none_is_no_finding(selecting: Document) -> None:
    """Numbers of ports need not be listed; no selector leaves the endpoints to somebody else, an empty one is all."""
    assert found(pods(app="front"), selecting) == []


def test_pods_of_other_releases_are_not_known() -> None:
    """Where the bundle has no pods, or the configuration says that others bring some, nothing is told."""
    assert found(service({"app": "nobody"})) == []
    claims = Claims(external=(External("Pod", "*", "another release brings them"),))
    assert found(pods(app="front"), service({"app": "nobody"}), claims=claims) == []

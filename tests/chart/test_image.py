"""Image: what a worker runs, how its image is pulled, and the port its metrics are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helm_nested.pytest_plugin import over

from .worker import container, pod

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]


@over(kind="Deployment", stage="filled")
def test_container_is_the_endpoints(document: Document, arguments: Document) -> None:
    """The container is called main, as the control plane looks for it, and runs IMAGE with COMMAND to the letter."""
    found = container(document)
    assert (found["name"], found["image"], found["command"]) == ("main", arguments["IMAGE"], arguments["COMMAND"])


@over(kind="Deployment", stage="filled", choices={"rollout": "default"})
def test_image_is_pulled_once_without_credentials(document: Document) -> None:
    """By default a node pulls an image that it lacks, and no pull secret is named."""
    assert container(document)["imagePullPolicy"] == "IfNotPresent"
    assert "imagePullSecrets" not in pod(document)


@over(kind="Deployment", stage="filled")
def test_pull_policy_is_honoured(document: Document, values: Document) -> None:
    """`imagePullPolicy` arrives as it is, and null leaves it to Kubernetes."""
    assert container(document).get("imagePullPolicy") == values["temporal.imagePullPolicy"]


@over(kind="Deployment", stage="filled")
def test_pull_secrets_are_honoured(document: Document, values: Document) -> None:
    """`imagePullSecrets` arrive as they are; without any there is no such field."""
    assert pod(document).get("imagePullSecrets") == (values["temporal.imagePullSecrets"] or None)


@over(kind="Deployment", stage="filled", choices={"metrics": "absent"})
def test_no_port_is_open(document: Document) -> None:
    """By default a worker has no port: it asks for work, and nobody asks it."""
    assert "ports" not in container(document)


@over(kind="Deployment", stage="filled")
def test_metrics_port_is_honoured(document: Document, values: Document) -> None:
    """`metrics.port` is a port named metrics, by which a probe or a PodMonitor refers to it; null is no port."""
    number = values["temporal.metrics.port"]
    expected = [{"name": "metrics", "containerPort": number, "protocol": "TCP"}] if number else None
    assert container(document).get("ports") == expected

"""Names and namespaces: of what an endpoint gets, and of what the release installs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.engine import Release
from helm_nested.pytest_plugin import over

from .bundle import render
from .connection import config_map_name
from .names import account_name, endpoint_namespace, full_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]

# A config of its own stands beside the user's, so it has another name.
SUFFIXES = {"endpoint-config.yaml": "-endpoint-config", "worker-settings-temporal.yaml": "-worker"}
VERSIONS = {
    "ConfigMap": "v1",
    "Deployment": "apps/v1",
    "PodDisruptionBudget": "policy/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "TriggerAuthentication": "keda.sh/v1alpha1",
    "VerticalPodAutoscaler": "autoscaling.k8s.io/v1",
}


@over(stage="filled", key="endpoint-config.yaml")
def test_endpoint_config_is_named_after_the_endpoint(document: Document, arguments: Document) -> None:
    """The endpoint's own configuration stands beside the user's under the endpoint's name with a suffix."""
    assert document["metadata"]["name"] == f"{arguments['RESOURCE_NAME']}-endpoint-config"


@over(stage="filled")
def test_everything_of_an_endpoint_has_its_name(document: Document, arguments: Document) -> None:
    """Every object of an endpoint is in its namespace, under its name, in the version of its kind that is served."""
    name = arguments["RESOURCE_NAME"]
    assert document["metadata"]["name"] in (name, f"{name}-endpoint-config", f"{name}-worker")
    assert document["metadata"]["namespace"] == arguments["NAMESPACE"]
    assert document["apiVersion"] == VERSIONS[document["kind"]]


@over(stage="filled", key="user-config.yaml")
def test_user_config_is_the_argument(document: Document, arguments: Document) -> None:
    """user-config holds the user's configuration to the letter, under the endpoint's name, and nothing else."""
    assert document["metadata"]["name"] == arguments["RESOURCE_NAME"]
    assert document["data"] == {"raw_data": arguments["CONFIG_DATA_SERIALIZED"]}
    assert set(document) == {"apiVersion", "kind", "metadata", "data"}


@over(stage="filled", key="endpoint-config.yaml")
def test_endpoint_config_is_the_argument(document: Document, arguments: Document) -> None:
    """endpoint-config holds what the endpoint is to the letter, and nothing else."""
    assert document["data"] == {"raw_data": arguments["ENDPOINT_CONFIG_SERIALIZED"]}
    assert set(document) == {"apiVersion", "kind", "metadata", "data"}


@over(stage="installed")
def test_installed_objects_are_named_after_the_release(document: Document, values: Document, release: Release) -> None:
    """What is the release's own is in its namespace, what workers use in theirs, each under a name that tells it."""
    name = full_name(values, release)
    endpoints = endpoint_namespace(values, release)
    metadata = document["metadata"]
    found = (document["kind"], metadata["name"], metadata.get("namespace"))
    own = f"{name}-control-plane"
    kinds = ("Deployment", "Service", "ServiceAccount", "PersistentVolumeClaim", "NetworkPolicy", "PodMonitor")
    token_review = f"{release.namespace}-{name}-token-review"
    assert found in {
        *((kind, own, release.namespace) for kind in kinds),
        *((kind, own, endpoints) for kind in ("Role", "RoleBinding")),
        *((kind, f"{own}-templates", release.namespace) for kind in ("Role", "RoleBinding")),
        *((kind, token_review, None) for kind in ("ClusterRole", "ClusterRoleBinding")),
        ("ConfigMap", f"{name}-service-template-config", release.namespace),
        ("ConfigMap", config_map_name(values, release), endpoints),
        ("Pod", f"{name}-test", release.namespace),
        ("NetworkPolicy", f"{name}-workers", endpoints),
        ("ServiceAccount", account_name(values), endpoints),
        ("LimitRange", "extra", None),
        ("PodMonitor", f"{name}-workers", endpoints),
        ("PrometheusRule", f"{name}-workers", endpoints),
        ("ConfigMap", f"{name}-dashboards", release.namespace),
        ("PriorityClass", "model-engine-default-priority", None),
        ("PriorityClass", "model-engine-high-priority", None),
    }


@pytest.mark.parametrize(
    ("release", "override", "name"),
    [
        ("temporal-endpoints", "", "temporal-endpoints"),
        ("prod", "", "prod-temporal-endpoints"),
        ("prod", "mine", "mine"),
        ("a" * 53, "", "a" * 37),
        ("prod", "b" * 37, "b" * 37),
        (f"temporal-endpoints-of-a-very-large-{'c' * 3}", "", "temporal-endpoints-of-a-very-large-cc"),
        (f"temporal-endpoints-of-a-very-long-te-{'d' * 3}", "", "temporal-endpoints-of-a-very-long-te"),
        (f"{'g' * 36}.{'h' * 16}", "", "g" * 36),
    ],
)
def test_names_follow_the_release(release: str, override: str, name: str) -> None:
    """The ConfigMap is named after the release, `fullnameOverride` under `temporal:` wins, and long names are cut.

    Where the cut would leave a hyphen or a dot at the end, that goes as well.
    """
    bundle = render({"temporal": {"fullnameOverride": override}}, release=Release(name=release))
    templates = bundle.all("ConfigMap")[0]
    assert templates["metadata"]["name"] == f"{name}-service-template-config"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"fullnameOverride": f"{'e' * 39}-and-more"}, "e" * 39),
        ({"serviceIdentifier": f"{'f' * 26}-and-more"}, f"model-engine-{'f' * 26}"),
    ],
)
def test_llm_engines_name_is_cut_as_llm_engine_does(values: dict[str, str], name: str) -> None:
    """llm-engine cuts its full name at 40 characters, and no hyphen is left at the end."""
    assert render(values).pod("cpu")["serviceAccountName"] == name


@pytest.mark.parametrize("endpoints", ["", "endpoints"])
def test_a_namespace_that_looks_like_a_number_stays_text(endpoints: str) -> None:
    """A release may go to the namespace 2024; every object that names a namespace names that one or the endpoints'."""
    values = {"config": {"values": {"launch": {"endpoint_namespace": endpoints}}}}
    bundle = render({**values, "temporal": {"install": {"networkPolicy": True}}}, release=Release(namespace="2024"))
    assert {each["metadata"].get("namespace") for each in bundle.objects} == {"2024", endpoints or "2024"}

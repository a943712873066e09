"""Promise 2, a bundle: what `scaling-without-requests` says of a ScaledObject, KEDA's webhook says of it too."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checks import BundleSubject, Claims
from local_cluster.api import Api, Object
from local_cluster.cluster import Cluster
from local_cluster.errors import ApiError
from local_cluster.processes import wait_until

from .whole_object import whole

CHECK = next(check for check in load_checks() if check.name == "scaling-without-requests")
NAMESPACE, WITH_DEFAULTS = "requests", "requests-with-defaults"
ASKING, BARE = {"name": "main", "resources": {"requests": {"cpu": "1"}}}, {"name": "proxy"}
LIMITED = {"name": "main", "resources": {"limits": {"cpu": "1"}}}
OTHERWISE = {"name": "main", "resources": {"requests": {"memory": "1Gi"}}}
NOTHING = {"name": "main", "resources": {"requests": {"cpu": "0"}}}
DEFAULTS: Object = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "defaults", "namespace": WITH_DEFAULTS},
    "spec": {"limits": [{"type": "Container", "defaultRequest": {"cpu": "100m"}}]},
}


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Api:
    """The server, with a namespace, and with one that has defaults."""
    for namespace in (NAMESPACE, WITH_DEFAULTS):
        cluster.plane.namespace(namespace)
    cluster.plane.api.apply(DEFAULTS)
    return cluster.plane.api


@pytest.mark.parametrize(
    ("name", "namespace", "containers", "pod", "container"),
    [
        ("asks", NAMESPACE, [ASKING], {}, None),
        ("limited", NAMESPACE, [LIMITED], {}, None),
        ("bare", NAMESPACE, [BARE], {}, None),
        ("one-of-two", NAMESPACE, [ASKING, BARE], {}, None),
        ("the-one-that-asks", NAMESPACE, [ASKING, BARE], {}, "main"),
        ("the-one-that-does-not", NAMESPACE, [ASKING, BARE], {}, "proxy"),
        ("memory-alone", NAMESPACE, [OTHERWISE], {}, None),
        ("nothing", NAMESPACE, [NOTHING], {}, None),
        ("the-pod", NAMESPACE, [BARE], {"resources": {"requests": {"cpu": "1"}}}, None),
        ("not-the-pod", NAMESPACE, [BARE], {"resources": {"requests": {"cpu": "1"}}}, "proxy"),
        ("defaults", WITH_DEFAULTS, [BARE], {}, None),
    ],
)
def test_keda_refuses_what_the_check_calls_wrong(
    api: Api, name: str, namespace: str, containers: list[Object], pod: Object, container: str | None
) -> None:
    """And takes the rest; of a dry run it would say nothing."""
    metadata = {"name": name, "namespace": namespace}
    deployment = whole(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": dict(metadata),
            "spec": {"replicas": 0, "template": {"spec": {"containers": containers, **pod}}},
        }
    )
    value: dict[str, Any] = {"value": "80"} | ({} if container is None else {"containerName": container})
    scaled: Object = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": dict(metadata),
        "spec": {
            "minReplicaCount": 1,
            "scaleTargetRef": {"name": name},
            "triggers": [{"type": "cpu", "metricType": "Utilization", "metadata": value}],
        },
    }
    api.apply(deployment)
    said = ""

    def is_judged() -> bool:
        """The webhook learns of the Deployment a moment later."""
        nonlocal said
        try:
            api.create(scaled)
        except ApiError as error:
            said = error.message
        return f'"{name}" not found' not in said

    wait_until("KEDA knows the Deployment", is_judged)
    problems = list(CHECK.run(BundleSubject([DEFAULTS, deployment, scaled], Claims())))
    assert ("doesn't have the cpu request defined" in said) == bool(problems), said
    assert bool(said) == bool(problems), said

"""Promise 3: pods are created at the Pod Security level that is claimed, and what they lack is named beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from helm_nested.checking.model import BundleSubject, Claims
from helm_nested.checks import reference
from local_cluster.api import Api, Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import FIELD_MANAGER, Contract, live_config_map
from local_cluster.processes import wait_until

from .releases import SCENARIOS, installed, remove_new, scenario_name, snapshot

ARGUMENT_SETS = {"cpu": "converted-artifact", "gpu": "gpu-h100"}
OF_THE_HOST = "of-the-host"
CLAIM = "temporal.scaleml.io/pod-security"
# What a pod cannot be created without; the rest it waits for.
NEEDED: dict[str, tuple[str, Object]] = {
    "ServiceAccount": ("v1", {}),
    "PriorityClass": ("scheduling.k8s.io/v1", {"value": 1}),
    "RuntimeClass": ("node.k8s.io/v1", {"handler": "any"}),
}
CLUSTER_WIDE = {"PriorityClass", "RuntimeClass"}


class Place:
    """The namespace of a release, which enforces for endpoints the level that the release claims."""

    def __init__(self, cluster: Cluster, contract: Contract, namespace: str) -> None:
        self.contract, self.api, self.namespace = contract, cluster.plane.api, namespace
        level = live_config_map(self.api, self.namespace)["metadata"]["annotations"][CLAIM]
        cluster.plane.namespace(self.namespace, pod_security=level)

    def deployment(self, device: str) -> Object:
        """The Deployment of an endpoint in that namespace."""
        arguments = self.contract.arguments(
            ARGUMENT_SETS[device],
            {"NAMESPACE": self.namespace, "RESOURCE_NAME": f"launch-endpoint-id-{device}", "COMMAND": ["sleep", "600"]},
        )
        key = f"deployment-runnable-image-temporal-{device}.yaml"
        [template] = [each for each in self.contract.live(self.api, self.namespace) if each.key == key]
        [document] = self.contract.fill(template, arguments).documents
        return dict(document)

    def prepare(self, kind: str, name: str) -> None:
        """Bring what a pod needs, as whoever runs the cluster does."""
        api_version, content = NEEDED[kind]
        namespace = {} if kind in CLUSTER_WIDE else {"namespace": self.namespace}
        metadata = {"name": name, **namespace}
        self.api.apply({"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}, force=True)


@contextmanager
def opened(cluster: Cluster, contract: Contract, scenario: str) -> Iterator[Place]:
    """A place with one scenario installed, of which nothing is left afterwards."""
    namespace = f"pods-{scenario}"
    for name in (namespace, "launch-endpoints", "temporal-endpoints"):
        cluster.plane.namespace(name)
    before = snapshot(cluster)
    [file] = [each for each in SCENARIOS if scenario_name(each) == scenario]
    with installed(cluster, namespace, f"--values={file}"):
        yield Place(cluster, contract, namespace)
    remove_new(cluster, before)


@pytest.fixture(scope="module", params=[scenario_name(path) for path in SCENARIOS])
def place(request: pytest.FixtureRequest, cluster: Cluster, contract: Contract) -> Iterator[Place]:
    """Such a place for each scenario."""
    with opened(cluster, contract, request.param) as found:
        yield found


def failure(api: Api, where: Reference) -> str:
    """Why the ReplicaSet controller could create no pod, as the Deployment says it."""
    conditions = api.get(where)["status"].get("conditions") or []
    return next((each["message"] for each in conditions if each["type"] == "ReplicaFailure"), "")


def pods(api: Api, where: Reference) -> list[Object]:
    """The pods of a Deployment that is there, and not those of one with its name that was deleted a moment ago."""
    live = api.find(where)
    sets = api.list(Reference("apps/v1", "ReplicaSet", where.namespace), labels=f"app={where.name}") if live else []
    found = api.list(Reference("v1", "Pod", where.namespace), labels=f"app={where.name}")
    return owned(found, owned(sets, [live] if live else []))


def owned(objects: Sequence[Object], owners: Sequence[Object]) -> list[Object]:
    """Those of the objects that one of these owns."""
    owner_ids = {owner["metadata"]["uid"] for owner in owners}
    return [
        each
        for each in objects
        if owner_ids & {reference["uid"] for reference in each["metadata"].get("ownerReferences") or []}
    ]


def missing(document: Object) -> set[tuple[str, str]]:
    """What the check `reference` says that a pod of this Deployment cannot be created without."""
    said = " ".join(problem.message for problem in reference.CHECK.run(BundleSubject([document], Claims())))
    spec = document["spec"]["template"]["spec"]
    named = {
        ("ServiceAccount", spec.get("serviceAccountName")),
        ("PriorityClass", spec.get("priorityClassName")),
        ("RuntimeClass", spec.get("runtimeClassName")),
    }
    return {(kind, name) for kind, name in named if name and f"nothing brings the {kind} {name!r}" in said}


@pytest.mark.parametrize("device", ARGUMENT_SETS)
def test_pods_are_created_once_what_is_named_beforehand_is_there(place: Place, device: str) -> None:
    """The server refuses a pod for what the bundle check named, one thing after the other, and for nothing else."""
    document = place.deployment(device)
    where = Reference.of(document)
    named = missing(document)
    for _ in range(len(named) + 1):
        place.api.apply(document, manager=FIELD_MANAGER)
        told = wait_until(
            "a pod is there, or why not", lambda: pods(place.api, where) or failure(place.api, where), seconds=30
        )
        if not isinstance(told, str):
            break
        lacking = {(kind, name) for kind, name in named if name in told}
        assert lacking, f"the server misses what the check does not name: {told}"
        for kind, name in lacking:
            place.prepare(kind, name)
        named -= lacking
        # The controller tries again by itself, but waits longer each time.
        place.api.delete(where)
        wait_until("it is gone", lambda: place.api.find(where) is None)
    assert pods(place.api, where)
    place.api.delete(where)


def test_a_level_is_really_enforced(place: Place) -> None:
    """A pod on the host's network is refused at every level but privileged, so that created pods mean something."""
    labels = place.api.get(Reference("v1", "Namespace", None, place.namespace))["metadata"]["labels"]
    document = place.deployment("cpu")
    document["metadata"]["name"] = OF_THE_HOST
    document["spec"]["template"]["spec"]["hostNetwork"] = True
    for kind, name in missing(document):
        place.prepare(kind, name)
    where = Reference.of(document)
    place.api.apply(document, manager=FIELD_MANAGER)
    wait_until("a pod is there, or why not", lambda: pods_of_the_host(place) or failure(place.api, where), seconds=30)
    is_refused = "violates PodSecurity" in failure(place.api, where)
    assert is_refused == (labels["pod-security.kubernetes.io/enforce"] != "privileged")
    place.api.delete(where)


def pods_of_the_host(place: Place) -> list[Object]:
    """The pods of that Deployment, which has the labels of another one."""
    found = place.api.list(Reference("v1", "Pod", place.namespace))
    return [pod for pod in found if pod["metadata"]["name"].startswith(OF_THE_HOST)]


@pytest.mark.parametrize(("resource", "amount"), [("pods", "0"), ("requests.cpu", "1m")])
def test_a_quota_that_is_used_up_is_told_by_the_deployment(
    cluster: Cluster, contract: Contract, resource: str, amount: str
) -> None:
    """No check can know a quota; the Deployment then has the server's words, where users look first."""
    with opened(cluster, contract, "default") as place:
        metadata = {"name": "little", "namespace": place.namespace}
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
        place.api.apply({**quota, "spec": {"hard": {resource: amount}}})
        document = place.deployment("cpu")
        for kind, name in missing(document):
            place.prepare(kind, name)
        where = Reference.of(document)
        place.api.apply(document, manager=FIELD_MANAGER)
        told = wait_until("the reason is told", lambda: failure(place.api, where), seconds=30)
        assert "exceeded quota: little" in told
        place.api.delete(where)
        place.api.delete(Reference.of(quota))

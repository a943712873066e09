"""Promise 2, the matrix: the server takes every distinct document of it, and the checks say of each what it says."""

from __future__ import annotations

import copy
from collections import Counter

import pytest

from helm_nested.properties.documents import CorpusDocuments
from local_cluster.api import Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.definitions import install_definitions

from .releases import ROOT
from .server_verdict import Judge, Verdict, applied

MONITORING = ROOT / "schemas" / "prometheus-operator"
RELEASE_NAMESPACE = "of-the-release"
KINDS = (
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Deployment",
    "LimitRange",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "PodMonitor",
    "PriorityClass",
    "PrometheusRule",
    "Role",
    "RoleBinding",
    "ScaledObject",
    "Service",
    "ServiceAccount",
    "TriggerAuthentication",
    "VerticalPodAutoscaler",
)
CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "PriorityClass"}
# So many faults tell enough.
SHOWN = 5


@pytest.fixture(scope="module")
def judge(cluster: Cluster, helm_nested_documents: CorpusDocuments) -> Judge:
    """The checks; the cluster knows all kinds and namespaces that the documents name."""
    install_definitions(cluster.plane.api, MONITORING)
    named = {str(each.document["metadata"].get("namespace") or RELEASE_NAMESPACE) for each in helm_nested_documents}
    for namespace in sorted(named):
        cluster.plane.namespace(namespace)
    return Judge(cluster.tools, MONITORING)


def test_every_kind_is_asked_about(helm_nested_documents: CorpusDocuments) -> None:
    """No document of the matrix is of a kind that the next test leaves out, and none of its kinds is without one."""
    assert {each.kind for each in helm_nested_documents} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_takes_every_document_of_the_matrix(
    cluster: Cluster, judge: Judge, helm_nested_documents: CorpusDocuments, kind: str
) -> None:
    """Each is taken without a warning, by the server and by the checks."""
    said: Counter[str] = Counter()
    count = 0
    for each in helm_nested_documents:
        if each.kind != kind:
            continue
        count += 1
        document = dict(each.document)
        where = Reference.of(document)
        if kind not in CLUSTER_WIDE and not where.namespace:
            where = where._replace(namespace=RELEASE_NAMESPACE)
        by_server, by_checks = applied(cluster.plane.api, document, where), judge.verdict(document)
        if by_server != by_checks or by_server != Verdict(accepted=True, warned=False):
            said[f"the server: {by_server.words or 'fine'}; the checks: {by_checks.words or 'fine'}"] += 1
    assert said.most_common(SHOWN) == []
    assert count


def under_another_name(document: Object, name: str) -> Object:
    """The object, as nothing else is called, and without a pod."""
    changed: Object = copy.deepcopy(document)
    changed["metadata"]["name"] = name
    if changed["kind"] == "Deployment":
        changed["spec"]["replicas"] = 0
    return changed


# A Pod would run, and of a volume claim others write the status at any time. The last four belong to endpoints alone.
NOT_TRIED = {
    "Pod",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "ScaledObject",
    "TriggerAuthentication",
    "VerticalPodAutoscaler",
}
INSTALLED = sorted({*KINDS} - NOT_TRIED)


@pytest.mark.parametrize("kind", INSTALLED)
def test_what_is_installed_is_written_once(
    cluster: Cluster, judge: Judge, helm_nested_documents: CorpusDocuments, kind: str
) -> None:
    """An upgrade with the same values writes nothing: each object of a release, applied again, stays as it is."""
    api, written, count = cluster.plane.api, Counter[str](), 0
    for each in helm_nested_documents:
        if each.kind != kind or each.stage != "installed":
            continue
        count += 1
        document = under_another_name(dict(each.document), f"written-once-{count}")
        where = Reference.of(document)
        if kind not in CLUSTER_WIDE and not where.namespace:
            where = where._replace(namespace=RELEASE_NAMESPACE)
        versions = []
        for _ in range(2):
            metadata = api.apply(document, force=True, where=where).body["metadata"]
            # Others write a status.
            versions.append(metadata.get("generation") or metadata["resourceVersion"])
        api.delete(where)
        written.update([f"{each.name} is written again"] if versions[0] != versions[1] else [])
    assert written.most_common(SHOWN) == []
    assert count

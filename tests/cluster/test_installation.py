"""Promise 1: every values file is installed, upgraded, rolled back, tested and uninstalled by Helm 3 and Helm 4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from helm_nested.chart import load_chart
from helm_nested.engine import IN_PROCESS, open_engine
from helm_nested.scenario import load_scenario
from local_cluster.cluster import Cluster
from local_cluster.command import Said
from local_cluster.endpoint import Contract, live_config_map
from nested_templates.yaml_documents import load_documents

from .mounts import needs_mounts
from .releases import (
    CHART,
    MAJORS,
    RELEASE,
    ROOT,
    SCENARIOS,
    Snapshot,
    content_difference,
    difference,
    helm,
    installed,
    is_hook,
    is_kept,
    remove_new,
    scenario_name,
    snapshot,
)

# The namespaces that the values files name as those of the endpoints.
ENDPOINT_NAMESPACES = ("launch-endpoints", "temporal-endpoints")
# Who installs, and who does all that follows.
PAIRS = tuple(product(MAJORS, MAJORS))


@dataclass(frozen=True)
class Life:
    """What was there before a release and after each step of its life, and what its tests said."""

    scenario: Path
    namespace: str
    before: Snapshot
    installed: Snapshot
    upgraded_with_the_same: Snapshot
    upgraded_with_others: Snapshot
    rolled_back: Snapshot
    uninstalled: Snapshot
    live: Any
    tested: Said


def other_values(scenario: Path, cluster: Cluster) -> list[str]:
    """Options that change the values; a scenario that names a Temporal server gets the cluster's own."""
    temporal = (yaml.safe_load(scenario.read_text()) or {}).get("temporal") or {}
    address = (temporal.get("connection") or {}).get("address")
    own = [f"--set=temporal.connection.address={cluster.temporal.address}"] if address else []
    return ["--set=temporal.podLabels.changed=really", *own]


def identifier(value: object) -> str:
    """How a parameter is shown."""
    return scenario_name(value) if isinstance(value, Path) else f"helm{value[0]}-helm{value[1]}"  # type: ignore[index]


@pytest.fixture(
    scope="module", params=list(product(SCENARIOS, PAIRS)), ids=lambda pair: "-".join(map(identifier, pair))
)
def life(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Life]:
    """A whole life of a release with one values file, by one pair of Helms."""
    scenario, (first, second) = request.param
    for name in ENDPOINT_NAMESPACES:
        cluster.plane.namespace(name)
    namespace = f"life-{first}-{second}-{scenario_name(scenario)}"
    cluster.plane.namespace(namespace, pod_security="restricted")
    one, two = helm(cluster, first), helm(cluster, second)
    values, where = f"--values={scenario}", f"--namespace={namespace}"
    before = snapshot(cluster)
    one("install", RELEASE, CHART, values, where)
    installed = snapshot(cluster)
    live = live_config_map(cluster.plane.api, namespace)
    two("upgrade", RELEASE, CHART, values, where)
    same = snapshot(cluster)
    two("upgrade", RELEASE, CHART, values, where, *other_values(scenario, cluster))
    others = snapshot(cluster)
    tested = two.run("test", RELEASE, where, "--timeout=60s")
    two("rollback", RELEASE, "1", where)
    rolled_back = snapshot(cluster)
    two("uninstall", RELEASE, where)
    uninstalled = snapshot(cluster)
    yield Life(scenario, namespace, before, installed, same, others, rolled_back, uninstalled, live, tested)
    remove_new(cluster, before)


def test_the_live_config_map_is_what_helm_nested_renders(life: Life, contract: Contract) -> None:
    """The API server holds the very texts, labels and annotations that `helm-nested render` shows."""
    chart = load_chart(CHART)
    version = replace(contract.configuration.release, name=RELEASE, namespace=life.namespace, kube_version="v1.36.3")
    stage_one = open_engine(IN_PROCESS, chart).render(load_scenario([life.scenario]).layers, version)
    [rendered] = [
        document
        for manifest in stage_one.manifests
        for document in load_documents(manifest.text, manifest.source)
        if document["kind"] == "ConfigMap" and document["metadata"]["name"] == life.live["metadata"]["name"]
    ]
    assert life.live["data"] == rendered["data"]
    for part in ("labels", "annotations"):
        of_helm = {"meta.helm.sh/release-name", "meta.helm.sh/release-namespace", "app.kubernetes.io/managed-by"}
        said = {key: value for key, value in life.live["metadata"].get(part, {}).items() if key not in of_helm}
        assert said == {key: value for key, value in rendered["metadata"].get(part, {}).items() if key not in of_helm}


def test_something_is_installed(life: Life) -> None:
    """The release's namespace holds its ConfigMap."""
    names = [where.name for where in life.installed if where.namespace == life.namespace]
    assert life.live["metadata"]["name"] in names


def test_an_upgrade_with_the_same_values_changes_nothing(life: Life) -> None:
    """No object is written to; one that is a hook is made again and says the same."""
    assert difference(life.installed, life.upgraded_with_the_same) == []


def test_an_upgrade_with_other_values_changes_the_templates_in_place(life: Life) -> None:
    """The ConfigMap has the new label in its Deployments, and nothing is gone."""
    changed = difference(life.installed, life.upgraded_with_others)
    assert any(
        line.endswith("-service-template-config: .data.deployment-runnable-image-temporal-cpu.yaml changed")
        for line in changed
    )
    assert not [line for line in changed if line.endswith(("is gone", "is new"))]


@needs_mounts
def test_the_tests_of_the_chart_pass(life: Life) -> None:
    """`helm test` finds every key in the mounted ConfigMap, and reaches the Temporal server that the values name."""
    assert life.tested.status == 0, life.tested.out + life.tested.err
    assert "Phase:          Succeeded" in life.tested.out


def test_a_rollback_brings_back_what_was_installed(life: Life) -> None:
    """After a rollback every object says what it said at first, and so does one that is a hook."""
    assert content_difference(life.installed, life.rolled_back) == []


def test_uninstalling_leaves_what_is_to_be_kept_and_nothing_else(life: Life) -> None:
    """All that is left is what running workers need, which the chart marks, and what Helm treats as a hook."""
    made = {where: document for where, document in life.rolled_back.items() if where not in life.before}
    left = {where for where in life.uninstalled if where not in life.before}
    assert left == {where for where, document in made.items() if is_hook(document) or is_kept(document)}


@pytest.mark.parametrize("major", MAJORS)
def test_uninstalling_leaves_nothing_that_is_not_to_be_kept(cluster: Cluster, major: int) -> None:
    """With `temporal.install.keep: false` everything goes, of the values that install the most."""
    cluster.plane.namespace("temporal-endpoints")
    before = snapshot(cluster)
    command, where = helm(cluster, major), f"--namespace={cluster.plane.namespace(f'nothing-kept-{major}')}"
    values = [f"--values={ROOT}/values/stand-alone.yaml", "--set=temporal.install.keep=false"]
    command("install", RELEASE, CHART, where, *values)
    assert len(difference(before, snapshot(cluster))) >= 5
    command("uninstall", RELEASE, where)
    assert difference(before, snapshot(cluster)) == []


@needs_mounts
def test_a_temporal_server_that_is_not_reached_fails_the_test_of_the_chart(cluster: Cluster) -> None:
    """`helm test` fails, and the test's pod says which address it tried."""
    namespace = cluster.plane.namespace("unreached", pod_security="restricted")
    address = "127.0.0.1:1"
    with installed(cluster, namespace, f"--set=temporal.connection.address={address}") as command:
        said = command.run("test", RELEASE, f"--namespace={namespace}", "--timeout=60s")
    assert said.status != 0
    logs = list((cluster.folder / "pods" / namespace).rglob("*.log"))
    assert [log for log in logs if f"no Temporal frontend at {address}" in log.read_text()]

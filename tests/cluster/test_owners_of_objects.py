"""No object is lost or stuck when its owner changes: a hook, the release, another release, nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from local_cluster.api import Reference
from local_cluster.cluster import Cluster

from .releases import CHART, MAJORS, helm

RELEASE = "te"
TEMPLATES = "te-temporal-endpoints-service-template-config"
CONNECTION = "te-temporal-endpoints-connection"
PLAIN = {"connection": {"address": "t:7233"}}
HOOK = {**PLAIN, "configMap": {"hook": True}}
EXISTING = {"connection": {"address": "t:7233", "existingConfigMap": "theirs"}}
ALONE = {**PLAIN, "install": {"priorityClasses": True}, "serviceAccount": {"create": True}}


class Life:
    """A release in a namespace of its own, by one Helm."""

    def __init__(self, cluster: Cluster, major: int, name: str, folder: Path) -> None:
        self._api, self._command, self._folder = cluster.plane.api, helm(cluster, major), folder
        self.namespace = cluster.plane.namespace(f"{name}-{major}")

    def step(self, verb: str, temporal: object = None, *, release: str = RELEASE) -> None:
        """One command of Helm, which must succeed."""
        arguments = [verb, release, f"--namespace={self.namespace}"]
        self._command(*arguments, *(self.values(temporal) if temporal else ()))

    def back(self, revision: int) -> None:
        """A rollback, which must succeed."""
        self._command("rollback", RELEASE, str(revision), f"--namespace={self.namespace}")

    def refused(self, temporal: object, *, release: str) -> str:
        """What Helm says to an installation that must fail."""
        said = self._command.run("install", release, f"--namespace={self.namespace}", *self.values(temporal))
        assert said.status != 0
        return said.err

    def values(self, temporal: object) -> tuple[str | Path, ...]:
        """The chart, with these values."""
        file = self._folder / "values.yaml"
        file.write_text(yaml.safe_dump({"temporal": temporal}))
        return CHART, f"--values={file}"

    def has(self, name: str, kind: str = "ConfigMap") -> bool:
        """Whether the namespace has that object."""
        return self._api.find(Reference("v1", kind, self.namespace, name)) is not None


@pytest.mark.parametrize("major", MAJORS)
def test_the_hook_is_switched_on_a_live_release(cluster: Cluster, major: int, tmp_path: Path) -> None:
    """Each way, twice, and back by rollbacks: the ConfigMap is there after every step."""
    life = Life(cluster, major, "switched", tmp_path)
    life.step("install", PLAIN)
    for temporal in (HOOK, HOOK, PLAIN, PLAIN, HOOK):
        life.step("upgrade", temporal)
        assert life.has(TEMPLATES), temporal
    for revision in (1, 2, 4, 3):
        life.back(revision)
        assert life.has(TEMPLATES), revision
    life.step("uninstall")
    assert life.has(TEMPLATES)  # revision 3 is a hook's, which Helm never removes
    life.step("install", PLAIN)
    life.step("uninstall")
    assert not life.has(TEMPLATES)


@pytest.mark.parametrize("major", MAJORS)
def test_the_connection_outlives_its_release(cluster: Cluster, major: int, tmp_path: Path) -> None:
    """It stays when the values name another one and when the release goes, and a new release takes it over."""
    life = Life(cluster, major, "connected", tmp_path)
    life.step("install", PLAIN)
    for verb, temporal in (("upgrade", EXISTING), ("upgrade", PLAIN), ("uninstall", None), ("install", PLAIN)):
        life.step(verb, temporal)
        assert life.has(CONNECTION), verb
    life.step("upgrade", {**PLAIN, "install": {"keep": False}})
    life.step("uninstall")
    assert not life.has(CONNECTION)


@pytest.mark.parametrize("major", MAJORS)
def test_two_releases_do_not_share_what_one_owns(cluster: Cluster, major: int, tmp_path: Path) -> None:
    """The second release is told whose the classes and the account are, and they outlive the first."""
    life = Life(cluster, major, "shared", tmp_path)
    life.step("install", ALONE, release="one")
    said = life.refused(ALONE, release="two")
    for name in ("model-engine-default-priority", "model-engine-high-priority"):
        assert f"The PriorityClass {name} exists and belongs to the release one in namespace" in said
    assert "The ServiceAccount model-engine exists and belongs to the release one in namespace" in said
    life.step("uninstall", release="one")
    assert life.has("model-engine", "ServiceAccount")
    life.step("install", ALONE, release="one")
    life.step("upgrade", {**ALONE, "install": {"priorityClasses": True, "keep": False}}, release="one")
    life.step("uninstall", release="one")
    assert not life.has("model-engine", "ServiceAccount")

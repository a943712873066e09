"""Promise 7: `helm-nested patch` brings its keys into a living ConfigMap, and takes them out again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from local_cluster.api import Api, Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.command import Command, Said

from .releases import MAJORS, ROOT, helm

PATCHED = (
    "deployment-runnable-image-temporal-cpu.yaml",
    "deployment-runnable-image-temporal-gpu.yaml",
    "keda-scaled-object-temporal.yaml",
    "keda-trigger-authentication-temporal.yaml",
    "worker-settings-temporal.yaml",
)
NAME = "model-engine-service-template-config"
MANAGER = "helm-nested-patch"
VALUES = {"temporal": {"scaling": "keda", "connection": {"address": "temporal.example.com:7233"}}}
# A chart with the ConfigMap of somebody else, as llm-engine's own: a hook, or not.
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: model-engine-service-template-config
  {{- if .Values.hook }}
  annotations:
    "helm.sh/hook": pre-install,pre-upgrade
    "helm.sh/hook-weight": "-1"
  {{- end }}
data:
  deployment-runnable-image-sync-cpu.yaml: {{ .Values.own | quote }}
  user-config.yaml: theirs
"""


@dataclass
class Neighbour:
    """A release of another chart, with its ConfigMap."""

    cluster: Cluster
    major: int
    folder: Path
    namespace: str

    def __post_init__(self) -> None:
        """Write the chart and our values."""
        (self.folder / "templates").mkdir()
        (self.folder / "Chart.yaml").write_text("apiVersion: v2\nname: model-engine\nversion: 0.1.0\n")
        (self.folder / "templates" / "service_template_config_map.yaml").write_text(TEMPLATE)
        (self.folder / "values.yaml").write_text("hook: false\nown: first\n")
        self.write_values(VALUES)
        self.cluster.plane.namespace(self.namespace)

    @property
    def api(self) -> Api:
        """The cluster's administrator."""
        return self.cluster.plane.api

    @property
    def where(self) -> Reference:
        """The ConfigMap."""
        return Reference("v1", "ConfigMap", self.namespace, NAME)

    def write_values(self, values: object) -> None:
        """Say with which values the patch renders."""
        (self.folder / "patch-values.yaml").write_text(yaml.safe_dump(values))

    def release(self, verb: str, *options: str) -> None:
        """Install or upgrade it."""
        helm(self.cluster, self.major)(verb, "model-engine", self.folder, f"--namespace={self.namespace}", *options)

    def patch(self, *options: str, name: str = NAME) -> Said:
        """Run the script as whoever patches does."""
        given = () if "--revert" in options else (f"--values={self.folder}/patch-values.yaml",)
        kubectl = f"--kubectl={self.cluster.tools('kubectl')}"
        environment = {**self.cluster.plane.environment(), "PYTHONPATH": str(ROOT / "src")}
        command = Command(ROOT / "scripts" / "patch-configmap", environment)
        return command.run(name, f"--namespace={self.namespace}", kubectl, *given, *options)

    def data(self) -> dict[str, str]:
        """What the ConfigMap holds."""
        found: dict[str, str] = self.api.get(self.where)["data"]
        return found


def version(neighbour: Neighbour) -> str:
    """What changes with every write."""
    return str(neighbour.api.get(neighbour.where)["metadata"]["resourceVersion"])


@pytest.fixture(params=MAJORS)
def neighbour(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Iterator[Neighbour]:
    """A release that Helm 3 or 4 has installed."""
    name = request.node.originalname.removeprefix("test_").replace("_", "-")[:40].rstrip("-")
    made = Neighbour(cluster, request.param, tmp_path, f"{name}-{request.param}")
    made.release("install")
    yield made
    cluster.plane.api.delete(Reference("v1", "Namespace", None, made.namespace))


def test_the_keys_come_and_go(neighbour: Neighbour) -> None:
    """A dry run writes nothing, a patch brings five keys, a second changes nothing, a revert takes them out."""
    before, first = neighbour.data(), version(neighbour)
    tried = neighbour.patch("--dry-run")
    assert tried.status == 0, tried.err
    assert "+    kind: ScaledObject" in tried.out or "+kind: ScaledObject" in tried.out
    assert version(neighbour) == first
    assert neighbour.patch().status == 0
    patched = neighbour.data()
    assert {key: text for key, text in patched.items() if key not in PATCHED} == before
    assert set(PATCHED) <= set(patched)
    assert "${TEMPORAL_TASK_QUEUE}" in patched[PATCHED[2]]
    second = version(neighbour)
    again = neighbour.patch()
    assert (again.status, version(neighbour)) == (0, second), again.err
    assert "No text of the ConfigMap" in again.out
    reverted = neighbour.patch("--revert")
    assert reverted.status == 0, reverted.err
    assert neighbour.data() == before
    managers = {entry["manager"] for entry in neighbour.api.get(neighbour.where)["metadata"]["managedFields"]}
    assert MANAGER not in managers


def test_an_upgrade_of_the_release_keeps_the_keys(neighbour: Neighbour) -> None:
    """Of a ConfigMap that is no hook, Helm changes what it owns; a patch with other values changes what is ours."""
    assert neighbour.patch().status == 0
    neighbour.release("upgrade", "--set=own=second")
    data = neighbour.data()
    assert set(PATCHED) <= set(data)
    assert data["deployment-runnable-image-sync-cpu.yaml"] == "second"
    neighbour.write_values({"temporal": {**VALUES["temporal"], "podLabels": {"squad": "speech"}}})
    said = neighbour.patch()
    assert said.status == 0, said.err
    assert "squad" in said.out
    assert "2 keys of the ConfigMap" in said.out
    assert neighbour.data()["deployment-runnable-image-sync-cpu.yaml"] == "second"


def test_an_upgrade_removes_the_keys_from_a_hook(neighbour: Neighbour) -> None:
    """The warning is true: Helm makes the hook anew, without the keys."""
    assert neighbour.patch().err == ""
    neighbour.patch("--revert")
    # The first upgrade makes the hook, and then removes what the release no longer has.
    for _ in range(2):
        neighbour.release("upgrade", "--set=hook=true")
    said = neighbour.patch()
    assert said.status == 0, said.err
    assert "is a Helm hook (pre-install,pre-upgrade): the next helm upgrade of its release" in said.err
    assert "docs/beside-llm-engine.md" in said.err
    assert set(PATCHED) <= set(neighbour.data())
    neighbour.release("upgrade", "--set=hook=true")
    assert set(PATCHED).isdisjoint(neighbour.data())


def test_keys_of_somebody_else_are_left_to_their_owner(neighbour: Neighbour) -> None:
    """A key that another manager has with another text is a conflict that names it, and then no key is written."""
    own: Object = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": neighbour.namespace},
    }
    neighbour.api.apply({**own, "data": {PATCHED[0]: "of the platform team"}}, manager="platform-team")
    before = neighbour.data()
    said = neighbour.patch()
    assert said.status == 2
    assert f'{PATCHED[0]} belongs to "platform-team"' in said.err
    assert neighbour.data() == before
    neighbour.api.apply(own, manager="platform-team")
    assert neighbour.patch().status == 0
    assert neighbour.patch("--revert").status == 0
    assert set(PATCHED).isdisjoint(neighbour.data())


def test_what_kubectl_apply_wrote_is_not_taken_over(neighbour: Neighbour) -> None:
    """`kubectl apply --server-side` would take the fields of an earlier `kubectl apply` and remove them."""
    kubectl = [str(neighbour.cluster.tools("kubectl")), f"--kubeconfig={neighbour.cluster.plane.kubeconfig}"]
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "applied", "namespace": neighbour.namespace},
        "data": {"user-config.yaml": "theirs"},
    }
    subprocess.run([*kubectl, "apply", "-f-"], input=yaml.safe_dump(document), text=True, check=True, timeout=60)
    for options in ((), (), ("--revert",)):
        said = neighbour.patch(*options, name="applied")
        assert said.status == 0, said.err
        data = neighbour.api.get(neighbour.where._replace(name="applied"))["data"]
        assert data.pop("user-config.yaml") == "theirs"
        assert set(data) == (set() if options else set(PATCHED))


def test_no_config_map_is_made(neighbour: Neighbour) -> None:
    """A wrong name is told, also if the ConfigMap goes between the question and the change."""
    said = neighbour.patch(name="model-engine")
    assert said.status == 2
    assert "has no ConfigMap model-engine" in said.err
    assert neighbour.api.find(neighbour.where._replace(name="model-engine")) is None

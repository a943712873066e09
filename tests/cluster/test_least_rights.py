"""Promise 8: the rights that docs/rights.md names are enough to install the chart and to patch, and each is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_cluster.api import Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.command import Command, Said

from .mounts import needs_mounts
from .releases import CHART, MAJORS, RELEASE, ROOT, remove_new, snapshot

GROUP = "rbac.authorization.k8s.io"
USER = "somebody"
CONFIG_MAP = "model-engine-service-template-config"
IN_NAMESPACE, IN_CLUSTER, OF_PATCH, CONTROL_PLANE_IN_NAMESPACE, CONTROL_PLANE_IN_CLUSTER = (
    yaml.safe_load(block)["rules"]
    for block in re.findall(r"```yaml\n(.+?)```", (ROOT / "docs" / "rights.md").read_text(), re.DOTALL)
)
# With everything of those rules, and nothing kept, so that uninstalling deletes it all.
TEMPORAL = {
    "connection": {"address": "temporal.example.com:7233"},
    "serviceAccount": {"create": True, "name": "worker"},
    "install": {"networkPolicy": True, "priorityClasses": True, "keep": False},
    "test": {"connection": False},
}

CONTROL_PLANE = {
    "controlPlane": {
        "enabled": True,
        "replicas": 0,
        "image": {"repository": "registry.example.com/temporal-endpoints"},
        "authentication": {"tokenReview": True},
    }
}

# With it Helm prints the log of the test's pod. Without it not every run says that it could not.
FOR_PRINTING = ("pods/log", "get")

Rules = Sequence[dict[str, Any]]
# One verb of one resource.
Right = tuple[str, str]


def rights(*rules: Rules) -> list[Right]:
    """Every right that these rules give."""
    return [(rule["resources"][0], verb) for some in rules for rule in some for verb in rule["verbs"]]


def without(rules: Rules, right: Right | None) -> Rules:
    """The rules but for one right."""
    resource, verb = right or ("", "")
    return [
        {**rule, "verbs": [each for each in rule["verbs"] if (rule["resources"][0], each) != (resource, verb)]}
        for rule in rules
    ]


def allow(cluster: Cluster, user: str, namespace: str, in_namespace: Rules, in_cluster: Rules = ()) -> None:
    """Give a user these rights, and no others."""
    subject = {"kind": "User", "apiGroup": GROUP, "name": user}
    for prefix, rules in (("", in_namespace), ("Cluster", in_cluster)):
        metadata: Object = {"name": user, **({} if prefix else {"namespace": namespace})}
        role: Object = {"apiVersion": f"{GROUP}/v1", "kind": f"{prefix}Role", "metadata": metadata}
        allowed = [rule for rule in rules if rule["verbs"]]
        cluster.plane.api.apply({**role, "rules": allowed}, force=True)
        reference = {"apiGroup": GROUP, "kind": f"{prefix}Role", "name": user}
        binding = {**role, "kind": f"{prefix}RoleBinding", "roleRef": reference, "subjects": [subject]}
        cluster.plane.api.apply(binding, force=True)


class Life:
    """A whole life of a release, in the name of a user."""

    def __init__(self, cluster: Cluster, major: int, namespace: str, user: str, values: Path) -> None:
        environment = {**cluster.plane.environment(), "HELM_KUBEASUSER": user}
        self._helm, self._where = Command(cluster.tools(f"helm{major}"), environment), f"--namespace={namespace}"
        self._values = f"--values={values}"

    def live(self) -> Said:
        """How the first of its steps that fails ends, or the last."""
        chart = (CHART, self._values)
        other = ("--set=temporal.podLabels.changed=really", "--set=temporal.serviceAccount.annotations.a=b")
        steps = (
            ("install", RELEASE, *chart),
            ("upgrade", RELEASE, *chart, *other, "--set=temporal.install.labels.a=b"),
            ("test", RELEASE, "--timeout=30s"),
            ("rollback", RELEASE, "1"),
            ("uninstall", RELEASE),
        )
        for verb, *arguments in steps:
            said = self._helm.run(verb, *arguments, self._where)
            if said.status != 0 or "forbidden" in said.err:
                break
        return said


@pytest.fixture
def values(tmp_path: Path) -> Path:
    """A values file."""
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump({"temporal": TEMPORAL}))
    return file


@pytest.fixture
def with_control_plane(tmp_path: Path) -> Path:
    """A values file that installs a control plane as well."""
    file = tmp_path / "with-control-plane.yaml"
    file.write_text(yaml.safe_dump({"temporal": {**TEMPORAL, **CONTROL_PLANE}}))
    return file


@pytest.fixture(autouse=True)
def _nothing_left(cluster: Cluster) -> Iterator[None]:
    """Priority classes, among others, that a life which failed has left."""
    before = snapshot(cluster)
    yield
    remove_new(cluster, before)


@needs_mounts
@pytest.mark.parametrize("major", MAJORS)
def test_the_rights_are_enough_for_a_whole_life(cluster: Cluster, major: int, values: Path) -> None:
    """Install, upgrade, test, rollback and uninstall succeed, and nothing is left."""
    namespace, user = cluster.plane.namespace(f"rights-enough-{major}"), f"{USER}-{major}"
    allow(cluster, user, namespace, IN_NAMESPACE, IN_CLUSTER)
    before = snapshot(cluster)
    said = Life(cluster, major, namespace, user, values).live()
    assert (said.status, "forbidden" in said.err) == (0, False), said.err
    assert snapshot(cluster).keys() == before.keys()


def require_needed(cluster: Cluster, prefix: str, right: Right, rules: tuple[Rules, Rules], values: Path) -> None:
    """Let both Helms live without a right, of those in the namespace or in the cluster: one of them has to miss it."""
    name = "-".join((prefix, *right)).replace("/", "-")
    in_namespace, in_cluster = rules
    for major in MAJORS:
        namespace, user = cluster.plane.namespace(f"{name}-{major}"), f"{name}-{major}"
        allow(cluster, user, namespace, without(in_namespace, right), without(in_cluster, right))
        before = snapshot(cluster)
        said = Life(cluster, major, namespace, user, values).live()
        remove_new(cluster, before)
        if said.status != 0 or "forbidden" in said.err:
            return
    pytest.fail(f"both Helms do without {right}")


NEEDED = [right for right in rights(IN_NAMESPACE, IN_CLUSTER) if right != FOR_PRINTING]


@needs_mounts
@pytest.mark.parametrize("right", NEEDED, ids="-".join)
def test_each_right_of_the_chart_is_needed(cluster: Cluster, right: Right, values: Path) -> None:
    """Without it one of the two Helms fails, or says that something was forbidden."""
    require_needed(cluster, "rights", right, (IN_NAMESPACE, IN_CLUSTER), values)


ALL_IN_NAMESPACE = [*IN_NAMESPACE, *CONTROL_PLANE_IN_NAMESPACE]
ALL_IN_CLUSTER = [*IN_CLUSTER, *CONTROL_PLANE_IN_CLUSTER]
OF_CONTROL_PLANE = sorted(
    {*rights(CONTROL_PLANE_IN_NAMESPACE, CONTROL_PLANE_IN_CLUSTER)} - {*rights(IN_NAMESPACE, IN_CLUSTER)}
)


@needs_mounts
@pytest.mark.parametrize("major", MAJORS)
def test_the_rights_are_enough_for_a_control_plane(cluster: Cluster, major: int, with_control_plane: Path) -> None:
    """With the rights of both sections a release that has one lives from install to uninstall."""
    namespace, user = cluster.plane.namespace(f"control-plane-enough-{major}"), f"{USER}-of-control-plane-{major}"
    allow(cluster, user, namespace, ALL_IN_NAMESPACE, ALL_IN_CLUSTER)
    before = snapshot(cluster)
    said = Life(cluster, major, namespace, user, with_control_plane).live()
    assert (said.status, "forbidden" in said.err) == (0, False), said.err
    # Nothing here tells a volume claim that no pod uses it any more: it has been deleted when it says so.
    left = snapshot(cluster)
    assert [where for where in left.keys() - before.keys() if "deletionTimestamp" not in left[where]["metadata"]] == []


@needs_mounts
@pytest.mark.parametrize("right", OF_CONTROL_PLANE, ids="-".join)
def test_each_right_to_install_a_control_plane_is_needed(
    cluster: Cluster, right: Right, with_control_plane: Path
) -> None:
    """Without it one of the two Helms fails, or says that something was forbidden."""
    require_needed(cluster, "control-plane", right, (ALL_IN_NAMESPACE, ALL_IN_CLUSTER), with_control_plane)


def patch(cluster: Cluster, namespace: str, user: str, values: Path, *options: str) -> Said:
    """`helm-nested patch` with the certificate of a user."""
    pair = cluster.plane.authority.issue(user)
    kubeconfig = yaml.safe_load(cluster.plane.kubeconfig.read_text())
    kubeconfig["users"][0]["user"] = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
    file = values.with_name("kubeconfig")
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(kubeconfig))
    environment = {**cluster.plane.environment(), "PYTHONPATH": str(ROOT / "src")}
    command = Command(ROOT / "scripts" / "patch-configmap", environment)
    given = [f"--kubectl={cluster.tools('kubectl')}", f"--kubeconfig={file}", f"--namespace={namespace}"]
    return command.run(CONFIG_MAP, *given, *options)


@pytest.mark.parametrize("missing", [None, *rights(OF_PATCH)], ids=str)
def test_a_patch_needs_two_verbs_of_one_object(cluster: Cluster, missing: Right | None, values: Path) -> None:
    """With both it is written and reverted; without one it says which rights a patch needs, and writes nothing."""
    name = f"patcher-{missing[1] if missing else 'whole'}"
    namespace = cluster.plane.namespace(name)
    where = Reference("v1", "ConfigMap", namespace, CONFIG_MAP)
    metadata = {"name": CONFIG_MAP, "namespace": namespace}
    theirs = {"user-config.yaml": "theirs"}
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": theirs}
    cluster.plane.api.apply(own)
    allow(cluster, name, namespace, without(OF_PATCH, missing))
    said = patch(cluster, namespace, name, values, f"--values={values}")
    data = cluster.plane.api.get(where)["data"]
    if missing:
        assert said.status == 2
        assert (
            f"the verbs get and patch of this one ConfigMap, and no more. Try: kubectl auth can-i {missing[1]}"
            in said.err
        )
        assert data == theirs
        return
    assert said.status == 0, said.err
    written = data.keys() - theirs.keys()
    assert written
    assert all("temporal" in key for key in written)
    assert patch(cluster, namespace, name, values, "--revert").status == 0
    assert cluster.plane.api.get(where)["data"] == theirs

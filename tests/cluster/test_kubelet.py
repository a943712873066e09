"""The stand-in kubelet gives a pod what it asks for, so that what a worker sees here it sees on a node."""

from __future__ import annotations

import base64
import copy
import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from local_cluster.api import Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.kubelet.pod import Pod
from local_cluster.processes import wait_until

from .mounts import needs_mounts

NAMESPACE = "kubelet"
_numbers = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def namespace(cluster: Cluster) -> None:
    """A namespace with something for pods to take."""
    cluster.plane.namespace(NAMESPACE)
    for kind, name, data in (
        ("ConfigMap", "settings", {"data": {"COLOUR": "red", "file.txt": "from a ConfigMap"}}),
        ("Secret", "keys", {"stringData": {"TOKEN": "s3cret"}}),
    ):
        metadata = {"name": name, "namespace": NAMESPACE}
        cluster.plane.api.apply({"apiVersion": "v1", "kind": kind, "metadata": metadata, **data})


def pod(cluster: Cluster, script: str, *, container: Object | None = None, **spec: Any) -> Reference:
    """Create a pod whose one container runs this script."""
    name = f"pod-{next(_numbers)}"
    main = {"name": "main", "image": "none", "command": ["sh", "-c", script], **(container or {})}
    metadata = {"name": name, "namespace": NAMESPACE}
    document = {"restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [main], **spec}
    cluster.plane.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": document})
    return Reference("v1", "Pod", NAMESPACE, name)


def log(cluster: Cluster, where: Reference) -> str:
    """What the container wrote."""
    path = cluster.folder / "pods" / NAMESPACE / str(where.name) / "main.log"
    return path.read_text() if path.exists() else ""


def phase(cluster: Cluster, where: Reference) -> str:
    """The phase that the API server knows."""
    found = cluster.plane.api.find(where)
    return str(found["status"].get("phase")) if found else "gone"


def finished(cluster: Cluster, where: Reference, expected: str = "Succeeded") -> str:
    """What the container wrote until it ended."""
    wait_until(f"{where.name} is {expected}", lambda: phase(cluster, where) == expected, seconds=30)
    return log(cluster, where)


def status(cluster: Cluster, where: Reference) -> Any:
    """The status of the one container."""
    [found] = cluster.plane.api.get(where)["status"].get("containerStatuses", [{}])
    return found


def is_ready(cluster: Cluster, where: Reference) -> bool:
    """Whether the pod is ready."""
    conditions = cluster.plane.api.get(where)["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def test_the_environment_is_that_of_the_pod(cluster: Cluster) -> None:
    """Variables of envFrom come first, then env in order; $(NAME) is replaced, $$ is a dollar, unknown names stay."""
    env = [
        {"name": "COLOUR", "value": "blue"},
        {"name": "BOTH", "value": "$(COLOUR) $(PREFIX_COLOUR) $$(COLOUR) $(NOBODY)"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "TOKEN"}}},
        {"name": "OPTIONAL", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "none", "optional": True}}},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    env_from = [
        {"configMapRef": {"name": "settings"}},
        {"prefix": "PREFIX_", "configMapRef": {"name": "settings"}},
        {"secretRef": {"name": "absent", "optional": True}},
    ]
    script = 'echo "$COLOUR|$BOTH|$TOKEN|${OPTIONAL-unset}|$POD"'
    where = pod(cluster, script, container={"env": env, "envFrom": env_from})
    assert finished(cluster, where) == f"blue|blue red $(COLOUR) $(NOBODY)|s3cret|unset|{where.name}\n"


def test_nothing_of_the_starter_is_in_the_environment(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the one who started the cluster does not reach a pod, which would hide that the pod lacks it."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "of the starter")
    assert finished(cluster, pod(cluster, 'echo "${TEMPORAL_ADDRESS-unset}"')) == "unset\n"


@needs_mounts
def test_volumes_are_where_the_pod_says_and_nowhere_else(cluster: Cluster) -> None:
    """ConfigMaps, Secrets, chosen keys and emptyDirs are mounted; the machine itself gets no new file or folder."""
    volumes = [
        {"name": "settings", "configMap": {"name": "settings"}},
        {"name": "chosen", "secret": {"secretName": "keys", "items": [{"key": "TOKEN", "path": "deep/token"}]}},
        {"name": "empty", "emptyDir": {}},
    ]
    mounts = [
        {"name": "settings", "mountPath": "/local-cluster-test/settings"},
        {"name": "settings", "mountPath": "/etc/local-cluster-test/one.txt", "subPath": "file.txt"},
        {"name": "chosen", "mountPath": "/opt/local-cluster-test"},
        {"name": "empty", "mountPath": "/dev/shm"},
    ]
    script = (
        "cat /local-cluster-test/settings/file.txt; echo; cat /etc/local-cluster-test/one.txt; echo; "
        "cat /opt/local-cluster-test/deep/token; echo; touch /dev/shm/written-by-a-pod; ls /dev/shm"
    )
    where = pod(cluster, script, container={"volumeMounts": mounts}, volumes=volumes)
    assert finished(cluster, where) == "from a ConfigMap\nfrom a ConfigMap\ns3cret\nwritten-by-a-pod\n"
    for path in (
        "/local-cluster-test",
        "/etc/local-cluster-test",
        "/opt/local-cluster-test",
        "/dev/shm/written-by-a-pod",
    ):
        assert not Path(path).exists()


@needs_mounts
def test_what_is_on_a_claimed_volume_outlives_the_pod(cluster: Cluster) -> None:
    """The next pod that claims it finds it; without the claim's object no pod begins."""
    volumes = [{"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}}]
    container = {"volumeMounts": [{"name": "kept", "mountPath": "/local-cluster-test"}]}
    first = pod(cluster, "echo lasting > /local-cluster-test/file", container=container, volumes=volumes)
    said = 'persistentvolumeclaim "kept" not found'
    wait_until("it waits for the claim", lambda: said in str(status(cluster, first)), seconds=30)
    claim: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "kept", "namespace": NAMESPACE},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    cluster.plane.api.create(claim)
    finished(cluster, first)
    cluster.plane.api.delete(first)
    second = pod(cluster, "cat /local-cluster-test/file", container=container, volumes=volumes)
    assert finished(cluster, second) == "lasting\n"


def test_a_pod_finds_the_api_server(cluster: Cluster) -> None:
    """By the variables that every client library reads in a pod."""
    api = cluster.plane.api
    script = 'echo "$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"'
    assert finished(cluster, pod(cluster, script)) == f"{api.host}:{api.port}\n"


@needs_mounts
def test_the_service_account_token_is_one_that_the_server_knows(cluster: Cluster) -> None:
    """The mounted token is the account's own."""
    where = pod(
        cluster,
        "cut -d. -f2 /var/run/secrets/kubernetes.io/serviceaccount/token",
        automountServiceAccountToken=True,
    )
    claims = json.loads(base64.urlsafe_b64decode(finished(cluster, where).strip() + "=="))
    assert not Path("/run/secrets/kubernetes.io").exists()
    assert claims["sub"] == f"system:serviceaccount:{NAMESPACE}:default"


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({"envFrom": [{"configMapRef": {"name": "later"}}]}, 'configmap "later" not found'),
        (
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "LATER"}}}]},
            f"couldn't find key LATER in Secret {NAMESPACE}/keys",
        ),
    ],
)
def test_a_pod_waits_for_what_is_missing(cluster: Cluster, container: Object, said: str) -> None:
    """A missing ConfigMap or key keeps the pod pending, with the reason that a kubelet gives."""
    where = pod(cluster, "true", container=container)
    wait_until("the reason is told", lambda: said in str(status(cluster, where)), seconds=20)
    assert status(cluster, where)["state"]["waiting"]["reason"] == "CreateContainerConfigError"
    assert phase(cluster, where) == "Pending"
    cluster.plane.api.delete(where, grace=0)


def test_a_pod_starts_once_it_has_what_was_missing(cluster: Cluster) -> None:
    """Nothing has to be restarted by hand."""
    where = pod(cluster, 'echo "$NOW"', container={"envFrom": [{"configMapRef": {"name": "arrives"}}]})
    wait_until("it waits", lambda: "arrives" in str(status(cluster, where)), seconds=20)
    metadata = {"name": "arrives", "namespace": NAMESPACE}
    cluster.plane.api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"NOW": "here"}})
    assert finished(cluster, where) == "here\n"


def test_a_deleted_pod_gets_sigterm_and_its_grace_period(cluster: Cluster) -> None:
    """The process hears SIGTERM after the hook, ends in its own time, and then the pod is gone."""
    script = "trap 'echo asked; sleep 1; echo done; exit 0' TERM; echo ready; while true; do sleep 0.1; done"
    hook = {"lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "echo hook > hook.txt"]}}}}
    where = pod(cluster, script, container=hook, terminationGracePeriodSeconds=20)
    wait_until("it runs", lambda: "ready" in log(cluster, where), seconds=20)
    cluster.plane.api.delete(where)
    wait_until("it is gone", lambda: phase(cluster, where) == "gone", seconds=20)
    assert log(cluster, where) == "ready\nasked\ndone\n"
    ended = [step for step in cluster.kubelet.history if step.get("pod") == where.name and step["what"] == "ended"]
    assert [step["killed"] for step in ended] == [[]]


def test_a_process_that_does_not_end_is_killed_after_the_grace_period(cluster: Cluster) -> None:
    """SIGKILL comes when the grace period is over, and is noted."""
    script = "trap '' TERM; echo ready; while true; do sleep 0.1; done"
    where = pod(cluster, script, terminationGracePeriodSeconds=2)
    wait_until("it runs", lambda: "ready" in log(cluster, where), seconds=20)
    cluster.plane.api.delete(where)
    wait_until("it is gone", lambda: phase(cluster, where) == "gone", seconds=20)
    [ended] = [step for step in cluster.kubelet.history if step.get("pod") == where.name and step["what"] == "ended"]
    assert ended["killed"] == ["main"]


def test_a_pod_is_ready_when_its_probe_succeeds(cluster: Cluster, tmp_path: Path) -> None:
    """Readiness follows the probe in both directions."""
    mark = tmp_path / "ready"
    probe = {"readinessProbe": {"exec": {"command": ["test", "-e", str(mark)]}, "periodSeconds": 1}}
    where = pod(cluster, "sleep 60", container=probe, terminationGracePeriodSeconds=1)
    wait_until("it runs", lambda: phase(cluster, where) == "Running", seconds=20)
    assert not is_ready(cluster, where)
    mark.touch()
    wait_until("it is ready", lambda: is_ready(cluster, where), seconds=20)
    mark.unlink()
    wait_until("it is not ready any more", lambda: not is_ready(cluster, where), seconds=20)
    cluster.plane.api.delete(where, grace=0)


def test_a_container_that_ends_is_started_again(cluster: Cluster) -> None:
    """The policy Always starts it again and counts it."""
    where = pod(cluster, "echo once more; exit 3", restartPolicy="Always", terminationGracePeriodSeconds=1)
    wait_until("it was started again", lambda: status(cluster, where).get("restartCount", 0) >= 1, seconds=30)
    wait_until("it wrote twice", lambda: log(cluster, where).count("once more") >= 2, seconds=30)
    cluster.plane.api.delete(where, grace=0)


def test_a_failed_pod_says_its_status(cluster: Cluster) -> None:
    """The policy Never ends the pod with the exit status of its container."""
    where = pod(cluster, "exit 7")
    finished(cluster, where, "Failed")
    assert status(cluster, where)["state"]["terminated"]["exitCode"] == 7


def test_steps_are_told_as_events(cluster: Cluster) -> None:
    """What happens to a pod is an event, as `kubectl describe` shows it."""
    where = pod(cluster, "true")
    finished(cluster, where)
    events = cluster.plane.api.list(Reference("v1", "Event", NAMESPACE))
    assert "Started" in {each["reason"] for each in events if each["involvedObject"]["name"] == where.name}


def test_pod_is_looked_after_while_the_api_server_is_away(cluster: Cluster, tmp_path: Path) -> None:
    """What could not be told is told as soon as it answers again, and a pod that has ended is deleted then."""
    # On a node that nobody is, so that the cluster's own stand-in leaves it alone.
    where = pod(cluster, "sleep 60", nodeName="nobody")
    api, refusals = copy.copy(cluster.plane.api), [0]
    answered = api.request

    def request(*arguments: Any, **options: Any) -> Any:
        if refusals[0]:
            refusals[0] -= 1
            raise ConnectionRefusedError("the API server is away")
        return answered(*arguments, **options)

    # Of this copy alone: the cluster's own stand-in asks as before.
    object.__setattr__(api, "request", request)
    document = cluster.plane.api.get(where)
    refusals[0] = 2
    living = Pod(api, document, tmp_path, dict(os.environ), lambda *_, **__: None)
    living.start()
    wait_until("it runs", lambda: phase(cluster, where) == "Running", seconds=20)
    cluster.plane.api.delete(where)
    refusals[0] = 3
    living.end(0)
    wait_until("it is gone", lambda: phase(cluster, where) == "gone", seconds=20)

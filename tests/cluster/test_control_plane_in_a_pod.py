"""Promise: the chart's control plane runs in a pod as it is installed, with its account's rights and its volume."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_cluster import worker
from local_cluster.api import Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.errors import ClusterError
from local_cluster.load import Load
from local_cluster.processes import free_port, wait_until

from .control_plane_process import ENDPOINTS, SECONDS, AnswerError, ask, bundle, wish, with_key
from .mounts import needs_mounts
from .releases import CHART, RELEASE, helm

pytestmark = needs_mounts

NAMESPACE = "in-a-pod"
KEY = "the-key-of-speech"
PODS = Reference("v1", "Pod", NAMESPACE)
LABELS = "app.kubernetes.io/component=control-plane"


@dataclass
class Installed:
    """The release, and where its control plane answers."""

    cluster: Cluster
    port: int

    def ask(self, method: str, path: str, body: object = None, key: str = KEY) -> dict[str, Any]:
        """The API's answer to the owner of this key."""
        return ask(self.port, method, path, body, with_key(key))

    def look(self, path: str) -> dict[str, Any]:
        """The answer for one who waits: what cannot be told now is "not yet" for `wait_until`, other errors are not.

        Raises:
            AnswerError: the API refuses to tell.
            ClusterError: it cannot tell now.
        """
        try:
            return self.ask("GET", path)
        except AnswerError as error:
            if error.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            raise ClusterError(str(error)) from error

    def pods(self) -> list[Object]:
        """Those of the control plane that nobody has told to go."""
        found = self.cluster.plane.api.list(PODS, labels=LABELS)
        return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]

    def is_ready(self) -> bool:
        """Whether one of these pods says so."""
        conditions = [each for pod in self.pods() for each in pod.get("status", {}).get("conditions", [])]
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    def log(self) -> str:
        """What its pods have said."""
        folder = self.cluster.folder / "pods" / NAMESPACE
        return "\n".join(
            file.read_text() for file in sorted(folder.glob(f"{RELEASE}-control-plane-*/control-plane.log"))
        )

    def await_ready(self) -> None:
        """Wait for a pod that is ready."""
        wait_until("the control plane is ready", self.is_ready, seconds=SECONDS, every=0.3)


@pytest.fixture(scope="module")
def installed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The chart with its control plane, in a namespace that takes nothing but what is restricted."""
    cluster.plane.namespace(NAMESPACE, pod_security="restricted")
    metadata = {"name": "api-keys", "namespace": NAMESPACE}
    keys: Any = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"speech": KEY}}
    cluster.plane.api.apply(keys)
    port = free_port()
    temporal = {
        "scaling": "fixed",
        "connection": {"address": cluster.temporal.address},
        "serviceAccount": {"create": True, "name": "temporal-worker"},
        "install": {"priorityClasses": True},
        "controlPlane": {
            "enabled": True,
            "port": port,
            "image": {"repository": "registry.example.com/temporal-endpoints"},
            "authentication": {"keysSecretName": "api-keys"},
        },
    }
    values = {
        "config": {"values": {"launch": {"endpoint_namespace": NAMESPACE}}},
        "temporal": temporal,
    }
    file = tmp_path_factory.mktemp(NAMESPACE) / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    helm(cluster, 4)("install", RELEASE, CHART, f"--namespace={NAMESPACE}", f"--values={file}")
    found = Installed(cluster, port)
    try:
        found.await_ready()
    except Exception as error:
        pytest.fail(f"{error}\n{found.log()}", pytrace=False)
    yield found
    helm(cluster, 4)("uninstall", RELEASE, f"--namespace={NAMESPACE}", "--wait")


def test_endpoint_lives_and_a_new_pod_goes_on_with_its_records(
    installed: Installed, load: Load, tmp_path: Path
) -> None:
    """Its account may do all that an endpoint's life needs, and the volume keeps what was acknowledged."""
    record = tmp_path / "record.jsonl"
    flavor = bundle(command=[sys.executable, worker.__file__], env={"WORKER_RECORD": str(record)})
    bundle_id = installed.ask("POST", "/v2/model-bundles", flavor)["model_bundle_id"]
    body = wish(bundle_id, min_workers=1, max_workers=1, temporal_task_queue="queue-of-a-pod")
    endpoint_id = installed.ask("POST", ENDPOINTS, body)["endpoint_id"]

    def endpoint() -> dict[str, Any]:
        return installed.look(f"{ENDPOINTS}/{endpoint_id}")

    wait_until("it is READY", lambda: endpoint()["status"] == "READY", seconds=SECONDS, every=0.3)
    assert load.attempts(load.start("in-a-pod", "queue-of-a-pod", 2, 1, 2)) == [1, 1]

    (before,) = installed.pods()
    installed.cluster.plane.api.delete(Reference.of({"apiVersion": "v1", "kind": "Pod", **before}))
    installed.await_ready()
    installed.ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"temporal_task_queue": "another-queue-of-a-pod"})
    wait_until(
        "the new pod has brought it about",
        lambda: endpoint()["status"] == "READY" and endpoint()["observed_generation"] == 2,
        seconds=SECONDS,
        every=0.3,
    )
    assert load.attempts(load.start("in-a-new-pod", "another-queue-of-a-pod", 1, 1, 2)) == [1]

    installed.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}")
    wait_until("it is gone", lambda: installed.look(ENDPOINTS)["model_endpoints"] == [], seconds=SECONDS, every=0.3)
    assert installed.cluster.plane.api.list(Reference("apps/v1", "Deployment", NAMESPACE), labels="endpoint_id") == []


@pytest.mark.parametrize("key", ["", "the-key-of-nobody"])
def test_key_of_nobody_is_refused_and_not_logged(installed: Installed, key: str) -> None:
    """The keys are those of the Secret, and none of them is in the pod's log."""
    with pytest.raises(AnswerError) as caught:
        installed.ask("GET", ENDPOINTS, key=key)
    assert caught.value.status == 401
    assert "model_endpoints" in installed.ask("GET", ENDPOINTS)
    assert KEY not in installed.log()
    assert "the-key-of-nobody" not in installed.log()

"""The control plane lives with the chart's roles alone: they are enough, each right is used, each rule is missed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from local_cluster.api import Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.processes import wait_until

from .control_plane_process import ENDPOINTS, SECONDS, AnswerError, ControlPlaneProcess, bundle, wish
from .releases import CHART, RELEASE, helm, remove_new, snapshot

GROUP = "rbac.authorization.k8s.io"
NAME = f"{RELEASE}-control-plane"
# Every request to the API server is noted, with its answer's status: a patch that is answered by 201 has created.
NOTING = """
import httpx2, json, sys
send = httpx2.Client.send

def noting(client, request, **options):
    answer = send(client, request, **options)
    with open(place, "a") as file:
        file.write(json.dumps([request.method, str(request.url), answer.status_code]) + "\\n")
    return answer

place = sys.argv.pop(1)
httpx2.Client.send = noting
from temporal_endpoints.__main__ import main
sys.exit(main())
"""
VERBS = {"PATCH": "patch", "DELETE": "delete", "POST": "create"}

# A namespace, empty for the whole cluster; the API's group; a resource and a verb.
Right = tuple[str, str, str, str]


@dataclass
class Site:
    """A release whose control plane has no pod, and endpoints in a namespace of their own."""

    cluster: Cluster
    name: str
    folder: Path

    @property
    def endpoints(self) -> str:
        """The namespace of the endpoints."""
        return f"{self.name}-endpoints"

    def install(self) -> None:
        """Install the chart with everything that endpoints can be made of."""
        values = {
            "config": {"values": {"launch": {"endpoint_namespace": self.endpoints}}},
            "temporal": {
                "scaling": "keda",
                "connection": {"address": self.cluster.temporal.address, "apiKey": {"secretName": "key"}},
                "controlPlane": {
                    "enabled": True,
                    "replicas": 0,
                    "image": {"repository": "registry.example.com/temporal-endpoints"},
                    "authentication": {"tokenReview": True},
                },
            },
        }
        for namespace in (self.name, self.endpoints):
            self.cluster.plane.namespace(namespace)
        file = self.folder / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        helm(self.cluster, 4)("install", RELEASE, CHART, f"--namespace={self.name}", f"--values={file}")

    def roles(self) -> list[Reference]:
        """The roles that the chart gives its control plane."""
        namespaced = [
            Reference(f"{GROUP}/v1", "Role", self.endpoints, NAME),
            Reference(f"{GROUP}/v1", "Role", self.name, f"{NAME}-templates"),
        ]
        return [*namespaced, Reference(f"{GROUP}/v1", "ClusterRole", None, f"{self.name}-{RELEASE}-token-review")]

    def rights(self) -> set[Right]:
        """Every right that they give."""
        return {
            (role.namespace or "", group, resource, verb)
            for role in self.roles()
            for rule in self.cluster.plane.api.get(role)["rules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        }

    def token(self, account: str) -> str:
        """A token of a service account in the release's namespace."""
        where = Reference("v1", "ServiceAccount", self.name, account)
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = self.cluster.plane.api.request("POST", self.cluster.plane.api.path(where, "token"), request)
        return str(answer.body["status"]["token"])

    def noted(self) -> list[tuple[str, str, int]]:
        """What the control plane has asked the API server, and how it was answered."""
        file = self.folder / "noted"
        return [tuple(json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []

    @contextmanager
    def served(self) -> Iterator[ControlPlaneProcess]:
        """A control plane that has the account of the chart."""
        kubeconfig = yaml.safe_load(self.cluster.plane.kubeconfig.read_text())
        kubeconfig["users"][0]["user"] = {"token": self.token(NAME)}
        file = self.folder / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(yaml.safe_dump(kubeconfig))
        options = ["--token-review", f"--templates={self.name}/{RELEASE}-service-template-config"]
        process = ControlPlaneProcess(self.folder, file, self.endpoints, arguments=options)
        with process.running(program=("-c", NOTING, str(self.folder / "noted"))):
            yield process

    def ask(self, process: ControlPlaneProcess, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The API's answer to somebody with a token of the release's namespace."""
        return process.ask(method, path, body, {"Authorization": f"Bearer {self.token('default')}"})

    def create(self, process: ControlPlaneProcess) -> str:
        """The id of a new endpoint, which has an object of each kind."""
        bundle_id = self.ask(process, "POST", "/v2/model-bundles", bundle())["model_bundle_id"]
        body = wish(bundle_id, min_workers=0, max_workers=2, optimize_costs=True)
        return str(self.ask(process, "POST", ENDPOINTS, body)["endpoint_id"])

    def is_applied(self, process: ControlPlaneProcess, endpoint_id: str, generation: int) -> bool:
        """Whether the cluster holds this generation."""
        seen = self.ask(process, "GET", f"{ENDPOINTS}/{endpoint_id}")
        applied = [each["status"] for each in seen["conditions"] if each["type"] == "Applied"]
        return bool(seen["observed_generation"] == generation and applied == ["True"])


@pytest.fixture(autouse=True)
def _nothing_left(cluster: Cluster) -> Iterator[None]:
    """Objects of the whole cluster, among others."""
    before = snapshot(cluster)
    yield
    remove_new(cluster, before)


def used(noted: Sequence[tuple[str, str, int]]) -> set[Right]:
    """The rights that these requests take; discovery is everybody's."""
    found: set[Right] = set()
    for method, address, status in noted:
        parts = urlsplit(address)
        steps = parts.path.strip("/").split("/")
        group = "" if steps[0] == "api" else steps[1]
        rest = steps[2:] if steps[0] == "api" else steps[3:]
        namespace, rest = (rest[1], rest[2:]) if rest[:1] == ["namespaces"] else ("", rest)
        if not rest:
            continue
        verb = VERBS.get(method) or (
            "get" if len(rest) > 1 else "watch" if "watch" in parse_qs(parts.query) else "list"
        )
        found.add((namespace, group, rest[0], verb))
        if method == "PATCH" and status == 201:
            found.add((namespace, group, rest[0], "create"))
    return found


def test_the_roles_are_enough_and_every_right_is_used(cluster: Cluster, tmp_path: Path) -> None:
    """An endpoint comes, changes and goes; the server refuses nothing, and no right is left over."""
    site = Site(cluster, "rights", tmp_path)
    site.install()
    with site.served() as process:
        endpoint_id = site.create(process)
        wait_until("the first is applied", lambda: site.is_applied(process, endpoint_id, 1), seconds=SECONDS, every=0.3)
        site.ask(process, "PUT", f"{ENDPOINTS}/{endpoint_id}", {"temporal_task_queue": "another-queue"})
        wait_until(
            "the second is applied", lambda: site.is_applied(process, endpoint_id, 2), seconds=SECONDS, every=0.3
        )
        site.ask(process, "DELETE", f"{ENDPOINTS}/{endpoint_id}")

        def is_gone() -> bool:
            with suppress(AnswerError):
                site.ask(process, "GET", f"{ENDPOINTS}/{endpoint_id}")
                return False
            return True

        wait_until("it is gone", is_gone, seconds=SECONDS, every=0.3)
    assert not [each for each in site.noted() if each[2] == 403]
    # What a pod costs a scale-in is written where some workers are busy and others are not, and here are none.
    marking = {(site.endpoints, "", "pods", "patch")}
    assert used(site.noted()) == site.rights() - marking


@pytest.mark.parametrize(("role", "rule"), [*((0, rule) for rule in range(6)), (1, 0), (2, 0)], ids=str)
def test_without_a_rule_the_server_refuses_something(cluster: Cluster, tmp_path: Path, role: int, rule: int) -> None:
    """Each rule of each role is missed."""
    site = Site(cluster, f"no-rule-{role}-{rule}", tmp_path)
    site.install()
    where = site.roles()[role]
    live: Object = cluster.plane.api.get(where)
    rules = [each for number, each in enumerate(live["rules"]) if number != rule]
    cluster.plane.api.patch(where, {"rules": rules})
    with site.served() as process:

        def is_refused() -> bool:
            with suppress(AnswerError):
                site.create(process)
            return any(status == 403 for _, _, status in site.noted())

        wait_until("the server refuses something", is_refused, seconds=SECONDS, every=0.5)

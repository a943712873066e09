"""KEDA beside a control plane: its definitions, operator, metrics adapter and admission webhooks."""

from __future__ import annotations

import base64
import os
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from local_cluster.api import Reference
from local_cluster.control_plane import SECONDS_TO_START, ControlPlane
from local_cluster.definitions import holds, install_definitions
from local_cluster.processes import HOST, Child, Processes, free_port, wait_until
from local_cluster.tools import Tools

NAMESPACE = "keda"
_METRICS_SERVICE = "keda-metrics"
_METRICS_API = Reference("apiregistration.k8s.io/v1", "APIService", None, "v1beta1.external.metrics.k8s.io")


class Keda:
    """KEDA with webhooks that must answer: KEDA itself ships them so that a dead one passes unnoticed."""

    def __init__(
        self,
        folder: Path,
        processes: Processes,
        tools: Tools,
        plane: ControlPlane,
        environment: dict[str, str] | None = None,
    ) -> None:
        self._processes, self._tools, self._plane = processes, tools, plane
        install_definitions(plane.api, tools("keda-definitions"))
        plane.namespace(NAMESPACE)
        self._certificates = folder / "keda-certificates"
        self._certificates.mkdir()
        pair = plane.authority.issue("keda", hosts=("localhost", HOST))
        for source, name in (
            (pair.certificate, "tls.crt"),
            (pair.key, "tls.key"),
            (plane.authority.certificate, "ca.crt"),
        ):
            shutil.copy(source, self._certificates / name)
        self._operator_port = free_port()
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "KUBECONFIG": str(plane.kubeconfig),
            "POD_NAMESPACE": NAMESPACE,
            "POD_NAME": "keda",
            "WATCH_NAMESPACE": "",
            # Without it the operator looks for the files of a pod's service account, and ends.
            "KEDA_CLUSTER_OBJECT_NAMESPACE": NAMESPACE,
            **(environment or {}),
        }
        self.start_operator()
        self.start_adapter()
        self.start_webhooks()

    def start_operator(self) -> Child:
        """Start the operator, and wait until it is healthy."""
        health = free_port()
        self.operator = self._start(
            "keda-operator",
            "--leader-elect=false",
            "--zap-encoder=console",
            f"--metrics-bind-address={HOST}:{free_port()}",
            f"--health-probe-bind-address={HOST}:{health}",
            f"--metrics-service-bind-address={HOST}:{self._operator_port}",
            f"--cert-dir={self._certificates}",
            # It would write its own certificates, and end to be started again.
            "--enable-cert-rotation=false",
            "--enable-webhook-patching=false",
            "--enable-apiservice-patching=false",
        )
        _wait_until_healthy(self.operator, health)
        return self.operator

    def start_adapter(self) -> Child:
        """Start the metrics adapter, and wait until the API server reaches it."""
        port, kubeconfig, certificates = free_port(), self._plane.kubeconfig, self._certificates
        self.adapter = self._start(
            "keda-adapter",
            f"--port={free_port()}",
            f"--secure-port={port}",
            f"--bind-address={HOST}",
            f"--kubeconfig={kubeconfig}",
            f"--lister-kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--metrics-service-address=localhost:{self._operator_port}",
            f"--client-ca-file={certificates}/ca.crt",
            f"--tls-cert-file={certificates}/tls.crt",
            f"--tls-private-key-file={certificates}/tls.key",
            f"--cert-dir={certificates}",
            "--zap-encoder=console",
        )
        api = self._plane.api
        # An aggregated API is found by its Service. An external name leads to loopback without a pod network.
        service = {"type": "ExternalName", "externalName": "localhost", "ports": [{"name": "https", "port": port}]}
        metadata = {"name": _METRICS_SERVICE, "namespace": NAMESPACE}
        api.apply({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service}, force=True)
        group, version = "external.metrics.k8s.io", "v1beta1"
        api.apply(
            {
                "apiVersion": _METRICS_API.api_version,
                "kind": _METRICS_API.kind,
                "metadata": {"name": _METRICS_API.name},
                "spec": {
                    "group": group,
                    "version": version,
                    "groupPriorityMinimum": 100,
                    "versionPriority": 100,
                    "insecureSkipTLSVerify": True,
                    "service": {**metadata, "port": port},
                },
            },
            force=True,
        )
        wait_until(
            "the API server reaches KEDA's metrics adapter",
            lambda: holds(api.get(_METRICS_API), "Available"),
            seconds=SECONDS_TO_START,
            child=self.adapter,
        )
        return self.adapter

    def start_webhooks(self) -> Child:
        """Start the admission webhooks, and have the API server ask them."""
        port, health = free_port(), free_port()
        self.webhooks = self._start(
            "keda-webhooks",
            f"--port={port}",
            f"--cert-dir={self._certificates}",
            f"--metrics-bind-address={HOST}:{free_port()}",
            f"--health-probe-bind-address={HOST}:{health}",
            "--zap-encoder=console",
        )
        _wait_until_healthy(self.webhooks, health)
        authority = base64.b64encode(self._plane.authority.certificate.read_bytes()).decode()
        text = (self._tools("keda-definitions") / "validation_webhooks.yaml").read_text()
        [document] = [each for each in yaml.safe_load_all(text) if each]
        for hook in document["webhooks"]:
            target = hook["clientConfig"]["service"]["path"]
            hook["clientConfig"] = {"url": f"https://localhost:{port}{target}", "caBundle": authority}
            hook["failurePolicy"] = "Fail"
        self._plane.api.apply(document, force=True)
        return self.webhooks

    def _start(self, name: str, *options: str) -> Child:
        return self._processes.start(name, [self._tools(name), *options], self._environment)


def _wait_until_healthy(child: Child, port: int) -> None:
    url = f"http://{HOST}:{port}/healthz"

    def healthy() -> bool:
        answer: Any = urllib.request.urlopen(url, timeout=2)
        with answer:
            return bool(answer.status == 200)

    wait_until(f"{child.name} is healthy", healthy, seconds=SECONDS_TO_START, child=child)

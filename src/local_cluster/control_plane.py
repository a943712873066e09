"""etcd, kube-apiserver and kube-controller-manager on loopback."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from local_cluster.api import Api, Object, Reference
from local_cluster.certificates import Authority
from local_cluster.processes import HOST, Child, Processes, free_port, wait_until
from local_cluster.tools import Tools

SECONDS_TO_START = 120
# What the chart's objects need. No controller that looks after nodes: it would taint the stand-in's node, or
# remove its pods.
CONTROLLERS = (
    "deployment-controller",
    "replicaset-controller",
    "horizontal-pod-autoscaler-controller",
    "disruption-controller",
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
    "resourcequota-controller",
)


class ControlPlane:
    """Kubernetes without nodes: `api` is its administrator's client, `kubeconfig` the same for commands."""

    def __init__(self, folder: Path, processes: Processes, tools: Tools) -> None:
        self._folder, self._processes, self._tools = folder, processes, tools
        self.authority = Authority(folder / "certificates")
        self._store_port, self._port = free_port(), free_port()
        self._tokens = self.authority.signing_key("service-accounts")
        administrator = self.authority.issue("administrator", organization="system:masters")
        self._server = self.authority.issue("kube-apiserver", hosts=(HOST, "localhost", "kubernetes.default.svc"))
        self._front_proxy = self.authority.issue("front-proxy")
        self.api = Api.connect(HOST, self._port, str(self.authority.certificate), administrator)
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "local-cluster",
                    "contexts": [{"name": "local-cluster", "context": {"cluster": "local", "user": "administrator"}}],
                    "clusters": [
                        {
                            "name": "local",
                            "cluster": {
                                "server": f"https://{HOST}:{self._port}",
                                "certificate-authority": str(self.authority.certificate),
                            },
                        }
                    ],
                    "users": [
                        {
                            "name": "administrator",
                            "user": {
                                "client-certificate": str(administrator.certificate),
                                "client-key": str(administrator.key),
                            },
                        }
                    ],
                }
            )
        )
        self.start_store()
        self.start_api_server()
        self.start_controllers()

    def start_store(self) -> Child:
        """Start etcd on its folder, which keeps what was in it."""
        client, peer = (f"http://{HOST}:{port}" for port in (self._store_port, free_port()))
        self.store = self._start(
            "etcd",
            f"--data-dir={self._folder}/etcd",
            "--unsafe-no-fsync",  # what it holds goes with the cluster
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--log-level=warn",
        )
        return self.store

    def start_api_server(self) -> Child:
        """Start the API server on its port, and wait until it is ready."""
        authority = self.authority.certificate
        self.api_server = self._start(
            "kube-apiserver",
            f"--etcd-servers=http://{HOST}:{self._store_port}",
            f"--secure-port={self._port}",
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            "--endpoint-reconciler-type=none",  # it would refuse to tell a loopback address to others
            f"--tls-cert-file={self._server.certificate}",
            f"--tls-private-key-file={self._server.key}",
            f"--client-ca-file={authority}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._tokens.certificate}",
            f"--service-account-signing-key-file={self._tokens.key}",
            "--service-cluster-ip-range=10.96.0.0/16",
            # So the API server hands requests for external metrics on to KEDA's adapter.
            f"--requestheader-client-ca-file={authority}",
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={self._front_proxy.certificate}",
            f"--proxy-client-key-file={self._front_proxy.key}",
            "--allow-privileged=true",  # as every installer sets it; Pod Security decides about it
            "--profiling=false",
        )
        wait_until(
            "the API server is ready",
            lambda: self.api.request("GET", "/readyz", seconds=3).body == "ok",
            seconds=SECONDS_TO_START,
            child=self.api_server,
        )
        return self.api_server

    def start_controllers(self) -> Child:
        """Start the controller manager, and wait until it works."""
        self.controllers = self._start(
            "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig}",
            f"--authentication-kubeconfig={self.kubeconfig}",
            f"--authorization-kubeconfig={self.kubeconfig}",
            "--leader-elect=false",
            f"--controllers={','.join(CONTROLLERS)}",
            "--horizontal-pod-autoscaler-sync-period=2s",
            f"--service-account-private-key-file={self._tokens.key}",
            f"--root-ca-file={self.authority.certificate}",
            f"--bind-address={HOST}",
            f"--secure-port={free_port()}",
        )
        self.wait_for_service_account("default", child=self.controllers)
        return self.controllers

    def namespace(self, name: str, *, pod_security: str = "") -> str:
        """Make a namespace that enforces a Pod Security level, and wait until pods can be created in it."""
        labels = {f"pod-security.kubernetes.io/{mode}": pod_security for mode in ("enforce", "warn") if pod_security}
        document: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        self.api.apply(document, force=True)
        self.wait_for_service_account(name)
        return name

    def wait_for_service_account(self, namespace: str, child: Child | None = None) -> None:
        """Wait for the account `default`, without which the server refuses every pod of the namespace."""
        account = Reference("v1", "ServiceAccount", namespace, "default")
        what = f"namespace {namespace} has its service account"
        wait_until(what, lambda: self.api.find(account), seconds=SECONDS_TO_START, child=child)

    def environment(self) -> dict[str, str]:
        """For commands such as helm: this cluster's kubeconfig, and a home folder of its own."""
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        return {"PATH": os.environ["PATH"], "HOME": str(home), "KUBECONFIG": str(self.kubeconfig)}

    def _start(self, name: str, *options: str) -> Child:
        return self._processes.start(name, [self._tools(name), *options], {"PATH": os.environ["PATH"]})

"""Pod Security levels: what a level allows is accepted under its claim, word by word of the standards.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from helm_nested.errors import RenderError

from .bundle import configuration, merged, render

CAPABILITIES = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)
SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_syncookies",
)
VOLUMES: dict[str, dict[str, Any]] = {
    "configMap": {"name": "a"},
    "csi": {"driver": "a"},
    "downwardAPI": {"items": []},
    "emptyDir": {},
    "ephemeral": {
        "volumeClaimTemplate": {
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        }
    },
    "image": {"reference": "a"},
    "persistentVolumeClaim": {"claimName": "a"},
    "projected": {"sources": []},
    "secret": {"secretName": "a"},
}
SE_LINUX_TYPES = ("container_t", "container_init_t", "container_kvm_t", "container_engine_t")


def container(**context: Any) -> dict[str, Any]:
    """Values with this container securityContext."""
    return {"serviceTemplate": {"securityContext": context}}


def temporal(**values: Any) -> dict[str, Any]:
    """Values of `temporal:`."""
    return {"temporal": values}


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_capabilities_of_the_baseline_are_accepted_there(capability: str) -> None:
    """Each capability that the baseline allows may be added under that claim."""
    assert render(merged(temporal(podSecurity="baseline"), container(capabilities={"add": [capability]}))).templates


def test_binding_low_ports_is_accepted_under_restricted() -> None:
    """The one capability that the level restricted allows may be added under the default claim."""
    values = container(capabilities={"add": ["NET_BIND_SERVICE"]})
    capabilities = render(values).container("cpu")["securityContext"]["capabilities"]
    assert capabilities == {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}


@pytest.mark.parametrize("name", SYSCTLS)
def test_safe_sysctls_are_accepted_under_restricted(name: str) -> None:
    """Each sysctl that the standards call safe may be set under the default claim."""
    assert render(temporal(podSecurityContext={"sysctls": [{"name": name, "value": "1"}]})).templates


@pytest.mark.parametrize("kind", VOLUMES)
def test_volumes_of_the_level_restricted_are_accepted_there(kind: str) -> None:
    """A volume of each kind that the level restricted allows may be mounted under the default claim."""
    # Kubernetes has volumes of an image by default since 1.35.
    release = replace(configuration().release, kube_version="v1.36.0")
    assert render(temporal(extraVolumes=[{"name": "a", kind: VOLUMES[kind]}]), release=release).templates


@pytest.mark.parametrize("name", SE_LINUX_TYPES)
def test_container_types_are_accepted_under_restricted(name: str) -> None:
    """Each SELinux type that the standards allow may be set under the default claim."""
    assert render(container(seLinuxOptions={"type": name})).templates


@pytest.mark.parametrize("kind", ["httpGet", "tcpSocket"])
@pytest.mark.parametrize("where", ["temporal.probes.readiness", "temporal.probes.liveness", "temporal.probes.startup"])
def test_a_probe_of_another_host_is_named(where: str, kind: str) -> None:
    """A probe that asks another host than the pod breaks the baseline; the refusal says which probe it is."""
    probe = {kind: {"host": "10.0.0.1", "port": 80, **({"path": "/"} if kind == "httpGet" else {})}}
    values = temporal(podSecurity="baseline", probes={where.rpartition(".")[2]: probe})
    with pytest.raises(RenderError, match=re.escape(f"which does not allow: {where}.{kind}.host. Remove that")):
        render(values)


def test_everything_that_breaks_a_claim_is_in_one_sentence() -> None:
    """Several broken controls are one problem, those of the baseline first, set apart by semicolons."""
    values = merged(container(privileged=True, runAsUser=0), temporal(podSecurityContext={"runAsNonRoot": None}))
    with pytest.raises(RenderError) as refused:
        render(values)
    assert (
        "which does not allow: serviceTemplate.securityContext.privileged: true; runAsNonRoot other than true; "
        "serviceTemplate.securityContext.runAsUser: 0. Remove that, or claim less. Set:"
    ) in str(refused.value)

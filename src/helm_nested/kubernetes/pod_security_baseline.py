"""What the Pod Security Standards' level `baseline` forbids, control by control.

As in https://github.com/kubernetes/kubernetes/tree/v1.36.0/staging/src/k8s.io/pod-security-admission/policy, where each
control is one file; https://kubernetes.io/docs/concepts/security/pod-security-standards/ is the same as prose.
A control that came with a minor version holds if any claimed one is that new; a permission holds if all of them are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from helm_nested.kubernetes.document_part import list_of, map_of, maps_in
from helm_nested.kubernetes.pod_spec import PodTemplate
from nested_templates.document_path import nearest, step

CAPABILITIES = frozenset(
    {
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
    }
)
# Each with the minor version since which it is allowed.
_SYSCTLS = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
_SELINUX_TYPES = {"": 0, "container_t": 0, "container_init_t": 0, "container_kvm_t": 0, "container_engine_t": 31}
_PROFILES = ("RuntimeDefault", "Localhost")
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
# Since then hosts of probes and hooks are controlled, and a pod with a user namespace of its own may be root in it.
_PROBE_HOSTS = 34
_USER_NAMESPACES = 35


class Breach(NamedTuple):
    """What a level does not allow: its path in the document, and the rule."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Minors:
    """The oldest and the newest claimed minor version."""

    oldest: int
    newest: int


@lru_cache(maxsize=64)
def minors_of(claimed: tuple[str, ...]) -> Minors:
    """The bounds of the minor versions that are claimed."""
    numbers = [int(minor.split(".")[1]) for minor in claimed]
    # With nothing claimed everything that any version controls is controlled.
    return Minors(min(numbers, default=0), max(numbers, default=_USER_NAMESPACES))


def baseline(template: PodTemplate, minors: Minors) -> Iterator[Breach]:
    """What the level forbids the pod and each of its containers."""
    yield from _pod(template, minors)
    for path, container in template.containers():
        yield from _container(path, container, template, minors)


def _pod(template: PodTemplate, minors: Minors) -> Iterator[Breach]:
    path, spec = template.path, template.spec
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield Breach(f"{path}.{key}", f"{key} must not be true")
    for place, volume in template.volumes():
        if volume.get("hostPath") is not None:
            yield Breach(f"{place}.hostPath", "a pod must not mount a path of its node")
    context = map_of(spec.get("securityContext"))
    yield from _context(context, f"{path}.securityContext", minors)
    for place, sysctl in maps_in(context.get("sysctls"), f"{path}.securityContext.sysctls"):
        name = sysctl.get("name")
        if _SYSCTLS.get(str(name), minors.oldest + 1) > minors.oldest:
            yield Breach(nearest(place, sysctl, ["name"]), f"the sysctl {name} is not among the safe ones")
    for key, value in map_of(template.metadata.get("annotations")).items():
        if isinstance(key, str) and key.startswith(_APPARMOR):
            profile = "" if value is None else str(value)
            if profile not in ("", "runtime/default") and not profile.startswith("localhost/"):
                place = step(f"{template.metadata_path}.annotations", key)
                yield Breach(place, f"the AppArmor profile must be runtime/default or localhost/…, not {value!r}")


def _container(path: str, container: dict[Any, Any], template: PodTemplate, minors: Minors) -> Iterator[Breach]:
    context = map_of(container.get("securityContext"))
    above = f"{path}.securityContext"
    if context:
        yield from _context(context, above, minors)
        if context.get("privileged"):
            yield Breach(f"{above}.privileged", "privileged must not be true")
        added = list_of(map_of(context.get("capabilities")).get("add"))
        for number, capability in enumerate(added):
            if str(capability) not in CAPABILITIES:
                yield Breach(f"{above}.capabilities.add[{number}]", f"the capability {capability} must not be added")
        if context.get("procMount") not in (None, "Default") and not is_relaxed(template, minors):
            yield Breach(f"{above}.procMount", f"procMount must be Default, not {context['procMount']!r}")
    for place, port in maps_in(container.get("ports"), f"{path}.ports"):
        if port.get("hostPort"):
            yield Breach(f"{place}.hostPort", "a container must not use a port of its node")
    if minors.newest >= _PROBE_HOSTS:
        yield from _hosts(path, container)


def _context(context: dict[Any, Any], path: str, minors: Minors) -> Iterator[Breach]:
    """What baseline says of both a pod's and a container's security context."""
    selinux = map_of(context.get("seLinuxOptions"))
    kind = selinux.get("type")
    if kind is not None and _SELINUX_TYPES.get(str(kind), minors.oldest + 1) > minors.oldest:
        yield Breach(f"{path}.seLinuxOptions.type", f"the SELinux type {kind!r} is not among the allowed ones")
    for key in ("user", "role"):
        if selinux.get(key):
            yield Breach(f"{path}.seLinuxOptions.{key}", f"the SELinux {key} must not be set")
    for key in ("seccompProfile", "appArmorProfile"):
        if map_of(context.get(key)).get("type") not in (None, *_PROFILES):
            yield Breach(f"{path}.{key}.type", f"{key}.type must be one of {', '.join(_PROFILES)}")
    if map_of(context.get("windowsOptions")).get("hostProcess"):
        yield Breach(f"{path}.windowsOptions.hostProcess", "hostProcess must not be true")


def _hosts(path: str, container: dict[Any, Any]) -> Iterator[Breach]:
    places = [
        (f"{path}.{probe}", container.get(probe)) for probe in ("livenessProbe", "readinessProbe", "startupProbe")
    ]
    lifecycle = map_of(container.get("lifecycle"))
    places += [(f"{path}.lifecycle.{hook}", lifecycle.get(hook)) for hook in ("postStart", "preStop")]
    for place, handler in places:
        if not handler:
            continue
        for key in ("httpGet", "tcpSocket"):
            if map_of(map_of(handler).get(key)).get("host"):
                yield Breach(f"{place}.{key}.host", "a probe or hook must not name a host, from Kubernetes 1.34 on")


def is_relaxed(template: PodTemplate, minors: Minors) -> bool:
    """Whether the pod has a user namespace of its own, in which it may be root, in every claimed version."""
    return template.spec.get("hostUsers") is False and minors.oldest >= _USER_NAMESPACES

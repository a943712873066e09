"""The check `pod-security`: the Pod Security Standards, control by control.

As in https://github.com/kubernetes/kubernetes/tree/v1.36.0/staging/src/k8s.io/pod-security-admission/policy, where each
control is one file; https://kubernetes.io/docs/concepts/security/pod-security-standards/ is the same as prose.
A control that came with a minor version holds if any claimed one is that new; a permission holds if all of them are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from helm_nested.checks.document_part import list_of, map_of, maps_in
from helm_nested.checks.document_path import nearest, step
from helm_nested.checks.model import Check, DocumentSubject, Problem
from helm_nested.checks.pod_spec import PodTemplate, pod_template

_CAPABILITIES = frozenset(
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
_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
# Since then hosts of probes and hooks are controlled, and a pod with a user namespace of its own may be root in it.
_PROBE_HOSTS = 34
_USER_NAMESPACES = 35


@dataclass(frozen=True, slots=True)
class _Minors:
    """The oldest and the newest claimed minor version."""

    oldest: int
    newest: int


@lru_cache(maxsize=64)
def _minors(claimed: tuple[str, ...]) -> _Minors:
    numbers = [int(minor.split(".")[1]) for minor in claimed]
    # With nothing claimed everything that any version controls is controlled.
    return _Minors(min(numbers, default=0), max(numbers, default=_USER_NAMESPACES))


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    if subject.pod_security not in ("baseline", "restricted"):
        return
    template = pod_template(subject.document)
    if template is None:
        return
    minors = _minors(subject.claims.kubernetes_minors)
    containers = list(template.containers())
    yield from _pod_baseline(template, minors)
    for path, container in containers:
        yield from _container_baseline(path, container, template, minors)
    if subject.pod_security == "restricted":
        yield from _volumes(template)
        yield from _identity(template, containers, minors)
        if map_of(template.spec.get("os")).get("name") != "windows":
            yield from _seccomp(template, containers)
            for path, container in containers:
                yield from _privileges(path, container)


def _pod_baseline(template: PodTemplate, minors: _Minors) -> Iterator[Problem]:
    path, spec = template.path, template.spec
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield Problem(f"{path}.{key}", f"{key} must not be true")
    for place, volume in template.volumes():
        if volume.get("hostPath") is not None:
            yield Problem(f"{place}.hostPath", "a pod must not mount a path of its node")
    context = map_of(spec.get("securityContext"))
    yield from _context(context, f"{path}.securityContext", minors)
    for place, sysctl in maps_in(context.get("sysctls"), f"{path}.securityContext.sysctls"):
        name = sysctl.get("name")
        if _SYSCTLS.get(str(name), minors.oldest + 1) > minors.oldest:
            yield Problem(nearest(place, sysctl, ["name"]), f"the sysctl {name} is not among the safe ones")
    for key, value in map_of(template.metadata.get("annotations")).items():
        if isinstance(key, str) and key.startswith(_APPARMOR):
            profile = "" if value is None else str(value)
            if profile not in ("", "runtime/default") and not profile.startswith("localhost/"):
                place = step(f"{template.metadata_path}.annotations", key)
                yield Problem(place, f"the AppArmor profile must be runtime/default or localhost/…, not {value!r}")


def _container_baseline(
    path: str, container: dict[Any, Any], template: PodTemplate, minors: _Minors
) -> Iterator[Problem]:
    context = map_of(container.get("securityContext"))
    above = f"{path}.securityContext"
    if context:
        yield from _context(context, above, minors)
        if context.get("privileged"):
            yield Problem(f"{above}.privileged", "privileged must not be true")
        added = list_of(map_of(context.get("capabilities")).get("add"))
        for number, capability in enumerate(added):
            if str(capability) not in _CAPABILITIES:
                yield Problem(f"{above}.capabilities.add[{number}]", f"the capability {capability} must not be added")
        if context.get("procMount") not in (None, "Default") and not _is_relaxed(template, minors):
            yield Problem(f"{above}.procMount", f"procMount must be Default, not {context['procMount']!r}")
    for place, port in maps_in(container.get("ports"), f"{path}.ports"):
        if port.get("hostPort"):
            yield Problem(f"{place}.hostPort", "a container must not use a port of its node")
    if minors.newest >= _PROBE_HOSTS:
        yield from _hosts(path, container)


def _context(context: dict[Any, Any], path: str, minors: _Minors) -> Iterator[Problem]:
    """What baseline says of both a pod's and a container's security context."""
    selinux = map_of(context.get("seLinuxOptions"))
    kind = selinux.get("type")
    if kind is not None and _SELINUX_TYPES.get(str(kind), minors.oldest + 1) > minors.oldest:
        yield Problem(f"{path}.seLinuxOptions.type", f"the SELinux type {kind!r} is not among the allowed ones")
    for key in ("user", "role"):
        if selinux.get(key):
            yield Problem(f"{path}.seLinuxOptions.{key}", f"the SELinux {key} must not be set")
    for key in ("seccompProfile", "appArmorProfile"):
        if map_of(context.get(key)).get("type") not in (None, *_PROFILES):
            yield Problem(f"{path}.{key}.type", f"{key}.type must be one of {', '.join(_PROFILES)}")
    if map_of(context.get("windowsOptions")).get("hostProcess"):
        yield Problem(f"{path}.windowsOptions.hostProcess", "hostProcess must not be true")


def _hosts(path: str, container: dict[Any, Any]) -> Iterator[Problem]:
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
                yield Problem(f"{place}.{key}.host", "a probe or hook must not name a host, from Kubernetes 1.34 on")


def _volumes(template: PodTemplate) -> Iterator[Problem]:
    for place, volume in template.volumes():
        kinds = [key for key, value in volume.items() if key != "name" and value is not None]
        # A volume without a source is an emptyDir by default.
        if kinds and not _VOLUMES.intersection(map(str, kinds)) and kinds != ["hostPath"]:
            yield Problem(step(place, kinds[0]), f"a volume must not be of the kind {kinds[0]}")


def _identity(
    template: PodTemplate, containers: list[tuple[str, dict[Any, Any]]], minors: _Minors
) -> Iterator[Problem]:
    if _is_relaxed(template, minors):
        return
    pod = map_of(template.spec.get("securityContext"))
    if pod.get("runAsNonRoot") is False:
        yield Problem(f"{template.path}.securityContext.runAsNonRoot", "runAsNonRoot must be true")
    if pod.get("runAsUser") == 0:
        yield Problem(f"{template.path}.securityContext.runAsUser", "runAsUser must not be 0")
    for path, container in containers:
        context = map_of(container.get("securityContext"))
        own = context.get("runAsNonRoot")
        if own is False or (own is None and pod.get("runAsNonRoot") is None):
            place = nearest(path, container, ["securityContext", "runAsNonRoot"])
            yield Problem(place, "runAsNonRoot must be true, in the container or its pod")
        if context.get("runAsUser") == 0:
            yield Problem(f"{path}.securityContext.runAsUser", "runAsUser must not be 0")


def _seccomp(template: PodTemplate, containers: list[tuple[str, dict[Any, Any]]]) -> Iterator[Problem]:
    keys = ["securityContext", "seccompProfile", "type"]
    pod = map_of(template.spec.get("securityContext")).get("seccompProfile")
    # A type that is wrong is baseline's to report; here, one that is missing.
    if pod is not None and not map_of(pod).get("type"):
        yield Problem(nearest(template.path, template.spec, keys), "seccompProfile has no type")
    for path, container in containers:
        own = map_of(container.get("securityContext")).get("seccompProfile")
        if (own is None and pod is None) or (own is not None and not map_of(own).get("type")):
            place = nearest(path, container, keys)
            yield Problem(place, "seccompProfile.type must be RuntimeDefault or Localhost, in the container or its pod")


def _privileges(path: str, container: dict[Any, Any]) -> Iterator[Problem]:
    context = map_of(container.get("securityContext"))
    if context.get("allowPrivilegeEscalation") is not False:
        place = nearest(path, container, ["securityContext", "allowPrivilegeEscalation"])
        yield Problem(place, "allowPrivilegeEscalation must be false")
    capabilities = map_of(context.get("capabilities"))
    if "ALL" not in list_of(capabilities.get("drop")):
        place = nearest(path, container, ["securityContext", "capabilities", "drop"])
        yield Problem(place, "capabilities.drop must hold ALL, in capital letters")
    for number, capability in enumerate(list_of(capabilities.get("add"))):
        # What baseline allows no more than this does is reported there.
        if str(capability) in _CAPABILITIES and capability != "NET_BIND_SERVICE":
            place = f"{path}.securityContext.capabilities.add[{number}]"
            yield Problem(place, f"only the capability NET_BIND_SERVICE may be added, not {capability}")


def _is_relaxed(template: PodTemplate, minors: _Minors) -> bool:
    return template.spec.get("hostUsers") is False and minors.oldest >= _USER_NAMESPACES


CHECK = Check(
    name="pod-security",
    scope="document",
    message=(
        "Pods keep to the level of the Pod Security Standards that is claimed for them, "
        "for a namespace that enforces it refuses them otherwise."
    ),
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
      volumeMounts: [{name: shm, mountPath: /dev/shm}]
  volumes:
    - name: shm
      emptyDir: {medium: Memory}
""",
    ),
    failing=(
        """\
# nothing is said
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
""",
        """\
# capabilities in small letters
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [all]}
""",
        """\
# an init container
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
  initContainers:
    - name: first
""",
        """\
# an ephemeral container that is root
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
  ephemeralContainers:
    - name: debug
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
        runAsUser: 0
""",
        """\
# a path of the node
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
  volumes:
    - name: logs
      hostPath: {path: /var/log}
""",
        """\
# the network of the node
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  hostNetwork: true
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
""",
        """\
# a port of the node
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
      ports: [{containerPort: 80, hostPort: 80}]
""",
        """\
# a capability that baseline allows
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL], add: [CHOWN]}
""",
        """\
# a container that turns its seccomp profile off
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
        seccompProfile: {type: Unconfined}
""",
        """\
# a probe of another host
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
      livenessProbe:
        httpGet: {host: example.com, port: 80}
""",
        """\
# a volume that is mounted past PersistentVolumes
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: main
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
  volumes:
    - name: data
      nfs: {server: files, path: /}
""",
    ),
)

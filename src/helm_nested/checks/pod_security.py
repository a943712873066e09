"""The check `pod-security`: the Pod Security Standards, level by level."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.pod_security_baseline import baseline, minors_of
from helm_nested.kubernetes.pod_security_restricted import restricted
from helm_nested.kubernetes.pod_spec import pod_template


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    if subject.pod_security not in ("baseline", "restricted"):
        return
    template = pod_template(subject.document)
    if template is None:
        return
    minors = minors_of(subject.claims.kubernetes_minors)
    breaches = baseline(template, minors)
    if subject.pod_security == "restricted":
        breaches = chain(breaches, restricted(template, minors))
    yield from (Problem(*breach) for breach in breaches)


CHECK = Check(
    name="pod-security",
    scope="document",
    message=(
        "Pods keep to the level of the Pod Security Standards that is claimed for them; "
        "otherwise a namespace that enforces it rejects them."
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

"""The check `reference`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from helm_nested.checking.model import BundleSubject, Check, Problem
from helm_nested.kubernetes.bundle_object import BundleObject
from helm_nested.kubernetes.bundle_reference import BundleReference
from helm_nested.kubernetes.document_part import map_of, maps_in
from helm_nested.kubernetes.document_reference import Reference
from helm_nested.kubernetes.referring_part import referring
from nested_templates.suggestion import did_you_mean

_SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: workers}
data: {port: '7233'}
---
"""
_Objects = dict[str, list[BundleObject]]


def _run(subject: BundleSubject) -> Iterator[Problem]:
    objects: _Objects = defaultdict(list)
    for each in subject.objects():
        objects[each.kind].append(each)
    for needed in subject.references():
        problem = _problem(needed, objects, subject)
        if problem is not None:
            yield replace(problem, document=needed.number)


def _problem(needed: BundleReference, objects: _Objects, subject: BundleSubject) -> Problem | None:
    reference = needed.reference
    candidates = objects.get(reference.kind, [])
    found = next((each for each in candidates if needed.is_to(each)), None)
    if found is not None:
        return _missing_port(reference, found) if found.kind == "Service" else _missing_key(reference, found)
    if not reference.path or subject.is_elsewhere(needed):
        return None
    if reference.namespace is not None and not any(each.name == reference.name for each in candidates):
        # What is in a namespace that the bundle has nothing in is of another release.
        own = {subject.namespace, *(each.namespace for group in objects.values() for each in group)}
        if reference.namespace not in own:
            return None
    return _not_there(reference.path, reference.kind, reference.name, candidates, needed.namespace)


def _not_there(path: str, kind: str, name: str, candidates: list[BundleObject], namespace: str | None) -> Problem:
    other = next((each for each in candidates if each.name == name and each.is_in(namespace)), None)
    if other is not None:
        version = other.document.get("apiVersion")
        message = f"the {kind} {name!r} is of {version}, and another apiVersion is written here."
        return Problem(path, message, advice=f"Write apiVersion: {version}.")
    elsewhere = sorted({str(each.namespace) for each in candidates if each.name == name})
    if elsewhere:
        places = ", ".join(elsewhere)
        return Problem(path, f"there is no {kind} {name!r} in the namespace {namespace}, only in {places}")
    near = get_close_matches(name, sorted({each.name for each in candidates}), n=1, cutoff=0.8)
    advice = f"Did you mean {near[0]!r}?" if near else ""
    message = f"nothing brings the {kind} {name!r}, and no entry of 'external' stands for it."
    return Problem(path, message, advice=advice)


def _missing_key(reference: Reference, found: BundleObject) -> Problem | None:
    if reference.key is None:
        return None
    keys = {str(key) for part in ("data", "stringData", "binaryData") for key in map_of(found.document.get(part))}
    if reference.files is not None:
        keys = set(reference.files)
    if reference.key in keys:
        return None
    has_no = "makes no file" if reference.files is not None else "has no key"
    what = f"the volume of the {found.kind}" if reference.files is not None else f"the {found.kind}"
    message = f"{what} {found.name!r} {has_no} {reference.key!r}."
    return Problem(reference.key_path, message, advice=did_you_mean(reference.key, keys))


def _missing_port(reference: Reference, service: BundleObject) -> Problem | None:
    ports = [port for _, port in maps_in(map_of(service.document.get("spec")).get("ports"), "")]
    known = {str(port[key]) for port in ports for key in ("name", "port") if key in port}
    if reference.key is None or reference.key in known:
        return None
    message = f"the Service {service.name!r} has no port {reference.key!r}."
    return Problem(reference.key_path, message, advice=did_you_mean(reference.key, known))


CHECK = Check(
    name="reference",
    scope="bundle",
    message=(
        "Every name that a document refers to is in the bundle, in the same namespace, or claimed to be there; "
        "otherwise a pod does not start, a scaler does not scale, or nothing is allowed or reached."
    ),
    run=_run,
    view=referring,
    passing=(
        _SETTINGS
        + """\
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: workers
spec:
  containers:
    - name: main
      env:
        - name: PORT
          valueFrom:
            configMapKeyRef: {name: settings, key: port}
""",
        """\
# the examples say that secrets provided-* are there
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: workers
spec:
  containers:
    - name: main
      envFrom:
        - secretRef: {name: provided-key}
""",
        """\
# a reference that may be missing
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: workers
spec:
  containers:
    - name: main
      envFrom:
        - configMapRef: {name: extra, optional: true}
""",
        """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  scaleTargetRef:
    name: worker
""",
    ),
    failing=(
        "# a key that is not there\n"
        + _SETTINGS
        + """\
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: workers
spec:
  containers:
    - name: main
      env:
        - name: PORT
          valueFrom:
            configMapKeyRef: {name: settings, key: prot}
""",
        """\
# a Service that is not there, and a port that a Service lacks
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: a
spec:
  defaultBackend: {service: {name: site, port: {number: 80}}}
  rules:
    - http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports: [{name: https, port: 443}]
""",
        """\
# a role that is not there
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: a
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: worker}
subjects: [{kind: ServiceAccount, name: default, namespace: workers}]
""",
        """\
# in another namespace
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: settings
data:
  port: '7233'
---
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: workers
spec:
  containers:
    - name: main
      env:
        - name: PORT
          valueFrom:
            configMapKeyRef: {name: settings, key: port}
""",
        """\
# nobody brings it
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: workers
spec:
  containers:
    - name: main
  serviceAccountName: worker
""",
        "# a mount of a file that is not there\n"
        + _SETTINGS
        + """\
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: workers
spec:
  containers:
    - name: main
      volumeMounts: [{name: settings, mountPath: /port, subPath: host}]
  volumes:
    - name: settings
      configMap: {name: settings}
""",
        "# a mount of a file that the volume does not make\n"
        + _SETTINGS
        + """\
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: workers
spec:
  containers:
    - name: main
      volumeMounts: [{name: settings, mountPath: /port, subPath: port}]
  volumes:
    - name: settings
      configMap: {name: settings, items: [{key: port, path: port.txt}]}
""",
        """\
# a projected volume
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: workers
spec:
  containers:
    - name: main
  volumes:
    - name: all
      projected:
        sources:
          - secret: {name: token}
""",
        """\
# nothing to scale, no authentication
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  scaleTargetRef:
    name: worker
  triggers:
    - type: cpu
      authenticationRef: {name: key}
""",
    ),
)

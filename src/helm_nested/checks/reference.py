"""The check `reference`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from helm_nested.checking.model import BundleSubject, Check, Problem
from helm_nested.kubernetes.bundle_object import BundleObject
from helm_nested.kubernetes.bundle_reference import BundleReference
from helm_nested.kubernetes.document_part import map_of
from helm_nested.kubernetes.document_reference import Reference
from helm_nested.kubernetes.referring_part import referring
from nested_templates.suggestion import did_you_mean

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
        return _missing_key(reference, found)
    if not reference.path or subject.is_elsewhere(needed):
        return None
    return _not_there(reference.path, reference.kind, reference.name, candidates, needed.namespace)


def _not_there(path: str, kind: str, name: str, candidates: list[BundleObject], namespace: str | None) -> Problem:
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
    if reference.key in keys:
        return None
    message = f"the {found.kind} {found.name!r} has no key {reference.key!r}."
    return Problem(reference.key_path, message, advice=did_you_mean(reference.key, keys))


CHECK = Check(
    name="reference",
    scope="bundle",
    message=(
        "Every name that a document refers to is in the bundle, in the same namespace, or claimed to be there; "
        "otherwise a pod does not start or a scaler does not scale."
    ),
    run=_run,
    view=referring,
    passing=(
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: workers
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
        """\
# a key that is not there
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: workers
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
            configMapKeyRef: {name: settings, key: prot}
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
        """\
# a mount of a file that is not there
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: workers
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
      volumeMounts: [{name: settings, mountPath: /port, subPath: host}]
  volumes:
    - name: settings
      configMap: {name: settings}
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
# nothing to scale
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  scaleTargetRef:
    name: worker
""",
        """\
# no authentication
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

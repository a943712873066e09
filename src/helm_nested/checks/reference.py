"""The check `reference`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from helm_nested.checks.bundle_object import (
    BundleObject,
    bundle_objects,
    identity,
    namespace_of,
    scaling,
    target_of,
)
from helm_nested.checks.document_part import list_of, map_of, maps_in, text_of
from helm_nested.checks.document_path import put
from helm_nested.checks.model import BundleSubject, Check, Problem
from helm_nested.checks.pod_spec import CONTAINER_LISTS, PodTemplate, pod_template
from helm_nested.suggestion import did_you_mean
from helm_nested.yaml_documents import Document

# What every cluster, or every namespace, has:
# https://kubernetes.io/docs/concepts/security/service-accounts/,
# https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/ and
# https://kubernetes.io/docs/concepts/configuration/configmap/ (kube-root-ca.crt since 1.20).
_ALWAYS_THERE = frozenset(
    {
        ("ServiceAccount", "default"),
        ("PriorityClass", "system-cluster-critical"),
        ("PriorityClass", "system-node-critical"),
        ("ConfigMap", "kube-root-ca.crt"),
    }
)


@dataclass(frozen=True, slots=True)
class _Reference:
    """One name that a document refers to, and the key in it if it names one; without a path only the key is new."""

    path: str
    kind: str
    name: str
    key: str | None = None
    key_path: str = ""
    anywhere: bool = False


_Objects = dict[str, list[BundleObject]]


def _run(subject: BundleSubject) -> Iterator[Problem]:
    objects: _Objects = defaultdict(list)
    for each in bundle_objects(subject):
        objects[each.kind].append(each)
    for number, document in enumerate(subject.documents):
        namespace = namespace_of(document, subject)
        for reference in _references(document):
            problem = _problem(reference, objects, None if reference.anywhere else namespace, subject)
            if problem is not None:
                yield Problem(*problem, number)
    for scalers in list(objects.values()):
        for scaler in scalers:
            yield from _target(scaler, objects, subject)


def _problem(
    reference: _Reference, objects: _Objects, namespace: str | None, subject: BundleSubject
) -> tuple[str, str] | None:
    kind, name = reference.kind, reference.name
    candidates = objects.get(kind, [])
    found = next((each for each in candidates if each.name == name and each.is_in(namespace)), None)
    if found is not None:
        return _missing_key(reference, found)
    if (
        not reference.path
        or (kind, name) in _ALWAYS_THERE
        or any(external.covers(kind, name) for external in subject.claims.external)
    ):
        return None
    return reference.path, _not_there(kind, name, candidates, namespace)


def _not_there(kind: str, name: str, candidates: list[BundleObject], namespace: str | None) -> str:
    elsewhere = sorted({str(each.namespace) for each in candidates if each.name == name})
    if elsewhere:
        return f"there is no {kind} {name!r} in the namespace {namespace}, only in {', '.join(elsewhere)}"
    # Not every known name: they differ from one argument set to the next, and so would what is one finding.
    near = get_close_matches(name, sorted({each.name for each in candidates}), n=1, cutoff=0.8)
    advice = f"Did you mean {near[0]!r}?" if near else ""
    return f"nothing brings the {kind} {name!r}, and no entry of 'external' stands for it. {advice}".rstrip()


def _missing_key(reference: _Reference, found: BundleObject) -> tuple[str, str] | None:
    if reference.key is None:
        return None
    keys = {str(key) for part in ("data", "stringData", "binaryData") for key in map_of(found.document.get(part))}
    if reference.key in keys:
        return None
    return (
        reference.key_path,
        f"the {found.kind} {found.name!r} has no key {reference.key!r}. {did_you_mean(reference.key, keys)}".rstrip(),
    )


def _target(scaler: BundleObject, objects: _Objects, subject: BundleSubject) -> Iterator[Problem]:
    target = target_of(scaler)
    if target is None:
        return
    candidates = objects.get(target.kind, [])
    if any(target.is_object(each) for each in candidates):
        return
    if any(external.covers(target.kind, target.name) for external in subject.claims.external):
        return
    yield Problem(target.path, _not_there(target.kind, target.name, candidates, scaler.namespace), scaler.number)


def _references(document: Document) -> Iterator[_Reference]:
    template = pod_template(document)
    if template is not None:
        yield from _pod(template)
        return
    kind, spec = document.get("kind"), map_of(document.get("spec"))
    if kind == "ServiceAccount":
        for path, secret in maps_in(document.get("imagePullSecrets"), "imagePullSecrets"):
            yield from _named(secret, path, "Secret")
    elif kind == "ScaledObject":
        for path, trigger in maps_in(spec.get("triggers"), "spec.triggers"):
            authentication = map_of(trigger.get("authenticationRef"))
            of_kind = text_of(authentication.get("kind")) or "TriggerAuthentication"
            yield from _named(authentication, f"{path}.authenticationRef", of_kind)
    elif kind in ("TriggerAuthentication", "ClusterTriggerAuthentication"):
        for key, of_kind in (("secretTargetRef", "Secret"), ("configMapTargetRef", "ConfigMap")):
            for path, source in maps_in(spec.get(key), f"spec.{key}"):
                # A cluster's secrets are in the namespace that KEDA was told, which no document says.
                yield from _keyed(source, path, of_kind, anywhere=kind != "TriggerAuthentication")


def _pod(template: PodTemplate) -> Iterator[_Reference]:
    path, spec = template.path, template.spec
    for key, kind in (
        ("serviceAccountName", "ServiceAccount"),
        ("serviceAccount", "ServiceAccount"),
        ("priorityClassName", "PriorityClass"),
        ("runtimeClassName", "RuntimeClass"),
    ):
        name = text_of(spec.get(key))
        if name:
            yield _Reference(f"{path}.{key}", kind, name)
    for place, secret in maps_in(spec.get("imagePullSecrets"), f"{path}.imagePullSecrets"):
        yield from _named(secret, place, "Secret")
    files: dict[str, tuple[str, str]] = {}
    for place, volume in template.volumes():
        yield from _volume(volume, place, files)
    for place, container in template.containers():
        yield from _environment(container, place)
        for mount_path, mount in maps_in(container.get("volumeMounts"), f"{place}.volumeMounts"):
            sub_path, source = text_of(mount.get("subPath")), files.get(str(mount.get("name")))
            if sub_path and source:
                file = sub_path.split("/")[0]
                yield _Reference("", *source, file, f"{mount_path}.subPath")


def _volume(volume: dict[Any, Any], path: str, files: dict[str, tuple[str, str]]) -> Iterator[_Reference]:
    """What a volume refers to; `files` gets the volumes whose files are the keys of an object, under their names."""
    for key, name_key, kind in (("configMap", "name", "ConfigMap"), ("secret", "secretName", "Secret")):
        if key in volume:
            source = map_of(volume[key])
            name = text_of(source.get(name_key))
            if name and source.get("optional") is not True:
                yield from _files(source, f"{path}.{key}", kind, name, name_key)
                if not source.get("items"):
                    files[str(volume.get("name"))] = (kind, name)
    if "persistentVolumeClaim" in volume:
        source = map_of(volume["persistentVolumeClaim"])
        yield from _named(source, f"{path}.persistentVolumeClaim", "PersistentVolumeClaim", "claimName")
    if "csi" in volume:
        source = map_of(map_of(volume["csi"]).get("nodePublishSecretRef"))
        yield from _named(source, f"{path}.csi.nodePublishSecretRef", "Secret")
    if "projected" in volume:
        for place, projection in maps_in(map_of(volume["projected"]).get("sources"), f"{path}.projected.sources"):
            for key, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
                source = map_of(projection.get(key))
                name = text_of(source.get("name"))
                if name and source.get("optional") is not True:
                    yield from _files(source, f"{place}.{key}", kind, name, "name")


def _files(source: dict[Any, Any], path: str, kind: str, name: str, name_key: str) -> Iterator[_Reference]:
    yield _Reference(f"{path}.{name_key}", kind, name)
    for place, item in maps_in(source.get("items"), f"{path}.items"):
        key = text_of(item.get("key"))
        if key:
            yield _Reference("", kind, name, key, f"{place}.key")


def _environment(container: dict[Any, Any], path: str) -> Iterator[_Reference]:
    for place, source in maps_in(container.get("envFrom"), f"{path}.envFrom"):
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            yield from _named(map_of(source.get(key)), f"{place}.{key}", kind)
    for number, variable in enumerate(list_of(container.get("env"))):
        chosen = map_of(variable).get("valueFrom")
        if isinstance(chosen, dict):
            for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                yield from _keyed(map_of(chosen.get(key)), f"{path}.env[{number}].valueFrom.{key}", kind)


def _named(source: dict[Any, Any], path: str, kind: str, name_key: str = "name") -> Iterator[_Reference]:
    name = text_of(source.get(name_key))
    if name and source.get("optional") is not True:
        yield _Reference(f"{path}.{name_key}", kind, name)


def _keyed(source: dict[Any, Any], path: str, kind: str, *, anywhere: bool = False) -> Iterator[_Reference]:
    name, key = text_of(source.get("name")), text_of(source.get("key"))
    if name and source.get("optional") is not True:
        yield _Reference(f"{path}.name", kind, name, key, f"{path}.key", anywhere)


# Of a pod's spec and its containers, what holds names; volumes and mounts are looked at one by one.
_POD_KEYS = ("serviceAccountName", "serviceAccount", "priorityClassName", "runtimeClassName", "imagePullSecrets")
_VOLUME_KEYS = ("configMap", "secret", "projected", "persistentVolumeClaim", "csi")


def _view(document: Document) -> Document:
    view = identity(document)
    template = pod_template(document)
    kind, spec = document.get("kind"), map_of(document.get("spec"))
    if template is not None:
        put(view, template.path, _pod_view(template.spec))
    elif kind in ("ConfigMap", "Secret"):
        for part in ("data", "stringData", "binaryData"):
            if part in document:
                view[part] = dict.fromkeys(map_of(document[part]), "")
    elif kind == "ServiceAccount":
        view["imagePullSecrets"] = document.get("imagePullSecrets")
    elif kind in ("TriggerAuthentication", "ClusterTriggerAuthentication"):
        view["spec"] = {key: spec[key] for key in ("secretTargetRef", "configMapTargetRef") if key in spec}
    else:
        view["spec"] = scaling(document)
        if kind == "ScaledObject":
            view["spec"]["triggers"] = _each(spec.get("triggers"), ("authenticationRef",))
    return view


def _pod_view(spec: dict[Any, Any]) -> dict[str, Any]:
    view: dict[str, Any] = {key: spec[key] for key in _POD_KEYS if key in spec}
    if "volumes" in spec:
        view["volumes"] = _each(spec["volumes"], ("name", *_VOLUME_KEYS))
    for key in CONTAINER_LISTS:
        if key in spec:
            view[key] = [_container_view(map_of(each)) for each in list_of(spec[key])]
    return view


def _container_view(container: dict[Any, Any]) -> dict[str, Any]:
    mounts = [
        {"name": each.get("name"), "subPath": each["subPath"]} if each.get("subPath") else {}
        for each in map(map_of, list_of(container.get("volumeMounts")))
    ]
    return {
        "envFrom": container.get("envFrom"),
        "env": _each(container.get("env"), ("valueFrom",)),
        "volumeMounts": mounts,
    }


def _each(entries: object, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Every entry with these keys only, in its place; the empty ones at the end are left out."""
    kept = [{key: each[key] for key in keys if key in each} for each in map(map_of, list_of(entries))]
    while kept and not kept[-1]:
        kept.pop()
    return kept


CHECK = Check(
    name="reference",
    scope="bundle",
    message=(
        "Every name that a document refers to is in the bundle, in the same namespace, or claimed to be there, "
        "for a pod does not start and a scaler does not scale otherwise."
    ),
    run=_run,
    view=_view,
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

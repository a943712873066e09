"""The check `deprecated-api`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.deprecation import (
    ANNOTATION_PREFIXES,
    ANNOTATIONS,
    APPARMOR_FIELD,
    NEWEST,
    NODE_LABELS,
    VERSIONS,
    VOLUMES,
)
from helm_nested.kubernetes.document_part import list_of, map_of, maps_in
from helm_nested.kubernetes.object_metadata import object_metadata
from helm_nested.kubernetes.pod_spec import PodTemplate, pod_template
from nested_templates.document_path import step

# The vertical pod autoscaler has versions of its own:
# https://github.com/kubernetes/autoscaler/tree/vertical-pod-autoscaler-1.4.1/vertical-pod-autoscaler
_VERTICAL = "VerticalPodAutoscaler"


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document = subject.document
    oldest, newest = _claimed(subject.claims.kubernetes_minors)
    kind, api_version = document.get("kind"), document.get("apiVersion")
    if isinstance(kind, str) and isinstance(api_version, str):
        version = VERSIONS.get((api_version, kind))
        if version is not None and version.removed is not None and version.removed <= newest:
            yield Problem(
                "apiVersion",
                f"{api_version} {kind} is gone from Kubernetes 1.{version.removed} on.",
                advice=f"Use {version.instead}.",
            )
        elif version is not None and version.deprecated <= newest:
            yield Problem(
                "apiVersion",
                f"{api_version} {kind} is deprecated from Kubernetes 1.{version.deprecated} on.",
                advice=f"Use {version.instead}.",
            )
        if kind == _VERTICAL:
            yield from _vertical(subject)
    for path, metadata in object_metadata(document):
        for key in map_of(metadata.get("annotations")):
            yield from _annotation(key, f"{path}.annotations", oldest)
    template = pod_template(document)
    if template is not None:
        yield from _pod(template)


@lru_cache(maxsize=64)
def _claimed(minors: tuple[str, ...]) -> tuple[int, int]:
    numbers = [int(minor.split(".")[1]) for minor in minors]
    return min(numbers, default=NEWEST), max(numbers, default=NEWEST)


def _vertical(subject: DocumentSubject) -> Iterator[Problem]:
    document = subject.document
    if document.get("apiVersion") in ("autoscaling.k8s.io/v1beta1", "autoscaling.k8s.io/v1beta2"):
        message = f"{document['apiVersion']} {_VERTICAL} is deprecated."
        yield Problem("apiVersion", message, advice="Use autoscaling.k8s.io/v1.")
    policy = map_of(map_of(document.get("spec")).get("updatePolicy"))
    if policy.get("updateMode") == "Auto":
        yield Problem(
            "spec.updatePolicy.updateMode",
            "Auto is deprecated from the vertical pod autoscaler 1.4 on.",
            advice="Use Recreate, which is what it does.",
        )


def _annotation(key: object, path: str, oldest: int) -> Iterator[Problem]:
    if not isinstance(key, str) or "kubernetes.io/" not in key:
        return
    instead = ANNOTATIONS.get(key)
    if instead is None:
        prefix = key.partition("/")[0] + "/"
        if prefix.startswith("container.apparmor") and oldest < APPARMOR_FIELD:
            return  # The oldest claimed version knows no field for it.
        instead = ANNOTATION_PREFIXES.get(prefix)
    if instead is not None:
        yield Problem(step(path, key), f"the annotation {key} is deprecated.", advice=f"Use {instead}.")


def _pod(template: PodTemplate) -> Iterator[Problem]:
    path, spec = template.path, template.spec
    if "serviceAccount" in spec:
        yield Problem(f"{path}.serviceAccount", "serviceAccount is deprecated.", advice="Use serviceAccountName.")
    for key in map_of(spec.get("nodeSelector")):
        yield from _label(key, step(f"{path}.nodeSelector", key))
    for place, volume in template.volumes():
        for key in volume:
            if key in VOLUMES:
                yield Problem(
                    step(place, key),
                    f"volumes of the kind {key} are deprecated.",
                    advice="Use a PersistentVolumeClaim.",
                )
    for place, constraint in maps_in(spec.get("topologySpreadConstraints"), f"{path}.topologySpreadConstraints"):
        yield from _label(constraint.get("topologyKey"), f"{place}.topologyKey")
    if "affinity" in spec:
        yield from _affinity(spec["affinity"], f"{path}.affinity")


def _affinity(part: object, path: str) -> Iterator[Problem]:
    """Topology keys, and keys of expressions, wherever they stand in an affinity."""
    for key, value in map_of(part).items():
        if key in ("topologyKey", "key"):
            yield from _label(value, step(path, key))
        elif key not in ("labelSelector", "namespaceSelector"):
            yield from _affinity(value, step(path, key))
    for number, each in enumerate(list_of(part)):
        yield from _affinity(each, f"{path}[{number}]")


def _label(label: object, path: str) -> Iterator[Problem]:
    if isinstance(label, str) and label in NODE_LABELS:
        yield Problem(path, f"the node label {label} is deprecated.", advice=f"Use {NODE_LABELS[label]}.")


CHECK = Check(
    name="deprecated-api",
    scope="document",
    message=(
        "No API version, field, annotation or node label is used that a claimed version of Kubernetes has dropped "
        "or will drop; otherwise the chart stops working there."
    ),
    run=_run,
    passing=(
        """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: a
""",
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  serviceAccountName: worker
  nodeSelector:
    kubernetes.io/arch: arm64
""",
    ),
    failing=(
        """\
# gone from 1.25 on
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata:
  name: a
""",
        """\
# gone from 1.26 on
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
metadata:
  name: a
""",
        """\
# deprecated from 1.33 on
apiVersion: v1
kind: Endpoints
metadata:
  name: a
""",
        """\
# an old name of a field
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  serviceAccount: worker
""",
        """\
# an annotation that became a field
apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    seccomp.security.alpha.kubernetes.io/pod: runtime/default
""",
        """\
# an old node label
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  nodeSelector:
    beta.kubernetes.io/os: linux
""",
        """\
# an old topology key
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  topologySpreadConstraints:
    - topologyKey: failure-domain.beta.kubernetes.io/zone
""",
        """\
# a volume of an old kind
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  volumes:
    - name: code
      gitRepo: {repository: a}
""",
        """\
# a mode with another name
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  name: a
spec:
  updatePolicy:
    updateMode: Auto
""",
    ),
)

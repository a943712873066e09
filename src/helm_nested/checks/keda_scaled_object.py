"""The check `keda-scaled-object`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from helm_nested.checking.keda_formula import unknown_names
from helm_nested.checking.keda_trigger import RESOURCES, Triggers, only_resources, trigger_problems
from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.api_group import BUILT_IN
from helm_nested.kubernetes.bundle_object import keda_target
from helm_nested.kubernetes.document_part import map_of, maps_in, text_of, whole_number_of
from nested_templates.document_path import step
from nested_templates.suggestion import did_you_mean

# What of Kubernetes has a number of replicas that can be asked and set.
_SCALABLE = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "ReplicationController": "v1",
}
_PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)
_OTHER_NUMBER = re.compile(r"\+?(?:inf|infinity|0x[0-9a-f_.]+p[+-]?[0-9]+)|nan", re.ASCII | re.IGNORECASE)
_DEFAULT_MAXIMUM = 100
_INT32 = 2**31 - 1


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    """Judges as KEDA's webhook and scalers do.

    https://github.com/kedacore/keda/blob/v2.21.0/apis/keda/v1alpha1/scaledobject_webhook.go
    https://github.com/kedacore/keda/blob/v2.21.0/controllers/keda/scaledobject_controller.go
    """
    document = subject.document
    if document.get("kind") not in ("ScaledObject", "ScaledJob") or document.get("apiVersion") != "keda.sh/v1alpha1":
        return
    spec = map_of(document.get("spec"))
    triggers = list(maps_in(spec.get("triggers"), "spec.triggers"))
    if spec.get("triggers") == []:
        yield Problem("spec.triggers", "there is no trigger, so nothing would scale it")
    yield from trigger_problems(triggers)
    if document["kind"] == "ScaledJob":
        return
    yield from _target(spec)
    yield from _replicas(spec)
    yield from _scale_to_zero(spec, triggers)
    yield from _fallback(spec, triggers)
    yield from _modifiers(spec, triggers)
    annotations = map_of(map_of(document.get("metadata")).get("annotations"))
    paused = annotations.get(_PAUSED_REPLICAS)
    if isinstance(paused, str) and not (re.fullmatch(r"\+?[0-9]+", paused, re.ASCII) and int(paused) <= _INT32):
        yield Problem(step("metadata.annotations", _PAUSED_REPLICAS), f"{paused!r} is not a number of replicas")


def _target(spec: dict[Any, Any]) -> Iterator[Problem]:
    target = map_of(spec.get("scaleTargetRef"))
    written, kind = keda_target(target)
    group, own = written.rpartition("/")[0], _SCALABLE.get(kind)
    if target and group in BUILT_IN and group != (own and own.rpartition("/")[0]):
        what = f"a {kind} of {written}" if own else f"a {kind}"
        message = f"KEDA cannot scale {what}, because Kubernetes has no number of replicas for it."
        yield Problem("spec.scaleTargetRef", message, advice=f"Write apiVersion: {own}." if own else "")


def _replicas(spec: dict[Any, Any]) -> Iterator[Problem]:
    minimum, maximum = whole_number_of(spec.get("minReplicaCount")), whole_number_of(spec.get("maxReplicaCount"))
    # KEDA takes a minimum of 0 for the 1 that it gives the autoscaler, and one that is not written for 0.
    least = 0 if minimum is None else max(minimum, 1)
    most = _DEFAULT_MAXIMUM if maximum is None else maximum
    lower = "the default minReplicaCount 0" if minimum is None else f"minReplicaCount {minimum}"
    if minimum is not None and minimum < least:
        lower += f", which KEDA takes for {least},"
    if least > most:
        written = "the default maxReplicaCount" if maximum is None else "maxReplicaCount"
        path = "spec.maxReplicaCount" if minimum is None else "spec.minReplicaCount"
        yield Problem(path, f"{lower} is above {written} {most}")
    idle = whole_number_of(spec.get("idleReplicaCount"))
    if idle is not None and idle >= least:
        advice = "Set minReplicaCount too." if minimum is None else ""
        message = f"idleReplicaCount {idle} must be below {lower.rstrip(',')}."
        yield Problem("spec.idleReplicaCount", message, advice=advice)


def _scale_to_zero(spec: dict[Any, Any], triggers: list[tuple[str, dict[Any, Any]]]) -> Iterator[Problem]:
    if keda_target(map_of(spec.get("scaleTargetRef"))) not in {("apps/v1", "Deployment"), ("apps/v1", "StatefulSet")}:
        return
    if only_resources(triggers) and spec.get("minReplicaCount") in (None, 0):
        yield Problem(
            "spec.minReplicaCount" if "minReplicaCount" in spec else "spec.triggers",
            "there are only cpu and memory triggers, which cannot scale to zero.",
            advice="Set minReplicaCount to 1 or more, or add a trigger of another type.",
        )


def _fallback(spec: dict[Any, Any], triggers: list[tuple[str, dict[Any, Any]]]) -> Iterator[Problem]:
    fallback = map_of(spec.get("fallback"))
    for key in ("failureThreshold", "replicas"):
        value = whole_number_of(fallback.get(key))
        if value is not None and value < 0:
            yield Problem(f"spec.fallback.{key}", f"{key} must be 0 or more, this is {value}")
    if fallback and not _modifiers_of(spec) and only_resources(triggers):
        yield Problem("spec.fallback", "a fallback needs a trigger that is not of type cpu or memory")
    if fallback.get("behavior") == "scalingModifiers" and not _modifiers_of(spec).get("formula"):
        yield Problem("spec.fallback.behavior", "the behavior scalingModifiers needs a formula in scalingModifiers")


def _modifiers(spec: dict[Any, Any], triggers: Triggers) -> Iterator[Problem]:
    modifiers, path = _modifiers_of(spec), "spec.advanced.scalingModifiers"
    if modifiers and not modifiers.get("formula"):
        yield Problem(path, "scalingModifiers needs a formula")
    elif modifiers and not modifiers.get("target"):
        yield Problem(path, "a formula needs a target")
    formula, target = modifiers.get("formula"), modifiers.get("target")
    if isinstance(target, str) and not _is_positive(target):
        yield Problem(f"{path}.target", f"the target must be a number above 0, this is {target!r}")
    if isinstance(formula, str):
        known = {
            name for _, each in triggers if each.get("type") not in RESOURCES and (name := text_of(each.get("name")))
        }
        for name in unknown_names(formula, known):
            message = f"no trigger has the name {name!r}, or it is of type cpu or memory."
            yield Problem(f"{path}.formula", message, advice=did_you_mean(name, known))


def _is_positive(target: str) -> bool:
    """Whether Go's strconv.ParseFloat reads a number above zero; what it alone can read counts as one."""
    match = _DECIMAL.fullmatch(target)
    return float(target) > 0 if match else _OTHER_NUMBER.fullmatch(target) is not None


def _modifiers_of(spec: dict[Any, Any]) -> dict[Any, Any]:
    modifiers = map_of(map_of(spec.get("advanced")).get("scalingModifiers"))
    return {key: value for key, value in modifiers.items() if value not in (None, "")}


CHECK = Check(
    name="keda-scaled-object",
    scope="document",
    message=(
        "A ScaledObject or ScaledJob follows the rules of KEDA that its schema cannot express; "
        "otherwise KEDA rejects it, or scales nothing."
    ),
    run=_run,
    passing=(
        """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
  annotations:
    autoscaling.keda.sh/paused-replicas: "0"
spec:
  idleReplicaCount: 0
  minReplicaCount: 1
  maxReplicaCount: 1
  fallback: {failureThreshold: 3, replicas: 1}
  triggers:
    - {type: cpu, name: busy, metricType: Utilization, metadata: {value: "80"}}
    - {type: temporal, name: queue, useCachedMetrics: true}
""",
    ),
    failing=(
        """\
# above the maximum
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec: {minReplicaCount: 6, maxReplicaCount: 5}
""",
        """\
# above the maximum that KEDA takes where none is written
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec: {minReplicaCount: 101}
""",
        """\
# no trigger
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec: {triggers: []}
""",
        """\
# as many replicas idle as at least
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec: {idleReplicaCount: 2, minReplicaCount: 2}
""",
        """\
# no replica uses a processor
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  minReplicaCount: 0
  triggers:
    - {type: cpu, metricType: Utilization, metadata: {value: "80"}}
""",
        """\
# one name twice
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  triggers:
    - {type: temporal, name: queue}
    - {type: kafka, name: queue}
""",
        """\
# nothing to put into the cache
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  minReplicaCount: 1
  triggers:
    - {type: memory, metricType: Utilization, metadata: {value: "80"}, useCachedMetrics: true}
""",
        """\
# a queue has no utilization
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  triggers:
    - {type: temporal, metricType: Utilization}
""",
        """\
# a cpu trigger without a metric type
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  minReplicaCount: 1
  triggers:
    - {type: cpu, metadata: {value: "80"}}
""",
        """\
# a fallback from cpu alone
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  minReplicaCount: 1
  fallback: {failureThreshold: 3, replicas: 1}
  triggers:
    - {type: cpu, metricType: Utilization, metadata: {value: "80"}}
""",
        """\
# a formula without a target
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  advanced: {scalingModifiers: {formula: queue + 1}}
  triggers:
    - {type: temporal, name: queue}
""",
        """\
# no number of replicas
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  annotations:
    autoscaling.keda.sh/paused-replicas: "none"
""",
    ),
)

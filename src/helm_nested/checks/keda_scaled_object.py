"""The check `keda-scaled-object`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import map_of, maps_in, text_of, whole_number_of
from helm_nested.kubernetes.quantity import quantity
from nested_templates.document_path import step

_RESOURCES = ("cpu", "memory")
_WITHOUT_CACHE = (*_RESOURCES, "cron")
# These never read their metric type.
_WITHOUT_METRIC_TYPE = ("pulsar", "splunk-observability")
_PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"
_DEFAULT_MAXIMUM = 100
_INT32 = 2**31 - 1


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    """Judges as KEDA's webhook and scalers do.

    https://github.com/kedacore/keda/blob/v2.21.0/apis/keda/v1alpha1/scaledobject_webhook.go
    https://github.com/kedacore/keda/blob/v2.21.0/pkg/scalers/cpu_memory_scaler.go
    """
    document = subject.document
    if document.get("kind") != "ScaledObject" or document.get("apiVersion") != "keda.sh/v1alpha1":
        return
    spec = map_of(document.get("spec"))
    triggers = list(maps_in(spec.get("triggers"), "spec.triggers"))
    yield from _replicas(spec)
    yield from _scale_to_zero(spec, triggers)
    yield from _names(triggers)
    if spec.get("triggers") == []:
        yield Problem("spec.triggers", "there is no trigger, so nothing would scale it")
    for path, trigger in triggers:
        yield from _trigger(trigger, path)
    yield from _fallback(spec, triggers)
    yield from _modifiers(spec)
    annotations = map_of(map_of(document.get("metadata")).get("annotations"))
    paused = annotations.get(_PAUSED_REPLICAS)
    if isinstance(paused, str) and not (re.fullmatch(r"\+?[0-9]+", paused, re.ASCII) and int(paused) <= _INT32):
        yield Problem(step("metadata.annotations", _PAUSED_REPLICAS), f"{paused!r} is not a number of replicas")


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
    target = map_of(spec.get("scaleTargetRef"))
    workload = target.get("apiVersion") or "apps/v1", target.get("kind") or "Deployment"
    if workload not in {("apps/v1", "Deployment"), ("apps/v1", "StatefulSet")}:
        return
    if _only_resources(triggers) and spec.get("minReplicaCount") in (None, 0):
        yield Problem(
            "spec.minReplicaCount" if "minReplicaCount" in spec else "spec.triggers",
            "there are only cpu and memory triggers, which cannot scale to zero.",
            advice="Set minReplicaCount to 1 or more, or add a trigger of another type.",
        )


def _names(triggers: list[tuple[str, dict[Any, Any]]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for path, trigger in triggers:
        name = text_of(trigger.get("name"))
        if name is not None and first.setdefault(name, path) != path:
            yield Problem(f"{path}.name", f"{first[name]} has the name {name!r} too")


def _trigger(trigger: dict[Any, Any], path: str) -> Iterator[Problem]:
    scaler, metric = trigger.get("type"), trigger.get("metricType")
    if not isinstance(scaler, str):
        return
    if trigger.get("useCachedMetrics") is True and scaler in _WITHOUT_CACHE:
        yield Problem(f"{path}.useCachedMetrics", f"a trigger of type {scaler} does not support cached metrics")
    if scaler not in _RESOURCES:
        if metric == "Utilization" and scaler not in _WITHOUT_METRIC_TYPE:
            yield Problem(
                f"{path}.metricType",
                f"a trigger of type {scaler} does not support the metric type Utilization.",
                advice="Write AverageValue or Value.",
            )
        return
    if metric not in ("Utilization", "AverageValue"):
        message = "needs a metricType" if metric in (None, "") else f"does not support the metric type {metric}"
        yield Problem(
            f"{path}.metricType" if "metricType" in trigger else path,
            f"a trigger of type {scaler} {message}.",
            advice="Write Utilization or AverageValue.",
        )
    value = map_of(trigger.get("metadata")).get("value")
    if not isinstance(value, str):
        return
    if metric == "Utilization" and not re.fullmatch(r"[+-]?[0-9]+", value, re.ASCII):
        yield Problem(f"{path}.metadata.value", f"{value!r} is not a percentage.", advice="Write it like '80'.")
    if metric == "AverageValue" and quantity(value) is None:
        yield Problem(f"{path}.metadata.value", f"{value!r} is not a quantity.", advice="Write it like 500m or 1.5Gi.")


def _fallback(spec: dict[Any, Any], triggers: list[tuple[str, dict[Any, Any]]]) -> Iterator[Problem]:
    fallback = map_of(spec.get("fallback"))
    for key in ("failureThreshold", "replicas"):
        value = whole_number_of(fallback.get(key))
        if value is not None and value < 0:
            yield Problem(f"spec.fallback.{key}", f"{key} must be 0 or more, this is {value}")
    if fallback and not _modifiers_of(spec) and _only_resources(triggers):
        yield Problem("spec.fallback", "a fallback needs a trigger that is not of type cpu or memory")
    if fallback.get("behavior") == "scalingModifiers" and not _modifiers_of(spec).get("formula"):
        yield Problem("spec.fallback.behavior", "the behavior scalingModifiers needs a formula in scalingModifiers")


def _modifiers(spec: dict[Any, Any]) -> Iterator[Problem]:
    modifiers, path = _modifiers_of(spec), "spec.advanced.scalingModifiers"
    if modifiers and not modifiers.get("formula"):
        yield Problem(path, "scalingModifiers needs a formula")
    elif modifiers and not modifiers.get("target"):
        yield Problem(path, "a formula needs a target")


def _modifiers_of(spec: dict[Any, Any]) -> dict[Any, Any]:
    modifiers = map_of(map_of(spec.get("advanced")).get("scalingModifiers"))
    return {key: value for key, value in modifiers.items() if value not in (None, "")}


def _only_resources(triggers: list[tuple[str, dict[Any, Any]]]) -> bool:
    return bool(triggers) and all(trigger.get("type") in _RESOURCES for _path, trigger in triggers)


CHECK = Check(
    name="keda-scaled-object",
    scope="document",
    message=(
        "A ScaledObject follows the rules of KEDA that its schema cannot express; "
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

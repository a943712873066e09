"""What KEDA demands of the triggers of a ScaledObject or a ScaledJob beyond its schema.

As in https://github.com/kedacore/keda/blob/v2.21.0/apis/keda/v1alpha1/scaletriggers_types.go and
https://github.com/kedacore/keda/blob/v2.21.0/pkg/scalers/cpu_memory_scaler.go
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from helm_nested.checking.model import Problem
from helm_nested.kubernetes.document_part import map_of, text_of
from helm_nested.kubernetes.quantity import quantity
from nested_templates.suggestion import nearest

Triggers = Sequence[tuple[str, dict[Any, Any]]]

RESOURCES = ("cpu", "memory")
_WITHOUT_CACHE = (*RESOURCES, "cron")
# These never read their metric type.
_WITHOUT_METRIC_TYPE = ("pulsar", "splunk-observability")
# What KEDA copies into the HorizontalPodAutoscaler, which Kubernetes refuses with another word.
_METRIC_TYPES = ("AverageValue", "Value")


def trigger_problems(triggers: Triggers) -> Iterator[Problem]:
    """Names that stand twice, and what is wrong with each trigger."""
    first: dict[str, str] = {}
    for path, trigger in triggers:
        name = text_of(trigger.get("name"))
        if name is not None and first.setdefault(name, path) != path:
            yield Problem(f"{path}.name", f"{first[name]} has the name {name!r} too")
    for path, trigger in triggers:
        scaler = trigger.get("type")
        if isinstance(scaler, str):
            if trigger.get("useCachedMetrics") is True and scaler in _WITHOUT_CACHE:
                yield Problem(f"{path}.useCachedMetrics", f"a trigger of type {scaler} does not support cached metrics")
            yield from _resource(trigger, path) if scaler in RESOURCES else _metric_type(trigger, path)


def only_resources(triggers: Triggers) -> bool:
    """Whether there are triggers, and all of them are of the processor or the memory."""
    return bool(triggers) and all(trigger.get("type") in RESOURCES for _path, trigger in triggers)


def _metric_type(trigger: dict[Any, Any], path: str) -> Iterator[Problem]:
    scaler, metric = trigger["type"], trigger.get("metricType")
    if not isinstance(metric, str) or metric in ("", *_METRIC_TYPES) or scaler in _WITHOUT_METRIC_TYPE:
        return
    near = nearest(metric, _METRIC_TYPES)
    yield Problem(
        f"{path}.metricType",
        f"a trigger of type {scaler} does not support the metric type {metric}.",
        advice=f"Did you mean {near}?" if near and metric != "Utilization" else "Write AverageValue or Value.",
    )


def _resource(trigger: dict[Any, Any], path: str) -> Iterator[Problem]:
    scaler, metric = trigger["type"], trigger.get("metricType")
    if metric not in ("Utilization", "AverageValue"):
        message = "needs a metricType" if metric in (None, "") else f"does not support the metric type {metric}"
        yield Problem(
            f"{path}.metricType" if "metricType" in trigger else path,
            f"a trigger of type {scaler} {message}.",
            advice="Write Utilization or AverageValue.",
        )
    value = map_of(trigger.get("metadata")).get("value")
    if value in (None, "") and "metadata" in trigger:
        yield Problem(f"{path}.metadata", f"a trigger of type {scaler} needs a value")
    if not isinstance(value, str) or not value:
        return  # what is no text the schema tells
    if metric == "Utilization":
        number = Decimal(value) if re.fullmatch(r"[+-]?[0-9]+", value, re.ASCII) else None
        what, advice = "a percentage", "Write it like '80'."
    elif metric == "AverageValue":
        number = quantity(value)
        what, advice = "a quantity", "Write it like 500m or 1.5Gi."
    else:
        return
    if number is None:
        yield Problem(f"{path}.metadata.value", f"{value!r} is not {what}.", advice=advice)
    elif number <= 0:
        yield Problem(f"{path}.metadata.value", f"the value must be above 0, this is {value}")

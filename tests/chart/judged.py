"""What values lead to, for Kubernetes' own code to judge: values for one field, and all objects that come of them."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from helm_nested.kubernetes import validation

from .bundle import KEDA, Bundle, configuration, merged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Everything is installed and scaled, and no Pod Security level refuses anything before Kubernetes could.
BASE = merged(
    KEDA,
    {
        "temporal": {
            "podSecurity": "privileged",
            "install": dict.fromkeys(
                ("networkPolicy", "podMonitor", "prometheusRule", "dashboards", "priorityClasses"), True
            ),
            "serviceAccount": {"create": True},
            "metrics": {"port": 9000},
            "controlPlane": {
                "enabled": True,
                "podMonitor": True,
                "image": {"repository": "registry.example.com/temporal-endpoints"},
                "authentication": {"keysSecretName": "keys", "tokenReview": True},
            },
            # What is read only with these.
            "keda": {"fallback": {"enabled": True}},
        }
    },
)


def below(field: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A map of maps, in which the value stands at that path."""
    for key in reversed(field):
        value = {key: value}
    assert isinstance(value, dict)
    return value


def values_with(field: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Values where the field is that value, with what it needs: a mount its volume, a handler that sleeps its time."""
    values = merged(BASE, below(field, value))
    if field[-1] == "extraVolumeMounts":
        names = sorted({mount["name"] for mount in value})
        values = merged(values, {"temporal": {"extraVolumes": [{"name": name, "emptyDir": {}} for name in names]}})
    if field[-1] == "preStop":
        # A handler may sleep as long as something is left of the grace period.
        values = merged(values, {"temporal": {"terminationGracePeriodSeconds": 2**31 - 1}})
    return values


def objects(bundle: Bundle) -> Iterator[Any]:
    """Every object of both stages, and the autoscaler that KEDA makes of a ScaledObject."""
    yield from bundle.objects
    yield bundle.deployment("gpu")
    yield bundle.deployment("cpu")
    for key in bundle.templates:
        if not key.startswith("deployment-"):
            yield from bundle.filled(key, "gpu-h100")
    behavior = bundle.scaled_object()["spec"]["advanced"].get("horizontalPodAutoscalerConfig", {})
    yield {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "a", "namespace": "a"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
            "maxReplicas": 2,
            "metrics": [
                {
                    "type": "External",
                    "external": {"metric": {"name": "a"}, "target": {"type": "AverageValue", "averageValue": "1"}},
                }
            ],
            **behavior,
        },
    }


def faults(program: Path, bundle: Bundle) -> list[tuple[str, Any]]:
    """What Kubernetes' own code says against these objects, custom resources by their definitions."""
    said = []
    for document in objects(bundle):
        said += [(document["kind"], fault) for fault in _faults(program, json.dumps(document, sort_keys=True))]
    return said


@cache
def _faults(program: Path, text: str) -> list[Any]:
    # Most of what values lead to is as it was with others.
    document = json.loads(text)
    definitions = configuration().claims.definitions_for(document) or (None,)
    return [fault for each in definitions for fault in validation.judged(program, document, each).faults]

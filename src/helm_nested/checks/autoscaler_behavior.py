"""The check `autoscaler-behavior`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import map_of, maps_in, whole_number_of

# KEDA copies the behavior of a ScaledObject into the HorizontalPodAutoscaler that it makes.
_PLACES = {
    ("autoscaling", "HorizontalPodAutoscaler"): "spec.behavior",
    ("keda.sh", "ScaledObject"): "spec.advanced.horizontalPodAutoscalerConfig.behavior",
}
# MaxStabilizationWindowSeconds and MaxPeriodSeconds of
# https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/autoscaling/validation/validation.go
_LONGEST_WINDOW = 3600
_LONGEST_PERIOD = 1800
_SELECT_POLICIES = ("Max", "Min", "Disabled")
_POLICY_TYPES = ("Pods", "Percent")


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document = subject.document
    group = str(document.get("apiVersion")).partition("/")[0]
    place = _PLACES.get((group, str(document.get("kind"))))
    if place is None:
        return
    part: object = document
    for key in place.split("."):
        part = map_of(part).get(key)
    for direction in ("scaleUp", "scaleDown"):
        rules, path = map_of(map_of(part).get(direction)), f"{place}.{direction}"
        yield from _outside(rules, "stabilizationWindowSeconds", path, 0, _LONGEST_WINDOW)
        yield from _unknown(rules, "selectPolicy", path, _SELECT_POLICIES)
        for policy_path, policy in maps_in(rules.get("policies"), f"{path}.policies"):
            yield from _unknown(policy, "type", policy_path, _POLICY_TYPES)
            yield from _outside(policy, "value", policy_path, 1, None)
            yield from _outside(policy, "periodSeconds", policy_path, 1, _LONGEST_PERIOD)


def _outside(part: dict[str, object], key: str, path: str, least: int, most: int | None) -> Iterator[Problem]:
    value = whole_number_of(part.get(key))
    if value is not None and (value < least or (most is not None and value > most)):
        bounds = f"at least {least}" if most is None else f"between {least} and {most}"
        yield Problem(f"{path}.{key}", f"{key} must be {bounds}, this is {value}")


def _unknown(part: dict[str, object], key: str, path: str, known: tuple[str, ...]) -> Iterator[Problem]:
    value = part.get(key)
    if isinstance(value, str) and value not in known:
        yield Problem(f"{path}.{key}", f"{value!r} is not a {key}.", advice=f"Known: {', '.join(known)}.")


CHECK = Check(
    name="autoscaler-behavior",
    scope="document",
    message=(
        "The behavior of an autoscaler stays within the bounds of Kubernetes, also in a ScaledObject; "
        "otherwise Kubernetes rejects the HorizontalPodAutoscaler, and nothing scales."
    ),
    run=_run,
    passing=(
        """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          stabilizationWindowSeconds: 3600
          selectPolicy: Disabled
          policies:
            - {type: Percent, value: 1, periodSeconds: 1800}
""",
    ),
    failing=(
        """\
# more than an hour
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown: {stabilizationWindowSeconds: 18000}
""",
        """\
# a period above half an hour
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: a
spec:
  behavior:
    scaleUp:
      policies:
        - {type: Pods, value: 1, periodSeconds: 1801}
""",
        """\
# a policy that changes nothing
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: a
spec:
  behavior:
    scaleUp:
      policies:
        - {type: Pods, value: 0, periodSeconds: 60}
""",
        """\
# an unknown type
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleUp:
          policies:
            - {type: Percentage, value: 10, periodSeconds: 60}
""",
        """\
# selectPolicy in lower case
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown: {selectPolicy: disabled}
""",
    ),
)

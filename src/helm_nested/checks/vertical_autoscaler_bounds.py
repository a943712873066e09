"""The check `vertical-autoscaler-bounds`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.api_group import api_group
from helm_nested.kubernetes.document_part import map_of, maps_in, text_of, what
from helm_nested.kubernetes.quantity import quantity
from nested_templates.document_path import step
from nested_templates.suggestion import did_you_mean

_UPDATE_MODES = ("Off", "Initial", "Recreate", "InPlace", "InPlaceOrRecreate", "Auto")
_MODES = ("Auto", "Off")
_CONTROLLED_VALUES = ("RequestsAndLimits", "RequestsOnly")
_FINEST = {"cpu": (Decimal("0.001"), "thousandths of a core"), "memory": (Decimal(1), "bytes")}


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    """Judges as the autoscaler's own webhook does.

    https://github.com/kubernetes/autoscaler/blob/vertical-pod-autoscaler-1.6.0/vertical-pod-autoscaler/pkg/admission-controller/resource/vpa/handler.go
    """
    document = subject.document
    if document.get("kind") != "VerticalPodAutoscaler" or api_group(document) != "autoscaling.k8s.io":
        return
    spec = map_of(document.get("spec"))
    policy = spec.get("updatePolicy")
    if isinstance(policy, dict):
        if policy.get("updateMode") is None:
            yield Problem("spec.updatePolicy", "an updatePolicy needs an updateMode.", advice=_known(_UPDATE_MODES))
        yield from _word(policy, "updateMode", "spec.updatePolicy", _UPDATE_MODES)
        least = policy.get("minReplicas")
        if isinstance(least, int) and least <= 0:
            yield Problem("spec.updatePolicy.minReplicas", f"minReplicas must be at least 1, this is {least}")
    path = "spec.resourcePolicy.containerPolicies"
    first: dict[str, str] = {}
    for place, container in maps_in(map_of(spec.get("resourcePolicy")).get("containerPolicies"), path):
        name = text_of(container.get("containerName"))
        if name is None and container.get("containerName") in (None, ""):
            yield Problem(place, "a container's policy needs a containerName.", advice="'*' means all others.")
        elif name is not None and first.setdefault(name, place) != place:
            yield Problem(
                f"{place}.containerName", f"{first[name]} is for the container {name!r} too, and counts alone"
            )
        yield from _container(container, place)


def _container(container: dict[Any, Any], path: str) -> Iterator[Problem]:
    yield from _word(container, "mode", path, _MODES)
    yield from _word(container, "controlledValues", path, _CONTROLLED_VALUES)
    if container.get("mode") == "Off" and container.get("controlledValues") == "RequestsAndLimits":
        yield Problem(f"{path}.controlledValues", "the mode is Off, so no values are controlled")
    least, most = map_of(container.get("minAllowed")), map_of(container.get("maxAllowed"))
    for key, amounts in (("minAllowed", least), ("maxAllowed", most)):
        for resource, amount in amounts.items():
            yield from _amount(str(resource), amount, step(f"{path}.{key}", resource))
    for resource, amount in least.items():
        lower, upper = quantity(amount), quantity(most.get(resource))
        if lower is not None and upper is not None and lower > upper:
            message = f"minAllowed {resource} {amount} is above maxAllowed {resource} {most[resource]}"
            yield Problem(step(f"{path}.minAllowed", resource), message)


def _amount(resource: str, amount: object, path: str) -> Iterator[Problem]:
    number = quantity(amount)
    if number is None:
        yield Problem(path, f"{amount!r} is not a quantity.", advice="Write it like 500m or 1.5Gi.")
    elif resource in _FINEST:
        finest, unit = _FINEST[resource]
        if number % finest:
            yield Problem(path, f"{amount} is not a whole number of {unit}")


def _word(part: dict[Any, Any], key: str, path: str, known: tuple[str, ...]) -> Iterator[Problem]:
    value = part.get(key)
    if value is None or value in known:
        return
    if isinstance(value, str):
        yield Problem(f"{path}.{key}", f"{value!r} is not a valid {key}.", advice=did_you_mean(value, known))
    else:
        # Without quotes YAML takes Off for false.
        yield Problem(
            f"{path}.{key}", f"{key} is {what(value)}, not a text.", advice=f"{_known(known)} Put it in quotes."
        )


def _known(words: tuple[str, ...]) -> str:
    return f"Known: {', '.join(words)}."


def _example(policy: str, mode: str = '"Off"') -> str:
    return f"""\
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  name: a
spec:
  updatePolicy: {{updateMode: {mode}}}
  resourcePolicy:
    containerPolicies:
      - {policy}
"""


CHECK = Check(
    name="vertical-autoscaler-bounds",
    scope="document",
    message=(
        "A VerticalPodAutoscaler has bounds and words that its webhook accepts, and one policy for each container; "
        "otherwise it is rejected, or a policy has no effect."
    ),
    run=_run,
    passing=(
        _example(
            "{containerName: main, minAllowed: {cpu: 100m, memory: 1Gi}, maxAllowed: {cpu: '0.1', memory: 1024Mi}}"
        ),
        _example("{containerName: '*', mode: 'Off'}", "InPlaceOrRecreate"),
    ),
    failing=(
        "# the least is above the most\n"
        + _example("{containerName: main, minAllowed: {memory: 128Mi}, maxAllowed: {memory: 100M}}"),
        "# the same container twice\n" + _example("{containerName: main}\n      - {containerName: main}"),
        "# no container\n" + _example("{minAllowed: {cpu: 1}}"),
        "# an unknown mode\n" + _example("{containerName: main, mode: Initial}"),
        "# in lower case\n" + _example("{containerName: main}", "initial"),
        "# no quotes: YAML takes it for false\n" + _example("{containerName: main}", "Off"),
        "# finer than a thousandth of a core\n" + _example("{containerName: main, maxAllowed: {cpu: 0.0005}}"),
    ),
)

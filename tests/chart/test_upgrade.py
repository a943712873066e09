"""Upgrade: a change restarts workers exactly when their pods must change, and never touches what is immutable."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from helm_nested.matrix.axes import Combination, Matrix, load_matrix
from helm_nested.matrix.combinations import combinations
from nested_templates.encoder import ENCODERS
from nested_templates.fill import fill

from .bundle import (
    DEVICES,
    Bundle,
    argument_sets,
    configuration,
    contract,
    default_argument_set,
    deployment_key,
    render,
)

# Choices show what they change only beside some others: so many pairs are tried.
PAIRS = 8
# Axes, and choices of others, that change nothing of a worker's pod, so that setting them on a running release restarts
# nobody.
RESTARTS_NOBODY = {
    "scaling": "replicas are outside the pod template",
    "connection=argument": "workers get both from the control plane, as without any",
    "authentication": "only KEDA authenticates by it",
    "trigger=keda-default": "only KEDA reads it",
    "trigger=busy-workers": "only KEDA reads it",
    "pace": "only KEDA reads it",
    "fallback": "only KEDA reads it",
    "pause": "only KEDA reads it",
    "disruption-budget": "it is an object of its own",
    "vertical-autoscaler": "it is an object of its own",
    "config-map": "how the ConfigMap is installed is no part of what it says",
    "objects": "they are objects of their own",
    "monitoring": "its objects are installed beside the endpoints",
    "control-plane": "who fills the templates is no part of what they say",
    "endpoint-namespace": "where an endpoint is, its control plane says",
}
# Arguments whose change restarts nobody: what is read from outside of the pod.
ARGUMENTS_THAT_RESTART_NOBODY = {
    "MIN_WORKERS": "an annotation of the Deployment, and the ScaledObject's",
    "MAX_WORKERS": "an annotation of the Deployment, its replicas, and the ScaledObject's",
    "PER_WORKER": "an annotation of the Deployment; workers learn it from their command or environment",
    "CHANGE_CAUSE_MESSAGE": "it carries the time, so on the pods it would restart them at every update",
    "CONFIG_DATA_SERIALIZED": "it stands in a ConfigMap that is mounted",
    "ENDPOINT_CONFIG_SERIALIZED": "it stands in a ConfigMap that is mounted",
    "TEMPORAL_TASK_QUEUE": "an annotation of the Deployment; workers learn it from MAIN_ENV",
    "NAMESPACE": "another namespace is another endpoint",
    "INFRA_SERVICE_CONFIG_VOLUME_MOUNT_PATH": "nothing is mounted by default",
    "TEMPORAL_ADDRESS": "workers get it from the control plane, in MAIN_ENV",
    "TEMPORAL_NAMESPACE": "workers get it from the control plane, in MAIN_ENV",
}


@cache
def matrix() -> Matrix:
    """The repository's matrix."""
    return load_matrix(configuration().required_matrix())


@cache
def rendered(row: Combination) -> Bundle:
    """One combination rendered."""
    return render(matrix().values(row), release=matrix().release(row, configuration().release))


def pods(bundle: Bundle) -> list[str]:
    """The pod templates of both devices, as texts to compare."""
    return [json.dumps(bundle.deployment(device)["spec"]["template"], sort_keys=True) for device in DEVICES]


# A release keeps its name and its namespace, whatever its values.
CHOICES = [
    pytest.param(index, choice, id=f"{axis.name}={axis.choices[choice].name}")
    for index, axis in enumerate(matrix().axes)
    if not any(each.release for each in axis.choices)
    for choice in range(1, len(axis.choices))
]


def rows() -> list[Combination]:
    """The sample's combinations, and those with one choice that is not its axis's first: no exclusion leaves none."""
    default = bytes(len(matrix().axes))
    single = [
        default[:index] + bytes([choice]) + default[index + 1 :]
        for index, axis in enumerate(matrix().axes)
        for choice in range(1, len(axis.choices))
    ]
    return [*combinations(matrix(), "2", configuration().cache), *single]


def pairs(axis: int, choice: int) -> list[tuple[Combination, Combination]]:
    """Combinations that differ in that axis alone: its first choice, and this one."""
    found = []
    for row in rows():
        before, after = (row[:axis] + bytes([each]) + row[axis + 1 :] for each in (0, choice))
        if matrix().allowed(before) and matrix().allowed(after):
            found.append((before, after))
    return found


@pytest.mark.parametrize(("axis", "choice"), CHOICES)
def test_values_restart_workers_exactly_if_their_pods_must_change(axis: int, choice: int) -> None:
    """A value of the workers' pods restarts them when it changes, any other leaves them running."""
    name, chosen = matrix().axes[axis].name, matrix().axes[axis].choices[choice].name
    reason = RESTARTS_NOBODY.get(name) or RESTARTS_NOBODY.get(f"{name}={chosen}")
    some = pairs(axis, choice)[:PAIRS]
    assert some, "the exclusions leave no pair that differs in this choice alone"
    restarting = any(pods(rendered(before)) != pods(rendered(after)) for before, after in some)
    assert restarting == (reason is None), reason or "no worker would see the change"


@pytest.mark.parametrize("name", sorted(contract().arguments))
def test_arguments_restart_workers_exactly_if_their_pods_must_change(name: str) -> None:
    """Bounds, pace, configuration and the change cause leave workers running; what their pods say restarts them."""
    if contract().arguments[name].unused:
        return
    bundle = render()
    template = bundle.templates[deployment_key("gpu")]
    before = argument_sets()[default_argument_set("gpu")]
    after = replace(before, arguments={**before.arguments, name: another(before.arguments[name])})
    one, two = (
        fill(template, each, contract(), ENCODERS["json"]).documents[0]["spec"]["template"] for each in (before, after)
    )
    assert (one != two) == (name not in ARGUMENTS_THAT_RESTART_NOBODY)


def another(value: Any) -> Any:
    """Another value of the same shape."""
    if isinstance(value, list):
        return [*value, *value[-1:]]
    if isinstance(value, int):
        return value + 1
    return value.replace('Gi"', 'Mi"') if value.endswith('Gi"') else f"{value}1"

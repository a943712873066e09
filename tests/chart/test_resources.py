"""Resources: a worker gets what the endpoint asked for, requests equal to limits."""

from __future__ import annotations

import pytest

from .bundle import DEVICES, argument_sets, deployment_key, render

SUITED = [
    (device, name) for device in DEVICES for name, each in argument_sets().items() if each.suits(deployment_key(device))
]


@pytest.mark.parametrize(("device", "name"), SUITED)
def test_requests_equal_limits_and_are_the_arguments(device: str, name: str) -> None:
    """Requests and limits are exactly CPUS, MEMORY, the storage if there is any, and GPUS on GPU workers only."""
    resources = render().container(device, name)["resources"]
    arguments = argument_sets()[name].arguments
    expected = {"cpu": str(arguments["CPUS"]), "memory": str(arguments["MEMORY"])}
    if arguments["STORAGE_DICT"]:
        expected["ephemeral-storage"] = arguments["STORAGE_DICT"].split('"')[1]
    if device == "gpu":
        expected["nvidia.com/gpu"] = str(arguments["GPUS"])
    assert resources == {"requests": expected, "limits": expected}


def test_storage_is_left_out_when_there_is_none() -> None:
    """An empty STORAGE_DICT leaves no entry."""
    assert "ephemeral-storage" not in render().container("cpu", "cpu-no-storage")["resources"]["requests"]

"""Resources: a worker gets what the endpoint asked for, requests equal to limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from helm_nested.pytest_plugin import over

from .worker import container

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]


def asked_for(arguments: Document) -> dict[str, str]:
    """What the endpoint asked for of CPU, memory and, if it needs any, local disk; as texts, numbers included."""
    storage = yaml.safe_load(arguments["STORAGE_DICT"]) or {}
    return {"cpu": str(arguments["CPUS"]), "memory": str(arguments["MEMORY"]), **storage}


@over(key="deployment-*-cpu.yaml")
def test_cpu_workers_get_what_the_endpoint_asked_for(document: Document, arguments: Document) -> None:
    """Requests and limits of a CPU worker are CPUS, MEMORY and the storage if there is any: no more and no less."""
    expected = asked_for(arguments)
    assert container(document)["resources"] == {"requests": expected, "limits": expected}


@over(key="deployment-*-gpu.yaml")
def test_gpu_workers_get_their_gpus_besides(document: Document, arguments: Document) -> None:
    """Requests and limits of a GPU worker are those of a CPU worker and GPUS: no more and no less."""
    expected = asked_for(arguments) | {"nvidia.com/gpu": str(arguments["GPUS"])}
    assert container(document)["resources"] == {"requests": expected, "limits": expected}

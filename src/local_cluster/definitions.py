"""Custom resource definitions, applied and waited for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import yaml

from local_cluster.api import Api, Object, Reference
from local_cluster.processes import wait_until


def install_definitions(api: Api, folder: Path) -> None:
    """Apply every definition that the folder's files hold, and wait until the server serves them."""
    found = [
        document
        for path in sorted(folder.glob("*.yaml"))
        for document in yaml.load_all(path.read_bytes(), yaml.CSafeLoader)
        if document and document["kind"] == "CustomResourceDefinition"
    ]
    for document in found:
        api.apply(document, force=True)
    for document in found:
        wait_until_holds(api, Reference.of(document), "Established")
        for kind in _kinds(document):
            wait_until(f"{kind.api_version} {kind.kind} is served", partial(_is_served, api, kind))


def _kinds(definition: Object) -> Iterator[Reference]:
    spec = definition["spec"]
    for version in spec["versions"]:
        if version["served"]:
            yield Reference(f"{spec['group']}/{version['name']}", spec["names"]["kind"])


def _is_served(api: Api, kind: Reference) -> bool:
    """Whether its objects can be listed, which takes a moment longer than the condition says."""
    api.list(kind)
    return True


def wait_until_holds(api: Api, where: Reference, condition: str, *, seconds: float = 60) -> None:
    """Wait until this condition of the object is true."""
    wait_until(f"{where.kind} {where.name} is {condition}", lambda: holds(api.get(where), condition), seconds=seconds)


def holds(document: Object, condition: str) -> bool:
    """Whether this condition of the object is true."""
    conditions = document.get("status", {}).get("conditions") or []
    return any(each["type"] == condition and each["status"] == "True" for each in conditions)

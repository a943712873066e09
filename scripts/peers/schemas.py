"""Schemas as a competent user lays them out for other tools: local, one file a kind, with only what it refers to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from helm_nested.kubernetes.schema import DEFINITIONS, schema_folder, schema_name

# What this repository's chart and its service templates are made of.
KINDS = (
    ("ConfigMap", "v1"),
    ("Deployment", "apps/v1"),
    ("NetworkPolicy", "networking.k8s.io/v1"),
    ("Pod", "v1"),
    ("PodDisruptionBudget", "policy/v1"),
    ("PriorityClass", "scheduling.k8s.io/v1"),
    ("ServiceAccount", "v1"),
)
_REFERENCE = re.compile(rf'"\$ref": "[^"#]*(?:{re.escape(DEFINITIONS)})?#/\$defs/([^"]+)"')


def write_kubernetes(folder: Path, minor: str) -> None:
    """Every kind's schema of that minor version as one file in `folder`, named as kubernetes-json-schema names it."""
    definitions = json.loads((schema_folder(minor) / DEFINITIONS).read_text(encoding="utf-8"))["$defs"]
    folder.mkdir(parents=True, exist_ok=True)
    for kind, version in KINDS:
        name = schema_name(kind, version)
        (folder / name).write_text(
            _standalone((schema_folder(minor) / name).read_text(encoding="utf-8"), definitions), encoding="utf-8"
        )


def write_custom(folder: Path, source: Path) -> None:
    """KEDA's schemas, under names that kubeconform looks for."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("scaledobject", "triggerauthentication"):
        (folder / f"{kind}-keda-v1alpha1.json").write_bytes((source / f"{kind}.json").read_bytes())


def _standalone(text: str, definitions: dict[str, Any]) -> str:
    schema = json.loads(text)
    schema.pop("$id", None)
    needed: dict[str, Any] = {}
    waiting = [json.dumps(schema)]
    while waiting:
        for name in _REFERENCE.findall(waiting.pop()):
            if name not in needed:
                needed[name] = definitions[name]
                waiting.append(json.dumps(definitions[name]))
    return _REFERENCE.sub(r'"$ref": "#/$defs/\1"', json.dumps(schema | {"$defs": needed}))

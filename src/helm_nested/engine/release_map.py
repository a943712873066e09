"""A release as the user writes it: the map `release:` of the configuration, and the fragments of it in a matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from helm_nested.engine.protocol import Release

ReleaseMap = Mapping[str, Any]

_TEXT = {"type": "string", "minLength": 1}
# What the helm binary refuses and the in-process engine does not (helm.sh/helm/v4/pkg/chart/v2/util/validate_name.go).
_NAME = {
    "type": "string",
    "maxLength": 53,
    "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(?![\s\S])",
    "title": "a release name: lower-case letters, digits, '-' and '.', at most 53 characters",
}
_LABEL = {
    "type": "string",
    "maxLength": 63,
    "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(?![\s\S])",
    "title": "a namespace: lower-case letters, digits and '-', at most 63 characters",
}
_VERSION = {
    "type": "string",
    "pattern": r"^v?[0-9]+\.[0-9]+(\.[0-9]+)?([-+][-+.0-9A-Za-z]+)?(?![\s\S])",
    "title": 'a Kubernetes version in quotes, for example "v1.34.0"',
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": _NAME,
        "namespace": _LABEL,
        "kubeVersion": _VERSION,
        "apiVersions": {"type": "array", "items": _TEXT},
        "isUpgrade": {"type": "boolean"},
    },
}

# Each key of the map: the field of a release that it is, and how the one becomes the other.
_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("name", str),
    "namespace": ("namespace", str),
    "kubeVersion": ("kube_version", str),
    "apiVersions": ("api_versions", tuple),
    "isUpgrade": ("is_upgrade", bool),
}


def released(base: Release, over: ReleaseMap) -> Release:
    """The release with what a map that SCHEMA accepts says of it; the rest as it was."""
    return replace(base, **{_FIELDS[key][0]: _FIELDS[key][1](value) for key, value in over.items()})

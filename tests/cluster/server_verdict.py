"""What a real API server says of a document, and what the checks say of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from helm_nested.checking.model import Claims, DocumentSubject
from helm_nested.checks import keda_scaled_object
from helm_nested.kubernetes import validation
from helm_nested.kubernetes.api_group import is_custom
from helm_nested.kubernetes.resource_definition import ResourceDefinition
from local_cluster.api import Answer, Api, Object, Reference
from local_cluster.errors import ApiError
from local_cluster.tools import Tools
from nested_templates.json_value import as_json

_YAML = "application/yaml"
# KEDA says this of pollingInterval and cooldownPeriod where an endpoint has MIN_WORKERS above 0: the same template
# serves endpoints that scale to zero, for which both fields matter.
_OF_OTHER_ENDPOINTS = re.compile("(PollingInterval|CooldownPeriod) is configured but is not relevant")


@dataclass(frozen=True)
class Verdict:
    """Whether a document is taken, whether with a warning, and the words that tell why not."""

    accepted: bool
    warned: bool
    words: str = ""
    document: Any = None

    def __eq__(self, other: object) -> bool:
        """Two verdicts are the same if they decide the same, whatever their words."""
        return isinstance(other, Verdict) and (self.accepted, self.warned) == (other.accepted, other.warned)

    def __hash__(self) -> int:
        """Goes with `__eq__`."""
        return hash((self.accepted, self.warned))


def applied(api: Api, body: Object | str, where: Reference) -> Verdict:
    """The server's verdict on a server-side apply."""
    return _verdict(lambda: api.apply(body, dry_run=True, where=where))


def created(api: Api, body: Object | str, document: Mapping[str, Any], namespace: str) -> Verdict:
    """The server's verdict on the creation of an object, or of what a YAML text says."""
    kind = Reference(str(document.get("apiVersion")), str(document.get("kind")), namespace)

    def ask() -> Answer:
        own = (document.get("metadata") or {}).get("namespace")
        where = kind._replace(namespace=own if isinstance(own, str) else namespace)
        query = {"dryRun": "All", "fieldValidation": "Strict"}
        return api.request("POST", api.path(where), body, query=query, kind=_YAML)

    return _verdict(ask)


def _verdict(ask: Callable[[], Answer]) -> Verdict:
    try:
        answer = ask()
    except ApiError as error:
        return Verdict(accepted=False, warned=False, words=str(error))
    warnings = [each for each in answer.warnings if not _OF_OTHER_ENDPOINTS.search(each)]
    return Verdict(accepted=True, warned=bool(warnings), words=" ".join(warnings), document=answer.body)


class Judge:
    """The checks that speak for a server: Kubernetes' own code, and the rules of KEDA's webhook."""

    def __init__(self, tools: Tools, *more_definitions: Path) -> None:
        self._program = tools("kubernetes")
        folders = (tools("keda-definitions"), tools("vertical-pod-autoscaler-definitions"), *more_definitions)
        self._definitions = list(_definitions(path for folder in folders for path in folder.glob("*.yaml")))

    def verdict(self, document: Object) -> Verdict:
        """Their verdict."""
        definition = None
        if is_custom(document):
            [definition] = [each for each in self._definitions if each.serves(document)]
        answer = validation.judged(self._program, as_json(document), definition)
        problems = [fault.message for fault in answer.faults]
        problems += [each.message for each in keda_scaled_object.CHECK.run(DocumentSubject(document, Claims()))]
        words = " ".join((*problems, *answer.warnings))
        return Verdict(accepted=answer.known and not problems, warned=bool(answer.warnings), words=words)


def _definitions(paths: Iterable[Path]) -> Iterable[ResourceDefinition]:
    for path in paths:
        for document in yaml.load_all(path.read_bytes(), yaml.CSafeLoader):
            if document and document["kind"] == "CustomResourceDefinition":
                yield ResourceDefinition(path.name, document)

"""The documents of an endpoint: what the cluster is to hold, from the record alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nested_templates.contract import ArgumentSet, Contract
from nested_templates.outline import Outlines
from nested_templates.service_template import ServiceTemplate
from temporal_endpoints.arguments import arguments_of
from temporal_endpoints.errors import RefusedError
from temporal_endpoints.planning.scaler import of_build
from temporal_endpoints.records.model import Endpoint, ObjectKey

Document = dict[str, Any]
LABEL = "endpoint_id"
RESTARTED_AT = "temporal.scaleml.io/restartedAt"
CONTRACT = Path(__file__).parents[1] / "contract.schema.json"
_DEPLOYMENT = "deployment-runnable-image-temporal-"
_AUTOSCALER = "vertical-pod-autoscaler.yaml"
# Every endpoint has what these keys lead to, as far as the templates have them; a key may lead to nothing.
_ALWAYS = (
    "user-config.yaml",
    "endpoint-config.yaml",
    "worker-settings-temporal.yaml",
    "pod-disruption-budget.yaml",
    "keda-trigger-authentication-temporal.yaml",
    "keda-scaled-object-temporal.yaml",
)
# All that endpoints are made from; a ConfigMap may hold other templates beside them.
KEYS = (f"{_DEPLOYMENT}cpu.yaml", f"{_DEPLOYMENT}gpu.yaml", *_ALWAYS, _AUTOSCALER)
# Endpoints are made from the same templates.
_OUTLINES = Outlines()
# What a Deployment mounts is there before it; what scales it comes after it.
_ORDER = (
    "ConfigMap",
    "TriggerAuthentication",
    "PodDisruptionBudget",
    "Deployment",
    "VerticalPodAutoscaler",
    "ScaledObject",
)


@cache
def contract() -> Contract:
    """The contract of all arguments."""
    return Contract(json.loads(CONTRACT.read_text(encoding="utf-8")), "of the temporal service templates")


def documents_of(endpoint: Endpoint, texts: Mapping[str, str]) -> dict[ObjectKey, Document]:
    """What the cluster is to hold of an endpoint, in the order in which it is made.

    Raises:
        RefusedError: the templates lack a key or ask for what this control plane was not told, or lead to an object
            that is not the endpoint's own.
        ContractError: an argument breaks the contract; the text names it.
        FillError: a template cannot be filled.
        DocumentError: a filled template is not YAML documents.
    """
    arguments = arguments_of(endpoint)
    argument_set = ArgumentSet(endpoint.id, "", (), arguments)
    contract().check(argument_set)
    found: dict[ObjectKey, Document] = {}
    for key in _keys(endpoint, texts):
        template = ServiceTemplate("ConfigMap", key, texts[key])
        _require_arguments(template, arguments)
        for document in _OUTLINES.documents(template, argument_set, contract()):
            where = _own(document, endpoint, key)
            if where in found:
                raise RefusedError(f"{key}: the templates lead to {where} twice. Remove it from one of them.")
            found[where] = of_build(_restarted(document, endpoint), endpoint)
    return {where: found[where] for where in sorted(found, key=rank)}


def require_keys(endpoint: Endpoint, texts: Mapping[str, str]) -> None:
    """Refuse templates that lack one that the endpoint needs.

    Raises:
        RefusedError: it names the key.
    """
    for _ in _keys(endpoint, texts):
        pass


def rank(key: ObjectKey) -> tuple[int, str]:
    """Where an object stands in the order in which objects are made; removal goes the other way."""
    return (_ORDER.index(key.kind) if key.kind in _ORDER else len(_ORDER), key.name)


def _keys(endpoint: Endpoint, texts: Mapping[str, str]) -> Iterator[str]:
    asked = endpoint.specification
    deployment = f"{_DEPLOYMENT}{'gpu' if asked.gpus else 'cpu'}.yaml"
    if deployment not in texts:
        raise RefusedError(
            f"the templates have no {deployment}. Install the chart temporal-endpoints, or correct --templates."
        )
    yield deployment
    yield from (key for key in _ALWAYS if key in texts)
    if asked.optimize_costs:
        if _AUTOSCALER not in texts:
            raise RefusedError(f"optimize_costs needs the template {_AUTOSCALER}, and there is none. Leave it out.")
        yield _AUTOSCALER


def _require_arguments(template: ServiceTemplate, arguments: Mapping[str, Any]) -> None:
    for placeholder in template.dialect.placeholders(template.text, template.where) or ():
        if placeholder.name in contract().arguments and placeholder.name not in arguments:
            option = "--" + placeholder.name.lower().replace("_", "-")
            raise RefusedError(
                f"{template.key} asks for {placeholder.name}, which this control plane was not told. "
                f"Start it with {option} if there is that option, or change the chart's values, and restart the "
                "endpoint."
            )


def _own(document: Document, endpoint: Endpoint, key: str) -> ObjectKey:
    """Where the document belongs; a template can reach nothing that is not the endpoint's."""
    metadata = document.get("metadata") or {}
    try:
        where = ObjectKey.of(document)
    except (KeyError, TypeError) as error:
        raise RefusedError(f"{key}: a document has no {error}, so it cannot be applied. Add it.") from error
    if where.namespace != endpoint.namespace:
        raise RefusedError(
            f"{key}: {where} is in the namespace {where.namespace}, not in the endpoint's. Write ${{NAMESPACE}}."
        )
    if (metadata.get("labels") or {}).get(LABEL) != endpoint.id:
        raise RefusedError(
            f"{key}: {where} has no label {LABEL} with the endpoint's id, so it could not be found again. "
            f'Add {LABEL}: "${{ENDPOINT_ID}}".'
        )
    _refuse_double_variables(document, where)
    return where


def _refuse_double_variables(document: Document, where: ObjectKey) -> None:
    """The API server answers a variable that is there twice with 500 and no reason."""
    for container in _containers(document):
        names = [str(each.get("name")) for each in container.get("env") or () if isinstance(each, dict)]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            raise RefusedError(
                f"{where}: {', '.join(doubles)} is set by the templates as well as by the bundle. "
                "Leave it out of the bundle's env."
            )


def _containers(document: Document) -> Iterator[dict[str, Any]]:
    specification = ((document.get("spec") or {}).get("template") or {}).get("spec") or {}
    for field in ("initContainers", "containers"):
        yield from (each for each in specification.get(field) or () if isinstance(each, dict))


def _restarted(document: Document, endpoint: Endpoint) -> Document:
    moment = endpoint.specification.restarted_at
    if document["kind"] != "Deployment" or moment is None:
        return document
    template = document["spec"]["template"]
    metadata = template.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), RESTARTED_AT: moment}
    template = {**template, "metadata": {**metadata, "annotations": annotations}}
    return {**document, "spec": {**document["spec"], "template": template}}


def canonical(value: object) -> str:
    """A text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))

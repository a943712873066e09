"""Metadata wherever it stands in a document: the object's own, and that of the objects it is a template of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helm_nested.kubernetes.document_part import map_of, maps_in
from helm_nested.kubernetes.pod_spec import pod_template
from nested_templates.yaml_documents import Document


def object_metadata(document: Document) -> Iterator[tuple[str, dict[Any, Any]]]:
    """Every metadata map, with its path: the object's, its pods', its jobs' and its volume claims'."""
    yield "metadata", map_of(document.get("metadata"))
    template = pod_template(document)
    if template is None:
        return
    if template.metadata_path != "metadata":
        yield template.metadata_path, template.metadata
    kind, spec = document["kind"], map_of(document.get("spec"))
    if kind == "CronJob":
        yield "spec.jobTemplate.metadata", map_of(map_of(spec.get("jobTemplate")).get("metadata"))
    if kind == "StatefulSet":
        for path, claim in maps_in(spec.get("volumeClaimTemplates"), "spec.volumeClaimTemplates"):
            yield f"{path}.metadata", map_of(claim.get("metadata"))
    for path, volume in template.volumes():
        if "ephemeral" in volume:
            claim = map_of(map_of(volume["ephemeral"]).get("volumeClaimTemplate"))
            yield f"{path}.ephemeral.volumeClaimTemplate.metadata", map_of(claim.get("metadata"))

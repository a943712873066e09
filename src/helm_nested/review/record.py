"""The record of a run: both stages of every scenario, each distinct text once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from helm_nested.chart import Chart
from helm_nested.rendering import Renderer, Rendering
from helm_nested.review.model import (
    ArgumentSetRecord,
    ManifestRecord,
    PlaceholderRecord,
    Review,
    ScenarioRecord,
    SegmentRecord,
    ServiceTemplateRecord,
)
from nested_templates.dialect import STRING_TEMPLATE, Placeholder, parse
from nested_templates.encoder import Encoder
from nested_templates.yaml_documents import load_documents


def record(chart: Chart, renderer: Renderer, renderings: Sequence[Rendering]) -> Review:
    """What these renderings hold, in the shape that render.json and the page have."""
    texts: dict[str, str] = {}
    templates: dict[str, list[SegmentRecord]] = {}
    return {
        "format": 1,
        "chart": {"name": chart.name, "version": str(chart.metadata.get("version", ""))},
        "engine": renderer.engine.description,
        "release": {
            "name": renderer.release.name,
            "namespace": renderer.release.namespace,
            "kubeVersion": renderer.release.kube_version,
        },
        "scenarios": [_scenario(rendering, texts, templates) for rendering in renderings],
        "texts": texts,
        "templates": templates,
        "argumentSets": _argument_sets(renderer, renderings, renderer.encoder),
        "placeholders": {name: _placeholder(renderer, name) for name in sorted(_asked(renderer, renderings))},
    }


def _scenario(rendering: Rendering, texts: dict[str, str], templates: dict[str, list[SegmentRecord]]) -> ScenarioRecord:
    manifests: list[ManifestRecord] = [
        {
            "source": manifest.source.partition("/")[2],
            "kind": str(document.get("kind", "")),
            "name": str((document.get("metadata") or {}).get("name", "")),
            "text": _keep(texts, manifest.text),
        }
        for manifest in rendering.stage_one.manifests
        for document in load_documents(manifest.text, manifest.source)
    ]
    found: list[ServiceTemplateRecord] = []
    for template in rendering.service_templates:
        if template.dialect is STRING_TEMPLATE:
            identity = _identity(template.text)
            templates[identity] = [
                {"placeholder": segment.name} if isinstance(segment, Placeholder) else segment
                for segment in parse(template.text, template.where)
            ]
            found.append({"owner": template.owner, "key": template.key, "template": identity})
            continue
        # The same text may stand in another place, where dollar signs mean placeholders.
        identity = _identity(f"{template.dialect.name}\0{template.text}")
        templates[identity] = [template.text]
        filled = {
            each.argument_set.name: _keep(texts, each.text) for each in rendering.filled if each.template == template
        }
        found.append({"owner": template.owner, "key": template.key, "template": identity, "filled": filled})
    scenario = rendering.scenario
    return {
        "name": scenario.name,
        "title": scenario.title,
        "files": [str(file) for file in scenario.files],
        "values": "\n---\n".join(layer.strip("\n") for layer in scenario.layers),
        "manifests": manifests,
        "notes": _keep(texts, rendering.stage_one.notes.strip("\n")),
        "serviceTemplates": found,
    }


def _asked(renderer: Renderer, renderings: Sequence[Rendering]) -> set[str]:
    """The names that any template asks for; where its dialect cannot tell, all there are."""
    names: set[str] = set()
    for template in {template for rendering in renderings for template in rendering.service_templates}:
        asked = template.dialect.placeholders(template.text, template.where)
        names |= set(renderer.contract.arguments) if asked is None else {each.name for each in asked}
    return names


def _argument_sets(renderer: Renderer, renderings: Sequence[Rendering], encoder: Encoder) -> list[ArgumentSetRecord]:
    used = {filled.argument_set.name for rendering in renderings for filled in rendering.filled}
    return [
        {
            "name": each.name,
            "description": each.description,
            "skip": list(each.skip),
            "encoded": {
                name: encoder(renderer.contract.arguments[name], value)
                for name, value in sorted(each.arguments.items())
            },
        }
        for each in renderer.argument_sets
        if each.name in used
    ]


def _placeholder(renderer: Renderer, name: str) -> PlaceholderRecord:
    argument = renderer.contract.arguments[name]
    return {
        "description": argument.description,
        "position": argument.position,
        "supplier": argument.supplier,
        "unit": argument.unit,
    }


def _keep(texts: dict[str, str], text: str) -> str:
    identity = _identity(text)
    texts[identity] = text
    return identity


def _identity(text: str) -> str:
    # 12 hex digits: 48 bits, so among 10,000 texts a collision has a chance of 10,000^2 / 2^49 = 2e-7.
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]

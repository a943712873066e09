"""One review as the page has it: each distinct text and template once, by its number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nested_templates.contract import is_skipped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helm_nested.review.model import (
        PlaceholderRecord,
        Review,
        ScenarioRecord,
        SegmentRecord,
        ServiceTemplateRecord,
    )


class Pool:
    """Numbers texts and templates by their content: the same number means the same content."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}
        self.templates: dict[str, int] = {}

    def text(self, content: str) -> int:
        """The number of a text."""
        return self.texts.setdefault(content, len(self.texts))

    def template(self, segments: list[SegmentRecord] | dict[str, Any]) -> int:
        """Segments to splice arguments into, or `text` and `filled`: the numbers of the filled texts, by set."""
        return self.templates.setdefault(json.dumps(segments, sort_keys=True), len(self.templates))


class Titles:
    """Names each service template by its key alone, unless two objects of one scenario carry the same key."""

    def __init__(self, reviews: Iterable[Review]) -> None:
        self._ambiguous: set[str] = set()
        for review in reviews:
            for scenario in review["scenarios"]:
                seen: set[str] = set()
                for template in scenario["serviceTemplates"]:
                    (self._ambiguous if template["key"] in seen else seen).add(template["key"])

    def of(self, owner: str, key: str) -> str:
        """The name of the service template under that key of that object."""
        return f"{owner}/{key}" if key in self._ambiguous else key


@dataclass(frozen=True)
class Document:
    """Anything of a scenario that can be looked at: `content` numbers a template, at other stages a text."""

    stage: str
    id: str
    title: str
    origin: str
    content: int
    key: str = ""
    carrier: bool = False  # a stage-one object that carries service templates: what they say, it says again


@dataclass(frozen=True)
class Scenario:
    """One scenario and all of it that can be looked at."""

    name: str
    title: str
    files: list[str]
    documents: list[Document]

    def at(self, stage: str) -> list[Document]:
        """Its documents of that stage."""
        return [document for document in self.documents if document.stage == stage]


@dataclass(frozen=True)
class ArgumentSet:
    """An argument set; `not_for` holds the keys its globs match, so that only Python decides what a glob means."""

    name: str
    description: str
    skip: list[str]
    not_for: list[str]
    encoded: dict[str, str]


@dataclass(frozen=True)
class Side:
    """One review, its texts and templates replaced by their numbers in the pool."""

    scenarios: list[Scenario]
    argument_sets: list[ArgumentSet]
    placeholders: dict[str, PlaceholderRecord]
    release: dict[str, str]

    def fitting(self, document: Document) -> list[ArgumentSet]:
        """The argument sets that the service template is filled with."""
        return [each for each in self.argument_sets if document.key not in each.not_for]


def side_of(review: Review, pool: Pool, titles: Titles) -> Side:
    """The review with its texts and templates in the pool."""
    keys = {template["key"]: None for scenario in review["scenarios"] for template in scenario["serviceTemplates"]}
    return Side(
        scenarios=[_scenario(scenario, review, pool, titles) for scenario in review["scenarios"]],
        argument_sets=[
            ArgumentSet(
                name=each["name"],
                description=each["description"],
                skip=each["skip"],
                not_for=[key for key in keys if is_skipped(key, each["skip"])],
                encoded=each["encoded"],
            )
            for each in review["argumentSets"]
        ],
        placeholders=review["placeholders"],
        release={
            "Chart": f"{review['chart']['name']} {review['chart']['version']}",
            "Engine": review["engine"],
            "Release": f"{review['release']['namespace']}/{review['release']['name']}",
            "Kubernetes": review["release"]["kubeVersion"],
        },
    )


def _scenario(scenario: ScenarioRecord, review: Review, pool: Pool, titles: Titles) -> Scenario:
    documents: list[Document] = []
    seen: dict[str, int] = {}

    def add(stage: str, title: str, origin: str, content: int, *, key: str = "", carrier: bool = False) -> None:
        identity = f"{origin}: {title}" if stage == "object" else title
        # One file may hold two objects of one name, in two namespaces or by mistake: both are shown.
        count = seen[f"{stage} {identity}"] = seen.get(f"{stage} {identity}", 0) + 1
        suffix = f" ({count})" if count > 1 else ""
        documents.append(Document(stage, identity + suffix, title + suffix, origin, content, key, carrier))

    owners = {template["owner"] for template in scenario["serviceTemplates"]}
    for template in scenario["serviceTemplates"]:
        title = titles.of(template["owner"], template["key"])
        content = _template_content(template, review, pool)
        add("template", title, template["owner"], content, key=template["key"])
    for manifest in scenario["manifests"]:
        title = f"{manifest['kind']}/{manifest['name']}"
        content = pool.text(review["texts"][manifest["text"]])
        add("object", title, manifest["source"], content, carrier=title in owners)
    notes = review["texts"][scenario["notes"]]
    if notes:
        add("notes", "NOTES.txt", "templates/NOTES.txt", pool.text(notes))
    add("values", "Values", ", ".join(scenario["files"]), pool.text(scenario["values"]))
    about = "".join(f"file: {file}\n" for file in scenario["files"])
    add("scenario", "Title and files", "", pool.text(f"title: {scenario['title']}\n{about}"))
    return Scenario(scenario["name"], scenario["title"], scenario["files"], documents)


def _template_content(template: ServiceTemplateRecord, review: Review, pool: Pool) -> int:
    segments = review["templates"][template["template"]]
    if "filled" not in template:
        return pool.template(segments)
    filled = {name: pool.text(review["texts"][text]) for name, text in template["filled"].items()}
    return pool.template({"text": "".join(each for each in segments if isinstance(each, str)), "filled": filled})


def filled_counts(side: Side) -> dict[str, int]:
    """How many filled documents each scenario leads to."""
    return {
        scenario.name: sum(len(side.fitting(document)) for document in scenario.at("template"))
        for scenario in side.scenarios
    }

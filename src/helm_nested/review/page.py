"""The review page: one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from helm_nested.contract import is_skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from helm_nested.review.model import (
        PlaceholderRecord,
        Review,
        ScenarioRecord,
        SegmentRecord,
        ServiceTemplateRecord,
    )

_HERE = Path(__file__).parent

# The same characters as in page.js, which shows the documents.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)

# The order in which a reviewer wants to see what changed: what endpoints get comes first.
_STAGES = {
    "template": "Service template",
    "object": "Stage one",
    "notes": "Notes",
    "values": "Values",
    "scenario": "Scenario",
    "arguments": "Argument set",
    "contract": "Placeholder",
}


# How their number is said.
_STAGES_COUNTED = {
    "template": ("in service templates", "in service templates"),
    "object": ("in stage one", "in stage one"),
    "notes": ("in the notes", "in the notes"),
    "values": ("in values", "in values"),
    "scenario": ("scenario", "scenarios"),
    "arguments": ("argument set", "argument sets"),
    "contract": ("placeholder", "placeholders"),
}


def page(review: Review, against: Review | None, *, against_name: str | None = None) -> str:
    """The whole review as one self-contained HTML page, with what changed since `against` if that is given.

    The same reviews give the same page. `against_name` is how the earlier review is called on the page,
    for example its folder; without it that is its chart's name and version.
    """
    pool = _Pool()
    titles = _Titles([review] if against is None else [review, against])
    now = _side(review, pool, titles)
    before = None if against is None else _side(against, pool, titles)
    changes = None if before is None else _changes(before, now, pool)
    if against is not None and against_name is None:
        against_name = f"{against['chart']['name']} {against['chart']['version']}".strip()
    # The pool is complete only now: changes add the texts of argument sets and placeholders to it.
    data = {
        "now": asdict(now),
        "before": None if before is None else asdict(before),
        "texts": list(pool.texts),
        "templates": [json.loads(template) for template in pool.templates],
        "changes": None if changes is None else [asdict(change) for change in changes],
        "stages": _STAGES,
        "chart": review["chart"],
        "againstName": against_name,
    }
    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = _visible
    text = environment.get_template("page.html.j2").render(
        review=review,
        against_name=against_name,
        now=now,
        before=before,
        changes=changes,
        stages=_STAGES,
        stages_counted=_STAGES_COUNTED,
        rendered=None if before is None else _filled_difference(before, now, pool),
        variants=_variants(now),
        distinct_templates=len({each.content for scenario in now.scenarios for each in scenario.at("template")}),
        filled_counts=_filled_counts(now),
        # Both files are the project's own; everything else on the page is escaped.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        content_security_policy=_content_security_policy(style, script),
        data=Markup(_json_for_html(data)),  # noqa: S704
    )
    # A lone surrogate, which JSON can express, has no UTF-8: without this the file could not be written.
    return text.encode("utf-8", "replace").decode("utf-8")


def _visible(text: str) -> str:
    """The text with characters that hide, or reorder what stands around them, replaced by their numbers."""
    return _HIDDEN.sub(lambda found: f"U+{ord(found[0]):04X}", text)


def _content_security_policy(style: str, script: str) -> str:
    """A policy under which nothing is fetched and only this page's own style and script are used."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"

    return (
        f"default-src 'none'; style-src {source(style)}; script-src {source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _json_for_html(data: Mapping[str, Any]) -> str:
    """The data as JSON that no HTML parser takes for markup, whatever it holds."""
    # ASCII JSON already escapes U+2028, U+2029 and lone surrogates.
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _Pool:
    """Numbers texts and templates by their content: the same number means the same content."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}
        self.templates: dict[str, int] = {}

    def text(self, content: str) -> int:
        return self.texts.setdefault(content, len(self.texts))

    def template(self, segments: list[SegmentRecord] | dict[str, Any]) -> int:
        """Segments to splice arguments into, or `text` and `filled`: the numbers of the filled texts, by set."""
        return self.templates.setdefault(json.dumps(segments, sort_keys=True), len(self.templates))


class _Titles:
    """Names each service template by its key alone, unless two objects of one scenario carry the same key."""

    def __init__(self, reviews: Iterable[Review]) -> None:
        self._ambiguous: set[str] = set()
        for review in reviews:
            for scenario in review["scenarios"]:
                seen: set[str] = set()
                for template in scenario["serviceTemplates"]:
                    (self._ambiguous if template["key"] in seen else seen).add(template["key"])

    def of(self, owner: str, key: str) -> str:
        return f"{owner}/{key}" if key in self._ambiguous else key


@dataclass(frozen=True)
class _Document:
    """Anything of a scenario that can be looked at: `content` numbers a template, at other stages a text."""

    stage: str
    id: str
    title: str
    origin: str
    content: int
    key: str = ""
    carrier: bool = False  # a stage-one object that carries service templates: what they say, it says again


@dataclass(frozen=True)
class _Scenario:
    name: str
    title: str
    files: list[str]
    documents: list[_Document]

    def at(self, stage: str) -> list[_Document]:
        return [document for document in self.documents if document.stage == stage]


@dataclass(frozen=True)
class _ArgumentSet:
    """An argument set; `not_for` holds the keys its globs match, so that only Python decides what a glob means."""

    name: str
    description: str
    skip: list[str]
    not_for: list[str]
    encoded: dict[str, str]


@dataclass(frozen=True)
class _Side:
    """One review, its texts and templates replaced by their numbers in the pool."""

    scenarios: list[_Scenario]
    argument_sets: list[_ArgumentSet]
    placeholders: dict[str, PlaceholderRecord]
    release: dict[str, str]

    def fitting(self, document: _Document) -> list[_ArgumentSet]:
        return [each for each in self.argument_sets if document.key not in each.not_for]


def _filled_counts(side: _Side) -> dict[str, int]:
    """How many filled documents each scenario leads to."""
    return {
        scenario.name: sum(len(side.fitting(document)) for document in scenario.at("template"))
        for scenario in side.scenarios
    }


def _side(review: Review, pool: _Pool, titles: _Titles) -> _Side:
    keys = {template["key"]: None for scenario in review["scenarios"] for template in scenario["serviceTemplates"]}
    return _Side(
        scenarios=[_scenario(scenario, review, pool, titles) for scenario in review["scenarios"]],
        argument_sets=[
            _ArgumentSet(
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


def _scenario(scenario: ScenarioRecord, review: Review, pool: _Pool, titles: _Titles) -> _Scenario:
    documents: list[_Document] = []
    seen: dict[str, int] = {}

    def add(stage: str, title: str, origin: str, content: int, *, key: str = "", carrier: bool = False) -> None:
        identity = f"{origin}: {title}" if stage == "object" else title
        # One file may hold two objects of one name, in two namespaces or by mistake: both are shown.
        count = seen[f"{stage} {identity}"] = seen.get(f"{stage} {identity}", 0) + 1
        suffix = f" ({count})" if count > 1 else ""
        documents.append(_Document(stage, identity + suffix, title + suffix, origin, content, key, carrier))

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
    return _Scenario(scenario["name"], scenario["title"], scenario["files"], documents)


def _template_content(template: ServiceTemplateRecord, review: Review, pool: _Pool) -> int:
    segments = review["templates"][template["template"]]
    if "filled" not in template:
        return pool.template(segments)
    filled = {name: pool.text(review["texts"][text]) for name, text in template["filled"].items()}
    return pool.template({"text": "".join(each for each in segments if isinstance(each, str)), "filled": filled})


@dataclass(frozen=True)
class _Change:
    """One difference between two reviews, with every scenario that it is in; the contents number templates or texts."""

    stage: str
    id: str
    title: str
    origin: str
    status: Literal["added", "removed", "changed"]
    before: int | None
    after: int | None
    key: str
    carrier: bool
    scenarios: list[str]


def _changes(before: _Side, now: _Side, pool: _Pool) -> list[_Change]:
    """Every difference, the same difference of several scenarios once, what endpoints get first."""
    earlier = {scenario.name: scenario for scenario in before.scenarios}
    later = {scenario.name: scenario for scenario in now.scenarios}
    found: dict[tuple[str, str, int | None, int | None], _Change] = {}

    def note(old: _Document | None, new: _Document | None, scenario: str) -> None:
        document = new or old
        contents = (old.content if old else None, new.content if new else None)
        if document is None or contents[0] == contents[1]:
            return
        identity = (document.stage, document.id, *contents)
        if identity not in found:
            found[identity] = _Change(
                document.stage,
                document.id,
                document.title,
                document.origin,
                "added" if old is None else "removed" if new is None else "changed",
                *contents,
                document.key,
                document.carrier,
                [],
            )
        if scenario:
            found[identity].scenarios.append(scenario)

    for name in [*later, *(name for name in earlier if name not in later)]:
        if name in earlier and name in later:
            olds, news = ({(each.stage, each.id): each for each in side[name].documents} for side in (earlier, later))
            for identity in [*news, *(identity for identity in olds if identity not in news)]:
                note(olds.get(identity), news.get(identity), name)
        else:
            # A whole scenario is one difference; its documents stand or fall with it.
            note(_as_one(earlier.get(name)), _as_one(later.get(name)), name)
    for earlier_said, later_said in (
        (_argument_documents(before, pool), _argument_documents(now, pool)),
        (_contract_documents(before, pool), _contract_documents(now, pool)),
    ):
        for name in [*later_said, *(name for name in earlier_said if name not in later_said)]:
            note(earlier_said.get(name), later_said.get(name), "")
    order = list(_STAGES)
    return sorted(found.values(), key=lambda change: (order.index(change.stage), change.id))


def _as_one(scenario: _Scenario | None) -> _Document | None:
    if scenario is None:
        return None
    (values,) = scenario.at("values")
    return _Document("scenario", scenario.name, scenario.name, values.origin, values.content)


def _argument_documents(side: _Side, pool: _Pool) -> dict[str, _Document]:
    return {
        each.name: _Document(
            "arguments",
            each.name,
            each.name,
            each.description,
            pool.text(
                f"description: {each.description}\n"
                + "".join(f"not for: {glob}\n" for glob in each.skip)
                + "".join(f"{name}: {argument}\n" for name, argument in each.encoded.items())
            ),
        )
        for each in side.argument_sets
    }


def _contract_documents(side: _Side, pool: _Pool) -> dict[str, _Document]:
    return {
        name: _Document(
            "contract",
            name,
            name,
            "",
            pool.text("".join(f"{field}: {said}\n" for field, said in sorted(placeholder.items()) if said is not None)),
        )
        for name, placeholder in side.placeholders.items()
    }


@dataclass(frozen=True)
class _FilledDifference:
    """How many filled documents are in either review, and how many of them are not the same in both."""

    differing: int
    total: int


def _filled_difference(before: _Side, now: _Side, pool: _Pool) -> _FilledDifference:
    templates = [json.loads(template) for template in pool.templates]
    texts = list(pool.texts)

    def filled(side: _Side) -> dict[tuple[str, str, str], str]:
        arguments = {each.name: each.encoded for each in side.argument_sets}

        @cache
        def fill(template: int, name: str) -> str:
            if isinstance(templates[template], dict):
                number = templates[template]["filled"].get(name)
                return str(templates[template]["text"]) if number is None else texts[number]
            return "".join(
                segment
                if isinstance(segment, str)
                else arguments[name].get(segment["placeholder"], f"${{{segment['placeholder']}}}")
                for segment in templates[template]
            )

        return {
            (scenario.name, document.id, each.name): fill(document.content, each.name)
            for scenario in side.scenarios
            for document in scenario.at("template")
            for each in side.fitting(document)
        }

    old, new = filled(before), filled(now)
    either = {**old, **new}
    return _FilledDifference(sum(old.get(each) != new.get(each) for each in either), len(either))


@dataclass(frozen=True)
class _Variants:
    """One service template over all scenarios: a letter for each distinct text, None where it is not there."""

    id: str
    letters: dict[str, str | None]
    count: int


def _variants(side: _Side) -> list[_Variants]:
    contents: dict[str, dict[str, int]] = {}
    for scenario in side.scenarios:
        for document in scenario.at("template"):
            contents.setdefault(document.id, {})[scenario.name] = document.content
    found: list[_Variants] = []
    for identity, by_scenario in contents.items():
        distinct = list(dict.fromkeys(by_scenario.values()))
        found.append(
            _Variants(
                identity,
                {
                    scenario.name: _letter(distinct.index(by_scenario[scenario.name]))
                    if scenario.name in by_scenario
                    else None
                    for scenario in side.scenarios
                },
                len(distinct),
            )
        )
    return found


def _letter(index: int) -> str:
    return (_letter(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)

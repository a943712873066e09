"""What changed from one review to another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Literal

from helm_nested.review.side import Document, Pool, Scenario, Side

# The order in which a reviewer wants to see what changed: what endpoints get comes first.
STAGES = {
    "template": "Service template",
    "object": "Stage one",
    "notes": "Notes",
    "values": "Values",
    "scenario": "Scenario",
    "arguments": "Argument set",
    "contract": "Placeholder",
}


@dataclass(frozen=True)
class Change:
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


def changes_between(before: Side, now: Side, pool: Pool) -> list[Change]:
    """Every difference, the same difference of several scenarios once, what endpoints get first."""
    earlier = {scenario.name: scenario for scenario in before.scenarios}
    later = {scenario.name: scenario for scenario in now.scenarios}
    found: dict[tuple[str, str, int | None, int | None], Change] = {}

    def note(old: Document | None, new: Document | None, scenario: str) -> None:
        document = new or old
        contents = (old.content if old else None, new.content if new else None)
        if document is None or contents[0] == contents[1]:
            return
        identity = (document.stage, document.id, *contents)
        if identity not in found:
            found[identity] = Change(
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
    order = list(STAGES)
    return sorted(found.values(), key=lambda change: (order.index(change.stage), change.id))


def _as_one(scenario: Scenario | None) -> Document | None:
    if scenario is None:
        return None
    (values,) = scenario.at("values")
    return Document("scenario", scenario.name, scenario.name, values.origin, values.content)


def _argument_documents(side: Side, pool: Pool) -> dict[str, Document]:
    return {
        each.name: Document(
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


def _contract_documents(side: Side, pool: Pool) -> dict[str, Document]:
    return {
        name: Document(
            "contract",
            name,
            name,
            "",
            pool.text("".join(f"{field}: {said}\n" for field, said in sorted(placeholder.items()) if said is not None)),
        )
        for name, placeholder in side.placeholders.items()
    }


@dataclass(frozen=True)
class FilledDifference:
    """How many filled documents are in either review, and how many of them are not the same in both."""

    differing: int
    total: int


def filled_difference(before: Side, now: Side, pool: Pool) -> FilledDifference:
    """The figures over every document of both sides, filled; the pool holds the texts of both."""
    templates = [json.loads(template) for template in pool.templates]
    texts = list(pool.texts)

    def filled(side: Side) -> dict[tuple[str, str, str], str]:
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
    return FilledDifference(sum(old.get(each) != new.get(each) for each in either), len(either))

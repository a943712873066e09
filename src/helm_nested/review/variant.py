"""Which scenarios get the same text of a service template."""

from __future__ import annotations

from dataclasses import dataclass

from helm_nested.review.side import Side


@dataclass(frozen=True)
class Variants:
    """One service template over all scenarios: a letter for each distinct text, None where it is not there."""

    id: str
    letters: dict[str, str | None]
    count: int


def variants_of(side: Side) -> list[Variants]:
    """Each service template over the scenarios of one side."""
    contents: dict[str, dict[str, int]] = {}
    for scenario in side.scenarios:
        for document in scenario.at("template"):
            contents.setdefault(document.id, {})[scenario.name] = document.content
    found: list[Variants] = []
    for identity, by_scenario in contents.items():
        distinct = list(dict.fromkeys(by_scenario.values()))
        found.append(
            Variants(
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

"""An outcome as JSON, and several shards' merged into one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from helm_nested.check_outcome import Outcome
from helm_nested.errors import ConfigurationError
from helm_nested.findings.finding import Finding
from nested_templates.input_file import read_text

FORMAT = 4
# Shards run side by side: their figures add up, but for those of time, of which the longest counts.
_LONGEST = {"seconds", "seconds_rendering"}
_SAME = {"at_once", "engine", "strength", "digest"}
_WHOLE = {"shard": 1, "shards": 1}


def to_json(outcome: Outcome) -> str:
    """The outcome as a JSON text."""
    return json.dumps({"format": FORMAT, **asdict(outcome)}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read(path: Path) -> Outcome:
    """An outcome that was written here.

    Raises:
        ConfigurationError: the file is missing or is something else.
    """
    try:
        document = json.loads(read_text(path))
        _require_shape(document)
        written = document.pop("format")
        findings = tuple(_finding(finding) for finding in document.pop("findings"))
        unsettled = tuple(_finding(finding) for finding in document.pop("unsettled"))
        settled = tuple(document.pop("settled"))
        outcome = _typed(Outcome(**document, findings=findings, unsettled=unsettled, settled=settled))
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}. Name a file that check --json wrote."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path} is not what check --json writes: {error}. Write it again.") from error
    if written != FORMAT:
        raise ConfigurationError(f"{path} has the format {written!r}, this version writes {FORMAT}. Write it again.")
    return outcome


def merge(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of several shards' of one run; a finding that several have is one, its combinations added up.

    Raises:
        ConfigurationError: they are not all the shards of one run, each once, or a selector chose nothing in any.
    """
    _require_all_shards(outcomes)
    known: dict[str, Finding] = {}
    settled = {each for outcome in outcomes for each in outcome.settled}
    for outcome in outcomes:
        for finding in (*outcome.findings, *_standing(outcome, settled)):
            before = known.get(finding.identity)
            known[finding.identity] = finding if before is None else _joined(before, finding)
    figures: dict[str, Any] = {}
    for field in fields(Outcome):
        values = [getattr(outcome, field.name) for outcome in outcomes]
        if field.name in _WHOLE:
            figures[field.name] = _WHOLE[field.name]
        elif field.name in _SAME:
            figures[field.name] = values[0]
        elif field.name == "proof":
            figures[field.name] = "; ".join(filter(None, values))
        elif field.name == "kubernetes_validation":
            # One part that went without it makes the whole one that did.
            figures[field.name] = next((value for value in values if not value.startswith("by ")), values[0])
        elif field.name in _LONGEST:
            figures[field.name] = max(values)
        elif field.name == "unselected":
            figures[field.name] = {}  # some part chose by each of them
        elif field.name == "settled":
            figures[field.name] = tuple(sorted(settled))
        elif field.name not in ("findings", "unsettled"):
            figures[field.name] = sum(values)
    return Outcome(**figures, findings=tuple(known.values()))


def _standing(outcome: Outcome, settled: AbstractSet[str]) -> Iterator[Finding]:
    """What a part could not settle and no other part did."""
    for finding in outcome.unsettled:
        keys = tuple(key for key in finding.keys if key not in settled)
        if keys or (not finding.keys and finding.path not in settled):
            yield replace(finding, keys=keys)


def _require_all_shards(outcomes: Sequence[Outcome]) -> None:
    for name, words in (("strength", "strengths"), ("digest", "charts or versions"), ("shards", "numbers of shards")):
        values = sorted({str(getattr(outcome, name)) for outcome in outcomes})
        if len(values) > 1:
            raise ConfigurationError(
                f"these files come from runs with different {words}: {', '.join(values)}. "
                "Merge the shards of one run; check them again."
            )
    numbers = sorted(outcome.shard for outcome in outcomes)
    total = outcomes[0].shards
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    missing = [number for number in range(1, total + 1) if number not in numbers]
    if twice:
        raise ConfigurationError(f"the shard {twice[0]}/{total} is given twice. Name the file of each shard once.")
    if missing:
        listed = ", ".join(f"{number}/{total}" for number in missing)
        raise ConfigurationError(
            f"the shards {listed} are missing, so not everything was checked. Run check --shard for them, and name "
            "their files too."
        )
    for place, message in outcomes[0].unselected.items():
        if all(place in outcome.unselected for outcome in outcomes):
            raise ConfigurationError(message)


def _typed(outcome: Outcome) -> Outcome:
    """The outcome, if every figure is a number and every word a text.

    Raises:
        TypeError: one is not.
    """
    for field in fields(Outcome):
        value = getattr(outcome, field.name)
        wanted = {"int": int, "str": str, "float": int | float}.get(str(field.type))
        if wanted is not None and (isinstance(value, bool) or not isinstance(value, wanted)):
            raise TypeError(f"{field.name} is {value!r}, not of type {field.type}")
    if not 1 <= outcome.shard <= outcome.shards:
        raise ValueError(f"there is no shard {outcome.shard}/{outcome.shards}")
    if not all(isinstance(text, str) for text in outcome.settled):
        raise TypeError("what is settled is not a list of texts")
    if not all(isinstance(text, str) for text in outcome.unselected.values()):
        raise TypeError("what was not selected is not a map of texts")
    for finding in (*outcome.findings, *outcome.unsettled):
        if not isinstance(finding.combinations, int) or not isinstance(finding.unexplained, int):
            raise TypeError("the combinations of a finding are not a number")
    return outcome


def _require_shape(document: object) -> None:
    """Accept a map in which every list is a list and every map a map.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(document, dict) or "format" not in document:
        raise TypeError("it has no 'format'")
    for key, kind in (("findings", list), ("unsettled", list), ("settled", list), ("unselected", dict)):
        if not isinstance(document.get(key), kind):
            raise TypeError(f"{key!r} is no {'list' if kind is list else 'map'}")


def _joined(first: Finding, second: Finding) -> Finding:
    return replace(
        first,
        when=tuple(dict.fromkeys([*first.when, *second.when])),
        combinations=first.combinations + second.combinations,
        unexplained=first.unexplained + second.unexplained,
    )


def _finding(document: Mapping[str, Any]) -> Finding:
    texts = ("checks", "keys", "argument_sets", "when")
    fields_of: dict[str, Any] = {key: tuple(value) if key in texts else value for key, value in document.items()}
    return Finding(**fields_of)

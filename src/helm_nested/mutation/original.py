"""The chart as it is: what its tests render, and what everything the matrix, scenarios and refusals lead to looks like.

A test whose every render gives the same on a mutant need not be run: it would pass again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helm_nested.configuration import Configuration
from helm_nested.corpus import Corpus
from helm_nested.digest import as_bytes, digest
from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError
from helm_nested.findings.refusal import load_refusals
from helm_nested.matrix.axes import load_matrix
from helm_nested.matrix.combinations import combinations
from helm_nested.scenario import load_scenarios
from helm_nested.values import Values
from nested_templates.contract import load_argument_sets, load_contract

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# Where in a template an error stands: another line is no other message.
_PLACE = re.compile(r", line \d+(?=\))|(?<=\w):\d+(?::\d+)?")


@dataclass(frozen=True)
class Module:
    """What the tests of one module do with the chart.

    Attributes:
        tests: their ids, in order.
        seconds: how long they take together.
        renders: the keys of all that they render.
        reads: whether they read the chart's templates themselves, so that they must be run whatever is rendered.
    """

    tests: tuple[str, ...]
    seconds: float
    renders: tuple[str, ...]
    reads: bool


@dataclass(frozen=True)
class Original:
    """The chart as it is.

    Attributes:
        modules: what depends on the chart, the quickest first, by the module's file.
        renders: by key: values as JSON, the release, and the digest of what comes out.
        corpus: the digest of the corpus of strength 2.
        outcomes: the digest of what each input leads to, by the input's name.
    """

    modules: Mapping[str, Module]
    renders: Mapping[str, tuple[str, Mapping[str, Any], str]]
    corpus: str
    outcomes: Mapping[str, str]

    @property
    def tests(self) -> list[str]:
        """The ids of all tests."""
        return [test for module in self.modules.values() for test in module.tests]

    def to_json(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return asdict(self)

    @classmethod
    def of_json(cls, record: Mapping[str, Any]) -> Original:
        """What `to_json` wrote."""
        modules = {
            name: Module(tuple(each["tests"]), each["seconds"], tuple(each["renders"]), each["reads"])
            for name, each in record["modules"].items()
        }
        renders = {key: (values, release, found) for key, (values, release, found) in record["renders"].items()}
        return cls(modules, renders, record["corpus"], record["outcomes"])


class Inputs:
    """All inputs that a mutant is compared over, by a name for people."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.matrix = load_matrix(configuration.required_matrix())
        refusals = load_refusals(configuration.refused) if configuration.refused else []
        # No template has a part in what the schema refuses.
        self.refusals = [each for each in refusals if each.by == "chart"]
        self.contract = load_contract(configuration.contract)
        self.argument_sets = load_argument_sets(configuration.argument_sets, self.contract)

    @cached_property
    def rows(self) -> Sequence[bytes]:
        """The combinations of strength 3, which hold every meeting of strength 2."""
        return combinations(self.matrix, "3", self.configuration.cache)

    def all(self, engine: InProcessEngine) -> Iterator[tuple[str, Values, Release]]:
        """Every combination of strength 3, scenario and refused input, each with the release it is in."""
        release = self.configuration.release
        for row in self.rows:
            special = [
                f"{axis.name}={axis.choices[choice].name}"
                for axis, choice in zip(self.matrix.axes, row, strict=True)
                if choice
            ]
            yield ", ".join(special) or "all first choices", self.matrix.values(row), self.matrix.release(row, release)
        for scenario in load_scenarios(self.configuration.scenarios):
            yield f"scenario {scenario.name}", engine.merged(scenario.layers), release
        for refusal in self.refusals:
            yield f"refused input {refusal.name}", refusal.values, release

    def outcomes(self, engine: InProcessEngine) -> dict[str, str]:
        """The digest of what each input leads to."""
        return {name: outcome(engine, json.dumps(values), release) for name, values, release in self.all(engine)}


def is_original(file: Path) -> bool:
    """Whether an earlier run wrote there what the chart is as it is, and nothing else did."""
    try:
        Original.of_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return True


def render_key(values: str, release: Release) -> str:
    """A name for what is rendered with these values."""
    return digest(values.encode(), json.dumps(asdict(release)).encode()).hex()


def outcome(engine: InProcessEngine, values: str, release: Release) -> str:
    """The digest of what values as JSON lead to, be it a refusal."""
    try:
        return digest_of(engine.render_bare(values, release))
    except HelmNestedError as error:
        return digest_of(without_place(str(error)))


def digest_of(text: str) -> str:
    """The digest of a text."""
    return digest(as_bytes(text)).hex()


def without_place(said: str) -> str:
    """An error without the lines in templates that it names."""
    return _PLACE.sub("", said)


def corpus_digest(corpus: Corpus) -> str:
    """The digest of all texts of a corpus and of which combination leads to which."""
    parts = [
        part
        for slots in (corpus.manifests, corpus.templates)
        for name, slot in sorted(slots.items())
        for part in (name, *slot.texts, slot.ids.tobytes().hex())
    ]
    return digest(*map(as_bytes, parts)).hex()


def release_of(record: Mapping[str, Any]) -> Release:
    """The release that a render was recorded with."""
    return Release(**{**record, "api_versions": tuple(record["api_versions"])})

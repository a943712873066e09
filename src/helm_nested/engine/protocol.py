"""What an engine is given and what it gives back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

# Helm's own separator of documents (helm.sh/helm/v4/pkg/release/v1/util SplitManifests): it does not ask for the end of
# the line, and it takes the white space on both sides. Helm leaves the second of two separators in a row to the YAML
# parser, to which it says the same; MULTILINE takes it out. Asked for here, the white space before it would be tried
# wherever there is some, which takes longer than all the rest.
_SEPARATOR = re.compile(r"^---\s*", re.ASCII | re.MULTILINE)
_WHITE_SPACE = " \t\n\r\f\v"  # ASCII's


@dataclass(frozen=True)
class Release:
    """What a chart sees of the release it becomes, and of the cluster it goes to."""

    name: str = "release"
    namespace: str = "default"
    kube_version: str = "v1.34.0"
    api_versions: tuple[str, ...] = ()
    is_upgrade: bool = False


@dataclass(frozen=True)
class Manifest:
    """One document of stage one as text, outer blank lines stripped, and the template it came from."""

    source: str
    text: str


@dataclass(frozen=True)
class StageOne:
    """All that Helm made of one chart and one set of values."""

    manifests: tuple[Manifest, ...]
    notes: str


class Engine(Protocol):
    """Something that renders one chart as Helm does."""

    @property
    def description(self) -> str:
        """Which engine and version this is, for people."""

    def render(self, layers: Sequence[str], release: Release) -> StageOne:
        """Render the chart with values files (YAML texts, the last one wins).

        Raises:
            ValuesError: a layer is no YAML map, or the chart's schema refuses the merged values.
            RenderError: a template failed; the text has Helm's message, the template and the line.
            EngineError: the engine itself failed.
        """


def split_manifests(source: str, text: str) -> Iterator[Manifest]:
    """The documents of one rendered template, those without content left out."""
    *separated, last = _SEPARATOR.split(text) if "---" in text else [text]
    for part in (*(before.rstrip(_WHITE_SPACE) for before in separated), last):
        stripped = part.lstrip().rstrip("\n")
        if any(line.strip() and not line.lstrip().startswith("#") for line in stripped.splitlines()):
            yield Manifest(source, stripped)


def in_order(manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """Manifests ordered by template; those of one template as the engine gave them (a helm binary: by kind)."""
    return tuple(sorted(manifests, key=lambda manifest: manifest.source))

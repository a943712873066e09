"""Distinct texts by where they stand, and one number per combination that says which text it leads to."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from helm_nested.matrix.axes import Combination
from nested_templates.service_template import ServiceTemplate
from nested_templates.yaml_documents import Document, KeyPath

ABSENT = 0


@dataclass
class Slot:
    """One place where a text may stand: a manifest of stage one, or a key of service templates.

    `texts[id - 1]` is the text with that id; `ids[n]` is the id that combination n leads to, 0 for none. So 200,000
    combinations cost 0.8 MB a slot, however many texts there are.
    """

    name: str
    texts: list[str] = field(default_factory=list)
    ids: array[int] = field(default_factory=lambda: array("I"))
    _known: dict[str, int] = field(default_factory=dict, repr=False)

    def keep(self, text: str) -> int:
        """The id of a text, a new one if it was not seen before."""
        known = self._known.get(text)
        if known is None:
            self.texts.append(text)
            known = self._known[text] = len(self.texts)
        return known

    def combinations(self, wanted: frozenset[int] | set[int]) -> Iterator[int]:
        """The numbers of the combinations that lead to one of these ids."""
        return (number for number, identity in enumerate(self.ids) if identity in wanted)


@dataclass(frozen=True)
class Corpus:
    """All slots, the combinations, and the parsed manifests and found service templates by slot and id."""

    combinations: Sequence[Combination]
    manifests: Mapping[str, Slot]
    templates: Mapping[str, Slot]
    # By slot name and id: the parsed objects of a manifest, and the service template of a text.
    objects: Mapping[tuple[str, int], tuple[Document, ...]]
    service_templates: Mapping[tuple[str, int], ServiceTemplate]
    # Of the manifests in which a key stands twice, for each object the paths of such keys.
    duplicate_keys: Mapping[tuple[str, int], tuple[tuple[KeyPath, ...], ...]]
    seconds_rendering: float
    # How many combinations were rendered at the same time.
    at_once: int
    engine: str
    # Why combinations were refused, where that was asked for: these lead to nothing.
    refusals: Slot = field(default_factory=lambda: Slot("refusals"))
    # The manifests that hold marks in place of service templates: their text is not what was rendered.
    marked: AbstractSet[tuple[str, int]] = frozenset()
    # How many combinations were rendered, and what is known of the others.
    rendered: int = 0
    proof: str = ""

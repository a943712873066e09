"""A corpus as one file, and back."""

from __future__ import annotations

import json
import os
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from helm_nested.corpus.corpus import Corpus, Slot
from helm_nested.digest import BYTES, digest
from helm_nested.matrix.axes import Combination, Matrix
from nested_templates.service_template import Selector, ServiceTemplate
from nested_templates.yaml_documents import Document, load_documents

FORMAT = 2
_LENGTH_BYTES = 8
_PARSED = 256


def write(file: Path, corpus: Corpus, selectors: Sequence[Selector]) -> None:
    """Digest, then compressed: the length of a JSON head, the head, and the numbers as they stand in memory."""
    slots = (corpus.manifests, corpus.templates)
    # A dialect may hold functions of the user's own, so it is named by the selector that brings it.
    dialects = [selector.dialect for selector in selectors]
    found = corpus.service_templates
    head = json.dumps(
        {
            "combinations": len(corpus.combinations),
            "axes": len(corpus.combinations[0]) if corpus.combinations else 0,
            "manifests": {name: slot.texts for name, slot in corpus.manifests.items()},
            "templates": {key: slot.texts for key, slot in corpus.templates.items()},
            "found": {
                key: [
                    (found[(key, number)].owner, dialects.index(found[(key, number)].dialect))
                    for number in range(1, len(slot.texts) + 1)
                ]
                for key, slot in corpus.templates.items()
            },
            "marked": [[name, number, corpus.objects[name, number]] for name, number in sorted(corpus.marked)],
            "refusals": corpus.refusals.texts,
            "seconds": corpus.seconds_rendering,
            "at once": corpus.at_once,
            "engine": corpus.engine,
            "rendered": corpus.rendered,
            "proof": corpus.proof,
        },
        ensure_ascii=True,  # a lone surrogate, which a chart can hold, has no UTF-8
    ).encode("ascii")
    parts = [len(head).to_bytes(_LENGTH_BYTES, "little"), head, *corpus.combinations]
    parts += [slot.ids.tobytes() for each in slots for slot in each.values()]
    parts.append(corpus.refusals.ids.tobytes())
    content = zlib.compress(b"".join(parts), level=1)
    fresh = file.with_name(f".{file.name}.fresh")
    fresh.write_bytes(digest(content) + content)
    fresh.replace(file)


def read(file: Path, matrix: Matrix, selectors: Sequence[Selector]) -> Corpus | None:
    """The corpus in that file, None if it is not there or not what was written."""
    try:
        whole = memoryview(file.read_bytes())
    except OSError:
        return None
    content = whole[BYTES:]
    if digest(content) != whole[:BYTES]:
        return None
    try:
        plain = memoryview(zlib.decompress(content))
        size = int.from_bytes(plain[:_LENGTH_BYTES], "little")
        head = json.loads(bytes(plain[_LENGTH_BYTES : _LENGTH_BYTES + size]))
        corpus = _corpus(head, plain[_LENGTH_BYTES + size :], selectors)
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return None  # whole, but of another shape
    # What is used stays: only what nobody asks for any more grows old.
    with suppress(OSError):
        os.utime(file)
    return corpus if not corpus.combinations or len(corpus.combinations[0]) == len(matrix.axes) else None


def _corpus(head: Mapping[str, Any], numbers: memoryview, selectors: Sequence[Selector]) -> Corpus:
    count, axes = head["combinations"], head["axes"]
    rows: list[Combination] = [bytes(numbers[start : start + axes]) for start in range(0, count * axes, axes or 1)]
    place = count * axes
    slots: list[dict[str, Slot]] = []
    for texts_by_name in (head["manifests"], head["templates"], {"refusals": head["refusals"]}):
        found: dict[str, Slot] = {}
        for name, texts in texts_by_name.items():
            ids = array("I")
            end = place + count * ids.itemsize
            ids.frombytes(numbers[place:end])
            place = end
            found[name] = Slot(name, texts, ids)
        slots.append(found)
    manifests, templates, refused = slots
    service_templates = {
        (key, number): ServiceTemplate(owner, key, text, selectors[selector].dialect, selectors[selector].reader)
        for key, slot in templates.items()
        for number, ((owner, selector), text) in enumerate(zip(head["found"][key], slot.texts, strict=True), start=1)
    }
    marked = {(name, number): tuple(objects) for name, number, objects in head["marked"]}
    # Nothing with a duplicate key is ever written: it could not be read when the corpus was built.
    return Corpus(
        rows,
        manifests,
        templates,
        _Objects(manifests, marked),
        service_templates,
        {},
        head["seconds"],
        head["at once"],
        head["engine"],
        refused["refusals"],
        marked.keys(),
        head["rendered"],
        head["proof"],
    )


class _Objects(Mapping[tuple[str, int], tuple[Document, ...]]):
    """The parsed objects of each manifest, parsed when they are asked for; only the last few are kept.

    Those of `marked` ones are given, as their texts hold marks.
    """

    def __init__(self, manifests: Mapping[str, Slot], marked: Mapping[tuple[str, int], tuple[Document, ...]]) -> None:
        self._manifests = manifests
        self._marked = marked
        self._parsed = lru_cache(maxsize=_PARSED)(self._parse)

    def _parse(self, name: str, identity: int) -> tuple[Document, ...]:
        return tuple(load_documents(self._manifests[name].texts[identity - 1], f"{name} as rendered"))

    def __getitem__(self, place: tuple[str, int]) -> tuple[Document, ...]:
        name, identity = place
        if not 1 <= identity <= len(self._manifests[name].texts):
            raise KeyError(place)
        return self._marked.get(place) or self._parsed(name, identity)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return ((name, number) for name, slot in self._manifests.items() for number in range(1, len(slot.texts) + 1))

    def __len__(self) -> int:
        return sum(len(slot.texts) for slot in self._manifests.values())

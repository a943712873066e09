"""Building the corpus: every combination rendered once, in threads, each distinct text kept once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import blake2b
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from helm_nested.corpus.corpus import ABSENT, Corpus, Slot
from helm_nested.corpus.entries import CUT, Entries, cut, dedented, is_block
from helm_nested.engine import Release
from helm_nested.engine.protocol import split_manifests
from helm_nested.errors import CannotCheckError, DocumentError, HelmNestedError, RenderError, ValuesError
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import described
from helm_nested.service_template import Selector, ServiceTemplate, find_service_templates
from helm_nested.watchdog import working_on
from helm_nested.yaml_documents import Document, KeyPath, Parsed, load_documents, parse_documents

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# Two renders in threads are 1.4 times as fast as one after the other (Helm runs outside Python's lock); more gain less.
THREADS = 2
_BATCH = 64
# One in so many combinations is parsed whole as well, and must give what the cut entries give.
_PROOF = 997

_Rendered = dict[str, str] | HelmNestedError


class _Build:
    """The corpus while it grows."""

    def __init__(self, selectors: Sequence[Selector], parse: Callable[[str, str], Parsed]) -> None:
        self._selectors = selectors
        self._parse = parse
        self.manifests: dict[str, Slot] = {}
        self.templates: dict[str, Slot] = {}
        self.objects: dict[tuple[str, int], tuple[Document, ...]] = {}
        self.service_templates: dict[tuple[str, int], ServiceTemplate] = {}
        self.duplicate_keys: dict[tuple[str, int], tuple[tuple[KeyPath, ...], ...]] = {}
        self.refusals = Slot("refusals")
        # By a frame's text: its objects, and the service templates in it; those that were cut out have the text CUT.
        self._frames: dict[str, tuple[Parsed, tuple[ServiceTemplate, ...]]] = {}
        self._done = 0

    def add(self, texts: dict[str, str]) -> None:
        """One more combination, rendered."""
        for source, text in texts.items():
            if PurePosixPath(source).name == "NOTES.txt" or not text.strip():
                continue
            for position, manifest in enumerate(split_manifests(source, text)):
                self._add_manifest(f"{source}#{position}" if position else source, manifest.text)
        self.refusals.ids.append(ABSENT)
        self._done += 1
        for slots in (self.manifests, self.templates):
            for slot in slots.values():
                if len(slot.ids) < self._done:
                    slot.ids.append(ABSENT)
                elif len(slot.ids) > self._done:
                    raise CannotCheckError(
                        f"several objects have a service template under {slot.name}, and could be taken for each "
                        "other. Select one of them by 'name' in the configuration, or give each a key of its own."
                    )

    def refuse(self, why: str) -> None:
        """One more combination, of which nothing is kept but why it was refused."""
        self.refusals.ids.append(self.refusals.keep(why))
        for slots in (self.manifests, self.templates):
            for slot in slots.values():
                del slot.ids[self._done :]  # what was added of it before it could not be read on
                slot.ids.append(ABSENT)
        self._done += 1

    def _slot(self, slots: dict[str, Slot], name: str) -> Slot:
        slot = slots.get(name)
        if slot is None:
            slot = slots[name] = Slot(name)
            slot.ids.extend([ABSENT] * self._done)
        return slot

    def _add_manifest(self, name: str, text: str) -> None:
        entries = cut(text + "\n")
        if entries is None or not self._add_cut(name, entries):
            self._add_whole(name, text)
        elif self._done % _PROOF == 0:
            self._prove(name, text)

    def _add_cut(self, name: str, entries: Entries) -> bool:
        """Add a manifest by its entries; False unless each entry is a service template that can be cut."""
        if entries.frame not in self._frames:
            parsed = self._parse(entries.frame, f"{name} as rendered")
            self._frames[entries.frame] = parsed, tuple(find_service_templates(parsed.documents, self._selectors))
        parsed, found = self._frames[entries.frame]
        bodies = dict(entries.bodies)
        if {each.key for each in found if each.text == CUT} != set(bodies):
            return False
        digests = {key: blake2b(body.encode("utf-8"), digest_size=16).digest() for key, body in bodies.items()}
        for key, body in bodies.items():
            if digests[key] not in self._slot(self.templates, key).cut and not is_block(body):
                return False
        slot = self._slot(self.manifests, name)
        identity = slot.keep(entries.frame)
        self._keep_objects(name, identity, parsed)
        slot.ids.append(identity)
        for each in found:
            template = self._slot(self.templates, each.key)
            if each.text != CUT:
                template.ids.append(self._keep_template(template, each))
                continue
            digest = digests[each.key]
            if digest not in template.cut:
                template.cut[digest] = self._keep_template(template, replace(each, text=dedented(bodies[each.key])))
            template.ids.append(template.cut[digest])
        return True

    def _add_whole(self, name: str, text: str) -> None:
        """Add a manifest as the YAML parser reads it."""
        slot = self._slot(self.manifests, name)
        # What cannot be read is not kept: nothing stands behind its number.
        parsed = None if slot.has(text) else self._parse(text, f"{name} as rendered")
        identity = slot.keep(text)
        if parsed is not None:
            self._keep_objects(name, identity, parsed)
        slot.ids.append(identity)
        for each in find_service_templates(self.objects[(name, identity)], self._selectors):
            template = self._slot(self.templates, each.key)
            template.ids.append(self._keep_template(template, each))

    def _prove(self, name: str, text: str) -> None:
        """What was cut out is what the YAML parser reads."""
        for each in find_service_templates(self._parse(text, f"{name} as rendered").documents, self._selectors):
            slot = self.templates[each.key]
            if slot.texts[slot.ids[-1] - 1] != each.text:
                raise CannotCheckError(
                    f"{each.where} was cut out of its manifest wrongly. That is a bug of helm-nested: report it with "
                    "this chart."
                )

    def _keep_objects(self, name: str, identity: int, parsed: Parsed) -> None:
        self.objects.setdefault((name, identity), parsed.documents)
        if any(parsed.duplicate_keys):
            self.duplicate_keys[(name, identity)] = parsed.duplicate_keys

    def _keep_template(self, slot: Slot, template: ServiceTemplate) -> int:
        identity = slot.keep(template.text)
        self.service_templates.setdefault((template.key, identity), template)
        return identity


def build_corpus(
    engine: InProcessEngine,
    matrix: Matrix,
    combinations: Sequence[Combination],
    release: Release,
    selectors: Sequence[Selector],
    progress: Callable[[int], None] = lambda _: None,
    *,
    takes_duplicate_keys: bool = False,
    keep_refused: bool = False,
) -> Corpus:
    """Render every combination and keep what is distinct; `progress` is told how many are done.

    Where a combination's choices say nothing of the release, it is as in `release`.
    A manifest in which a key stands twice cannot be read, unless the caller takes duplicate keys and reports them.
    With `keep_refused` a combination that the chart or its schema refuses, or whose objects are no YAML, is one of the
    corpus's refusals.

    Raises:
        CannotCheckError: a combination could not be rendered or read; the text names its choices.
    """
    build = _Build(selectors, parse_documents if takes_duplicate_keys else _strictly)
    started = time.perf_counter()

    def render(row: Combination) -> _Rendered:
        try:
            with working_on(described(matrix, row)):
                return engine.render_texts(matrix.values(row), matrix.release(row, release))
        except HelmNestedError as error:
            if keep_refused and isinstance(error, ValuesError | RenderError):
                return error
            raise not_rendered(matrix, row, str(error)) from error

    with ThreadPoolExecutor(THREADS) as pool:
        for number, (row, texts) in enumerate(_in_order(pool, render, combinations), start=1):
            try:
                if isinstance(texts, HelmNestedError):
                    build.refuse(str(texts))
                else:
                    build.add(texts)
            except HelmNestedError as error:
                if not (keep_refused and isinstance(error, DocumentError)):
                    raise CannotCheckError(f"{described(matrix, row)} could not be read: {error}") from error
                build.refuse(str(error))
            if number % _BATCH == 0:
                progress(number)
    progress(len(combinations))
    return Corpus(
        combinations,
        build.manifests,
        build.templates,
        build.objects,
        build.service_templates,
        build.duplicate_keys,
        time.perf_counter() - started,
        THREADS,
        engine.description,
        build.refusals,
    )


def _strictly(text: str, where: str) -> Parsed:
    documents = tuple(load_documents(text, where))
    return Parsed(documents, ((),) * len(documents))


def _in_order(
    pool: ThreadPoolExecutor, render: Callable[[Combination], _Rendered], rows: Sequence[Combination]
) -> Iterator[tuple[Combination, _Rendered]]:
    """Rows with their texts, in order, never more than two batches ahead: memory stays flat."""
    remaining = iter(rows)
    waiting = [(row, pool.submit(render, row)) for row in islice(remaining, 2 * _BATCH)]
    while waiting:
        ready, waiting = waiting[:_BATCH], waiting[_BATCH:]
        for row, texts in ready:
            yield row, texts.result()
            waiting += [(following, pool.submit(render, following)) for following in islice(remaining, 1)]


def not_rendered(matrix: Matrix, row: Combination, why: str) -> CannotCheckError:
    """The error that says that one combination could not be rendered."""
    return CannotCheckError(f"{described(matrix, row)} could not be rendered: {why}")

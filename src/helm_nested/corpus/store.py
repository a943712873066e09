"""The corpus on disk: built once, whoever asks first, and shared by every process that asks for the same one."""

from __future__ import annotations

import json
import os
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helm_nested.cache_warning import warn_not_kept
from helm_nested.chart import Chart
from helm_nested.configuration import Configuration
from helm_nested.corpus.build import build_corpus
from helm_nested.corpus.corpus import ABSENT, Corpus, Slot
from helm_nested.corpus.row_renderer import not_rendered
from helm_nested.corpus.selected import require_selected
from helm_nested.engine import open_in_process
from helm_nested.file_lock import hold
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import Strength, combinations
from helm_nested.matrix.of_scenarios import configured_matrix
from helm_nested.service_template import Selector, ServiceTemplate
from helm_nested.software import source_digest, versions
from helm_nested.yaml_documents import Document, load_documents

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

FORMAT = 2
# Each some 3 MB for 33,000 combinations: one for every strength, and for what was edited last.
_KEPT = 16
_DIGEST_BYTES = 16
_LENGTH_BYTES = 8
_PARSED = 256
# What decides which texts a corpus holds: when one of these changes, an older corpus is not the same any more.
_LIBRARIES = ("helm-nested", "helm-python-sdk", "pyyaml", "jsonschema-rs", "covertable")
_OWN = (
    "yaml_documents.py",
    "yaml_reader/*.py",
    "corpus/*.py",
    "matrix/*.py",
    "engine/*.py",
    "chart.py",
    "json_path.py",
    "service_template.py",
    "values*.py",
    "json_schema.py",
    "schema_problem.py",
)


def load_or_build(
    configuration: Configuration,
    chart: Chart,
    strength: Strength,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    keep_refused: bool = False,
) -> tuple[Matrix, Corpus]:
    """The corpus of that strength: read if any process has built it before, else built while the others wait.

    With `keep_refused` it may have refusals; see `build_corpus`.

    Raises:
        ConfigurationError: the matrix is not understood.
        CannotCheckError: a combination could not be rendered or read; then nothing is kept.
    """
    matrix = configured_matrix(configuration)
    # The file is named after what was loaded, whatever becomes of the chart and the matrix on disk meanwhile.
    engine = open_in_process(chart)
    file = place(configuration, matrix, engine, strength)
    # A file appears whole or not at all, so it can be read without the lock.
    corpus = _read(file, matrix, configuration.selectors)
    if corpus is None:
        with lock(configuration.cache):
            corpus = _read(file, matrix, configuration.selectors)
            if corpus is None:
                rows = combinations(matrix, strength, configuration.cache)
                corpus = build_corpus(
                    engine,
                    matrix,
                    rows,
                    configuration.release,
                    configuration.selectors,
                    lambda done: progress(done, len(rows)),
                    keep_refused=keep_refused,
                    pairwise=pairwise(matrix, strength, configuration),
                )
                _keep(file, corpus, configuration.selectors)
    if not keep_refused:
        _refuse_refusals(matrix, corpus)
        require_selected(corpus, configuration.selectors)
    return matrix, corpus


def pairwise(matrix: Matrix, strength: Strength, configuration: Configuration) -> Sequence[Combination]:
    """The combinations around which it is observed what texts depend on; none where everything is to be rendered."""
    return [] if strength == "2" else combinations(matrix, "2", configuration.cache)


def place(configuration: Configuration, matrix: Matrix, engine: InProcessEngine, strength: Strength) -> Path:
    """The file for the corpus of that strength of the chart and the matrix as they were loaded."""
    return configuration.cache / "corpus" / _digest(configuration, matrix, engine, strength)


def keep(file: Path, configuration: Configuration, corpus: Corpus) -> None:
    """Keep a corpus that was built without `load_or_build`, if it can be, and unless it has duplicate keys."""
    if not corpus.duplicate_keys:
        with lock(configuration.cache):
            _keep(file, corpus, configuration.selectors)


def _refuse_refusals(matrix: Matrix, corpus: Corpus) -> None:
    """Accept a corpus of which every combination was rendered: whoever built it may have asked for less."""
    for row, refusal in zip(corpus.combinations, corpus.refusals.ids, strict=True):
        if refusal != ABSENT:
            raise not_rendered(matrix, row, corpus.refusals.texts[refusal - 1])


@contextmanager
def lock(cache: Path) -> Iterator[None]:
    """Keep other processes out of the cache folder; where nothing can be kept, there is nothing to keep them out of."""
    folder = cache / "corpus"
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            hold(stack.enter_context((folder / "lock").open("w")))
        except OSError as error:
            warn_not_kept(cache, error)
        yield


def _digest(configuration: Configuration, matrix: Matrix, engine: InProcessEngine, strength: Strength) -> str:
    """A name for everything that the corpus follows from."""
    seen = blake2b(digest_size=_DIGEST_BYTES)

    def add(name: str, content: bytes) -> None:
        for part in (name.encode("utf-8", "surrogateescape"), content):
            seen.update(len(part).to_bytes(_LENGTH_BYTES, "little") + part)

    says = {
        "format": FORMAT,
        "byte order": sys.byteorder,
        "libraries": versions(_LIBRARIES),
        "strength": strength,
        "release": asdict(configuration.release),
        "selectors": [
            (each.kind, each.name, each.keys, each.path and each.path.text, each.dialect.name)
            for each in configuration.selectors
        ],
    }
    add("settings", json.dumps(says, sort_keys=True).encode())
    add("own", source_digest(_OWN).encode())
    add("matrix", matrix.source)
    add("chart", engine.digest.encode())
    return seen.hexdigest()


def _keep(file: Path, corpus: Corpus, selectors: Sequence[Selector]) -> None:
    try:
        _write(file, corpus, selectors)
        _forget_old(file.parent)
    except OSError as error:
        warn_not_kept(file.parents[1], error)


def _write(file: Path, corpus: Corpus, selectors: Sequence[Selector]) -> None:
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
    fresh.write_bytes(blake2b(content, digest_size=_DIGEST_BYTES).digest() + content)
    fresh.replace(file)


def _read(file: Path, matrix: Matrix, selectors: Sequence[Selector]) -> Corpus | None:
    """The corpus in that file, None if it is not there or not what was written."""
    try:
        whole = memoryview(file.read_bytes())
    except OSError:
        return None
    content = whole[_DIGEST_BYTES:]
    if blake2b(content, digest_size=_DIGEST_BYTES).digest() != whole[:_DIGEST_BYTES]:
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


def _forget_old(folder: Path) -> None:
    """Keep the corpora that were used last, and nothing of a process that died while it wrote."""
    for file in folder.glob(".*.fresh"):
        file.unlink(missing_ok=True)
    known = [file for file in folder.iterdir() if len(file.name) == 2 * _DIGEST_BYTES]
    for file in sorted(known, key=lambda each: each.stat().st_mtime_ns, reverse=True)[_KEPT:]:
        file.unlink(missing_ok=True)

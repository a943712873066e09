"""The corpus on disk: built once, whoever asks first, and shared by every process that asks for the same one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.cache_warning import warn_not_kept
from helm_nested.chart import Chart
from helm_nested.configuration import Configuration
from helm_nested.corpus.build import build_corpus
from helm_nested.corpus.corpus import ABSENT, Corpus
from helm_nested.corpus.corpus_file import FORMAT, read, write
from helm_nested.corpus.row_renderer import not_rendered
from helm_nested.corpus.selected import require_selected
from helm_nested.digest import BYTES, digest
from helm_nested.engine import open_in_process
from helm_nested.file_lock import hold
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import Strength, combinations
from helm_nested.matrix.of_scenarios import configured_matrix
from helm_nested.software import source_digest, versions
from nested_templates.service_template import Selector

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# Each some 3 MB for 33,000 combinations: one for every strength, and for what was edited last.
_KEPT = 16
# What decides which texts a corpus holds: when one of these changes, an older corpus is not the same any more.
_LIBRARIES = ("helm-nested", "helm-python-sdk", "pyyaml", "jsonschema-rs", "covertable")
_OWN = (
    "yaml_documents.py",
    "yaml_reader/*.py",
    "corpus/*.py",
    "matrix/*.py",
    "engine/*.py",
    "chart.py",
    "document_path.py",
    "template_path.py",
    "service_template.py",
    "go_template.py",
    "template_condition.py",
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
    corpus = read(file, matrix, configuration.selectors)
    if corpus is None:
        with lock(configuration.cache):
            corpus = read(file, matrix, configuration.selectors)
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
    settings = json.dumps(says, sort_keys=True)
    parts = (settings.encode(), source_digest(_OWN).encode(), matrix.source, engine.digest.encode())
    return digest(*parts).hex()


def _keep(file: Path, corpus: Corpus, selectors: Sequence[Selector]) -> None:
    try:
        write(file, corpus, selectors)
        _forget_old(file.parent)
    except OSError as error:
        warn_not_kept(file.parents[1], error)


def _forget_old(folder: Path) -> None:
    """Keep the corpora that were used last, and nothing of a process that died while it wrote."""
    for file in folder.glob(".*.fresh"):
        file.unlink(missing_ok=True)
    known = [file for file in folder.iterdir() if len(file.name) == 2 * BYTES]
    for file in sorted(known, key=lambda each: each.stat().st_mtime_ns, reverse=True)[_KEPT:]:
        file.unlink(missing_ok=True)

"""Measure what more combinations cost: memory of a corpus at two sizes, and time for ten times this chart's matrix."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice, product
from multiprocessing import get_context
from pathlib import Path

from helm_nested.chart import load_chart
from helm_nested.configuration import load_configuration
from helm_nested.corpus.build import build_corpus
from helm_nested.corpus.corpus import Corpus
from helm_nested.engine import Release
from helm_nested.engine.in_process import InProcessEngine
from helm_nested.errors import CannotCheckError
from helm_nested.matrix.axes import Axis, Choice, Matrix, load_matrix
from helm_nested.matrix.combinations import combinations
from nested_templates.service_template import Selector

ROOT = Path(__file__).parent.parent
# 8 to the power of 6 is 262,144, enough for both sizes.
_AXES, _CHOICES = 6, 8
_SIZES = (10_000, 200_000)
_TIMES = 10


def main() -> int:
    """Print the peak memory at two sizes, or what ten times the combinations cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["memory", "combinations"])
    return memory() if parser.parse_args().what == "memory" else many_combinations()


@dataclass(frozen=True)
class Built:
    """A corpus that was built, and in how many seconds."""

    corpus: Corpus
    seconds: float


def many_combinations() -> int:
    """Print what rendering takes for the matrix, and for one with ten times its combinations."""
    configuration = load_configuration(ROOT / "helm-nested.yaml")
    matrix = load_matrix(configuration.required_matrix())
    engine = InProcessEngine(load_chart(configuration.chart))
    # Nothing reads these values, as most of what an operator may choose changes nothing of most texts.
    more = [
        Axis(
            f"more-{block}", block, tuple(Choice(str(number), {"nothingReadsThis": number}) for number in range(_TIMES))
        )
        for block in matrix.blocks
    ]
    built = []
    for each in (matrix, replace(matrix, axes=(*matrix.axes, *more))):
        started = time.perf_counter()
        rows = combinations(each, "all", configuration.cache)
        pairwise = combinations(each, "2", configuration.cache)
        corpus = build_corpus(
            engine,
            each,
            rows,
            configuration.release,
            configuration.selectors,
            keep_refused=True,
            pairwise=pairwise,
            seed=1,
        )
        built.append(Built(corpus, time.perf_counter() - started))
        print(
            f"{len(rows):>9,} combinations {corpus.rendered:>9,} renders {built[-1].seconds:>8.1f} s",
            flush=True,
        )
    texts = [{key: set(slot.texts) for key, slot in each.corpus.templates.items()} for each in built]
    if texts[0] != texts[1]:
        raise CannotCheckError("the ten choices that nothing reads changed what is rendered.")
    print(f"{_TIMES} times the combinations take {built[1].seconds / built[0].seconds:.2f} times the time")
    return 0


def memory() -> int:
    """Print the peak memory of building a small chart's corpus, at two sizes, each in a process of its own."""
    peaks = []
    for size in _SIZES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            peaks.append(pool.submit(peak_of, size).result())
        print(f"corpus of {size:>7,} combinations {peaks[-1]:>6.0f} MB at most", flush=True)
    print(f"{_SIZES[1] // _SIZES[0]} times the combinations need {peaks[1] / peaks[0]:.2f} times the memory")
    return 0


def peak_of(size: int) -> float:
    """Megabytes that this process had at most when so many combinations of a generated chart were its corpus."""
    keys = [f"value{number}" for number in range(_AXES)]
    with tempfile.TemporaryDirectory() as name:
        chart = Path(name, "small")
        Path(chart, "templates").mkdir(parents=True)
        Path(chart, "Chart.yaml").write_text("apiVersion: v2\nname: small\nversion: 0.1.0\n", encoding="utf-8")
        Path(chart, "values.yaml").write_text("".join(f"{key}: 0\n" for key in keys), encoding="utf-8")
        Path(chart, "templates", "templates.yaml").write_text(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: small\ndata:\n"
            + "".join(f"  {key}.yaml: |-\n    a: {{{{ .Values.{key} }}}}\n" for key in keys),
            encoding="utf-8",
        )
        engine = InProcessEngine(load_chart(chart))
    axes = tuple(
        Axis(key, "all", tuple(Choice(str(number), {key: number}) for number in range(_CHOICES))) for key in keys
    )
    rows = list(map(bytes, islice(product(range(_CHOICES), repeat=_AXES), size)))
    corpus = build_corpus(
        engine, Matrix(axes, {"all": "all"}, ()), rows, Release(), (Selector("ConfigMap", "small", ("*.yaml",)),)
    )
    if len(corpus.combinations) != size or len(corpus.templates) != _AXES:
        raise CannotCheckError("the corpus is not that of the generated chart.")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())

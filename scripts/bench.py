"""Measure the checks against the bare engine, in one run: ratios, not times, as machines differ and drift."""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from helm_nested.chart import load_chart
from helm_nested.check_run import run
from helm_nested.configuration import Configuration, load_configuration
from helm_nested.corpus.build import THREADS
from helm_nested.engine import Release
from helm_nested.engine.in_process import InProcessEngine
from helm_nested.matrix.axes import load_matrix
from helm_nested.matrix.combinations import Strength, combinations

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "build" / "tools"
_LOOP = 12


def main() -> int:
    """Print the cost model and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strength", choices=["all", "3", "2"], default="all")
    strength: Strength = parser.parse_args().strength
    configuration = load_configuration(ROOT / "helm-nested.yaml")
    outcome = run(configuration, load_chart(configuration.chart), strength)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bare = bare_engine(configuration, strength)
    other = outcome.seconds - outcome.seconds_rendering
    print(f"combinations            {outcome.combinations:>10,}")
    print(f"distinct templates      {outcome.distinct_templates:>10,}")
    print(f"documents checked       {outcome.distinct_documents:>10,}")
    print(f"distinct bundles        {outcome.distinct_bundles:>10,}")
    print(f"bare engine             {bare:>10.1f} s  {1000 * bare / outcome.combinations:.2f} ms a combination")
    print(f"rendering, cutting      {outcome.seconds_rendering:>10.1f} s")
    print(f"filling, checking, rest {other:>10.1f} s")
    times = outcome.seconds / bare
    print(f"whole run               {outcome.seconds:>10.1f} s  = {times:.2f} times the bare engine (at most 2)")
    loop = loop_of_commands(configuration)
    if loop is None:
        print("helm template + kubeconform: could not be measured, run: make tools")
    else:
        each = outcome.seconds / outcome.combinations
        ours = loop / each
        print(f"helm template + kubeconform {1000 * loop:>6.0f} ms a combination = {ours:.0f} times ours (at least 20)")
    first = first_verdict()
    print(f"first verdict, strength 2, cold start {first:.2f} s (at most 1)")
    print(f"memory                  {peak:>10.0f} MB at most (below 500)")
    return 0


def bare_engine(configuration: Configuration, strength: Strength) -> float:
    """Seconds to render the same combinations, without schema and with the same threads, and drop the result."""
    matrix = load_matrix(configuration.required_matrix())
    engine = InProcessEngine(load_chart(configuration.chart))
    rows = combinations(matrix, strength, configuration.cache)
    base = configuration.release
    inputs = [(json.dumps(matrix.values(row)), matrix.release(row, base)) for row in rows]
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        # Each thread its half, and nothing is kept.
        list(pool.map(lambda part: [len(engine.render_bare(*each)) for each in part], halves(inputs)))
    return time.perf_counter() - started


def halves(inputs: list[tuple[str, Release]]) -> list[list[tuple[str, Release]]]:
    """The list dealt out to the threads."""
    return [inputs[number::THREADS] for number in range(THREADS)]


def loop_of_commands(configuration: Configuration) -> float | None:
    """Seconds that `helm template` and kubeconform need for one combination, the median of a few."""
    helm, kubeconform = TOOLS / "helm4", TOOLS / "kubeconform"
    if not helm.exists() or not kubeconform.exists():
        return None
    measured = []
    for _ in range(_LOOP):
        started = time.perf_counter()
        rendered = subprocess.run([helm, "template", "x", configuration.chart], capture_output=True, check=True)
        # Without schemas of its own at hand it ignores every kind: what is measured is its start and its parsing.
        subprocess.run(
            [kubeconform, "-ignore-missing-schemas", "-schema-location", str(ROOT / "schemas" / "none")],
            input=rendered.stdout,
            capture_output=True,
            check=False,
        )
        measured.append(time.perf_counter() - started)
    return statistics.median(measured)


def first_verdict() -> float:
    """Seconds from the start of the command to its verdict at strength 2, the median of three."""
    measured = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "helm_nested.cli", "check", "--strength", "2"],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        measured.append(time.perf_counter() - started)
    return statistics.median(measured)


if __name__ == "__main__":
    sys.exit(main())

"""Measure the checks against the bare engine, in one run: ratios, not times, as machines differ and drift."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scripts.kubeconform import lay_out
from scripts.process_memory import PeakMemory

from helm_nested.chart import load_chart
from helm_nested.check_outcome import Outcome
from helm_nested.commands.check import DONE, FOUND
from helm_nested.configuration import Configuration, load_configuration
from helm_nested.corpus import store
from helm_nested.corpus.renders import THREADS
from helm_nested.engine import Release
from helm_nested.engine.in_process import InProcessEngine
from helm_nested.errors import CannotCheckError
from helm_nested.matrix.axes import load_matrix
from helm_nested.matrix.combinations import Strength, combinations
from helm_nested.matrix.of_scenarios import configured_matrix
from helm_nested.report.json_file import read
from nested_templates.yaml_documents import load_documents

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "build" / "tools"
_LOOP = 12


def main() -> int:
    """Print the cost model and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strength", choices=["all", "3", "2"], default="all")
    options = parser.parse_args()
    strength: Strength = options.strength
    configuration = load_configuration(ROOT / "helm-nested.yaml")
    forget_corpus(configuration, strength)
    fresh = checked(strength)
    kept = checked(strength)
    outcome = fresh.outcome
    bare = bare_engine(configuration, strength)
    other = outcome.seconds - outcome.seconds_rendering
    print(f"combinations            {outcome.combinations:>10,}")
    print(f"distinct templates      {outcome.distinct_templates:>10,}")
    print(f"documents checked       {outcome.distinct_documents:>10,}")
    print(f"distinct bundles        {outcome.distinct_bundles:>10,}")
    print(f"bare engine             {bare:>10.1f} s  {1000 * bare / outcome.combinations:.2f} ms a combination")
    print(f"rendering, cutting      {outcome.seconds_rendering:>10.1f} s")
    print(f"filling, checking, rest {other:>10.1f} s")
    for words, run, goal in (("whole run, nothing kept", fresh, "0.40"), ("after an earlier run", kept, "0.30")):
        seconds = run.outcome.seconds
        print(f"{words:<23} {seconds:>10.1f} s  = {seconds / bare:.2f} times the bare engine ({goal} is the goal)")
    loop = loop_of_commands(configuration)
    if loop is None:
        print("helm template + kubeconform: could not be measured, run: make tools")
    else:
        each = outcome.seconds / outcome.combinations
        minors = len(configuration.claims.kubernetes_minors)
        print("helm template + kubeconform, of stage one only:")
        print(f"  one version           {1000 * loop.one:>10.0f} ms a combination = {loop.one / each:.0f} times ours")
        told = f"{loop.every / each:.0f} times ours (at least 20)"
        print(f"  {minors} versions, as ours   {1000 * loop.every:>10.0f} ms a combination = {told}")
    first = first_verdict()
    print(f"first verdict, strength 2, cold start {first:.2f} s (at most 1)")
    print(f"memory                  {fresh.megabytes:>10.0f} MB at most, over all processes (below 500)")
    return 0


@dataclass(frozen=True)
class Checked:
    """What a run of the command says, and the most memory that all its processes had."""

    outcome: Outcome
    megabytes: float


def checked(strength: Strength) -> Checked:
    """The command as a user gives it.

    Raises:
        CannotCheckError: it did not check.
    """
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "check.json")
        command = [sys.executable, "-m", "helm_nested", "check", "--strength", strength, "--json", str(file)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as running, PeakMemory(running.pid) as peak:
            status = running.wait()
        if status not in (DONE, FOUND):
            raise CannotCheckError(f"{' '.join(command)} ended with status {status}, so nothing was measured.")
        return Checked(read(file), peak.megabytes)


def forget_corpus(configuration: Configuration, strength: Strength) -> None:
    """Remove what an earlier run kept of the same chart and matrix."""
    matrix = configured_matrix(configuration)
    engine = InProcessEngine(load_chart(configuration.chart))
    store.place(configuration, matrix, engine, strength).unlink(missing_ok=True)


def bare_engine(configuration: Configuration, strength: Strength) -> float:
    """Seconds to render the same combinations with Helm's library as it comes, two at once; the result is dropped.

    No schema is looked at. Its garbage collector works as Go's own setting says, which takes a third of the time.
    """
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


@dataclass(frozen=True)
class Loop:
    """Seconds that `helm template` and kubeconform need for one combination, with one version of Kubernetes and all."""

    one: float
    every: float


def loop_of_commands(configuration: Configuration) -> Loop | None:
    """What the usual loop takes, the median of a few combinations, each with its own values; None without the tools.

    It looks at stage one only: nothing is filled, and no service template is seen. kubeconform checks one version a
    run, so it is run once for each that the chart claims, with the schemas that ours are. Values files and schemas are
    written before, and kubeconform is told where they are: neither is part of the time.
    """
    helm, validator = TOOLS / "helm4", TOOLS / "kubeconform"
    if not helm.exists() or not validator.exists():
        return None
    minors, release = configuration.claims.kubernetes_minors, configuration.release
    matrix = load_matrix(configuration.required_matrix())
    rows = combinations(matrix, "2", configuration.cache)[:_LOOP]
    engine = InProcessEngine(load_chart(configuration.chart))
    documents = [
        document
        for row in rows
        for source, text in engine.render_texts(matrix.values(row), release).items()
        if source.endswith((".yaml", ".yml"))
        for document in load_documents(text, source)
    ]
    # Custom resources have no schema there.
    validating = [str(validator), "-strict", "-summary", "-output", "json", "-ignore-missing-schemas"]
    rendering = [str(helm), "template", release.name, str(configuration.chart), "--namespace", release.namespace]
    rendering += ["--kube-version", release.kube_version]
    rendering += [part for version in release.api_versions for part in ("--api-versions", version)]
    one, every = [], []
    with tempfile.TemporaryDirectory() as name:
        values = Path(name, "values.yaml")
        locations = []
        for minor in minors:
            folder = Path(name, minor)
            folder.mkdir()
            locations.append(lay_out(folder, documents, minor))
        for row in rows:
            # YAML has no surrogate pairs, which escapes would be written as.
            values.write_text(json.dumps(matrix.values(row), ensure_ascii=False), encoding="utf-8")
            started = time.perf_counter()
            rendered = subprocess.run([*rendering, "--values", str(values)], capture_output=True, check=True).stdout
            seconds = [time.perf_counter() - started]
            for location in locations:
                started = time.perf_counter()
                answer = subprocess.run(
                    [*validating, "-schema-location", location], input=rendered, capture_output=True, check=True
                ).stdout
                seconds.append(time.perf_counter() - started)
                if json.loads(answer)["summary"]["valid"] == 0:
                    raise CannotCheckError("kubeconform found no schema at all, so what was measured is not its work.")
            one.append(sum(seconds[:2]))
            every.append(sum(seconds))
    return Loop(statistics.median(one), statistics.median(every))


def first_verdict() -> float:
    """Seconds from the start of the command to its verdict at strength 2, the median of three."""
    measured = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "helm_nested", "check", "--strength", "2"],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        measured.append(time.perf_counter() - started)
    return statistics.median(measured)


if __name__ == "__main__":
    sys.exit(main())

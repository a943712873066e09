"""hypothesis-helm: values generated from values.schema.json, rendered, and objects checked against local schemas."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

from scripts.peers.inputs import Inputs
from scripts.peers.peer import NotMeasuredError, Verdict, first_line, run, tool
from scripts.peers.planted import ROOT
from scripts.peers.schemas import write_kubernetes

LOCK = ROOT / "benchmarks" / "hypothesis-helm.lock"
_ENVIRONMENT = ROOT / "build" / "peers-hypothesis-helm"
# More than fit into any budget here: the seconds end a run, not the number of examples.
_EXAMPLES = 100_000
_OUT_OF_TIME = 124
_SEEDS = (1, 2, 3)
# What it says of a chart has a code; what it says of itself has the name of an exception.
_FINDING = r"^.*\[HH\d+\].*severity=error.*$"


class HypothesisHelm:
    """`hypothesis-helm test --whole-chart`: one property over all values, for a budget of seconds."""

    def __init__(self, folder: Path, inputs: Inputs, python: str, budget: int) -> None:
        """Makes its environment from the lock unless it is there, and lays out schemas where it looks for them."""
        self._command = _install(python)
        self._helm = tool("helm4")
        self._folder, self._budget = folder, budget
        self._kubernetes = f"{inputs.configuration.claims.kubernetes_minors[-1]}.0"
        _lay_out(folder / "schemas", self._kubernetes)
        pinned = dict(re.findall(r"^([a-z-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
        self.name = f"hypothesis-helm, {budget} s for a chart"
        self.version = f"hypothesis-helm {pinned['hypothesis-helm']} with Hypothesis {pinned['hypothesis']}"
        self.sees = "objects, each alone, of generated values; service templates not"

    def verdict(self, chart: Path) -> Verdict:
        """Found something, or spent its budget in peace; when it breaks down itself, another seed has a try."""
        for seed in _SEEDS:
            done = self._run(chart, seed)
            if done.returncode in (0, _OUT_OF_TIME):
                return Verdict(False)
            found = re.search(_FINDING, done.stdout, re.MULTILINE)
            if found:
                return Verdict(True, found[0][:160])
        return Verdict(False, first_line(done.stdout[done.stdout.find("[ERROR]") :]), undecided=True)

    def seconds(self, chart: Path) -> float:
        """Over the values that it makes up itself, as it takes none of ours."""
        started = time.perf_counter()
        done = self._run(chart, _SEEDS[0])
        attempts = re.search(r"(\d+) test attempts", done.stdout)
        if not attempts:
            raise NotMeasuredError(f"it reported no attempts: {done.stdout.strip().splitlines()[-1][:120]}")
        return (time.perf_counter() - started) / int(attempts[1])

    def _run(self, chart: Path, seed: int) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(self._folder / "work", ignore_errors=True)
        (self._folder / "work").mkdir()
        return run(
            [
                self._command, "test", chart, "--whole-chart", "--helm", self._helm, "--seed", str(seed), "--no-cache",
                "--shard", "none", "--time-limit", f"{self._budget}s", "--max-examples", str(_EXAMPLES),
                # This chart refuses values on purpose with `fail`, which is HH1001; other template failures are HH3*.
                "--ignore", "HH1001", "--kube-version", self._kubernetes, "--validate-schemas", "--schema-offline",
                "--schema-version", self._kubernetes, "--schema-cache-dir", self._folder / "schemas",
            ],
            self._folder / "work",
        )  # fmt: skip


def _install(python: str) -> Path:
    command = _ENVIRONMENT / "bin" / "hypothesis-helm"
    if command.exists() and (_ENVIRONMENT / "lock").read_bytes() == LOCK.read_bytes():
        return command
    if shutil.which(python) is None:
        raise NotMeasuredError(f"it needs Python 3.13, and there is no {python}; name one with --python313")
    shutil.rmtree(_ENVIRONMENT, ignore_errors=True)
    pip = _ENVIRONMENT / "bin" / "pip"
    steps: tuple[list[str | Path], ...] = (
        [python, "-m", "venv", _ENVIRONMENT],
        [pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement", LOCK],
    )
    for step in steps:
        done = run(step)
        if done.returncode:
            raise NotMeasuredError(f"it could not be installed: {done.stderr.strip().splitlines()[-1][:160]}")
    shutil.copy(LOCK, _ENVIRONMENT / "lock")
    return command


def _lay_out(cache: Path, version: str) -> None:
    """The cache it would fetch: a git repository with a folder for the version, and a snapshot of that folder."""
    repository, name = cache / "repository", f"v{version}-standalone-strict"
    write_kubernetes(repository / name, version.removesuffix(".0"))
    git: list[str | Path] = ["git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com"]
    for step in (["init"], ["add", "."], ["commit", "-m", "Schemas"], ["fetch", ".", "HEAD"]):
        done = run([*git, *step], repository)
        if done.returncode:
            raise NotMeasuredError(f"its schemas could not be laid out: git {step[0]}: {done.stderr.strip()[:160]}")
    identity = run(["git", "rev-parse", f"FETCH_HEAD:{name}"], repository).stdout.strip()
    shutil.copytree(repository / name, cache / "snapshots" / identity / name)

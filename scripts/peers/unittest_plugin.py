"""helm-unittest: the hand-written suites of benchmarks/helm-unittest, and snapshots of every scenario."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import yaml
from scripts.peers.inputs import Inputs
from scripts.peers.peer import Verdict, passed, run, tool
from scripts.peers.planted import ROOT

SUITES = ROOT / "benchmarks" / "helm-unittest"
_TEMPLATES = (
    "connection-config-map", "network-policy", "priority-classes", "service-account", "service-template-config-map",
    "tests/service-templates",
)  # fmt: skip


class HelmUnittest:
    """One run of the plugin's binary with all suites, as `helm unittest` does it."""

    def __init__(self, folder: Path, inputs: Inputs, chart: Path, *, snapshots: bool) -> None:
        """With `snapshots` every scenario is compared with what the chart as it is renders."""
        self._binary = tool("helm-unittest")
        self._folder, self._inputs = folder, inputs
        self.name = "helm-unittest, " + ("snapshots of all scenarios" if snapshots else "hand-written suites")
        self.version = f"helm-unittest {_version()}"
        self.sees = "what was recorded: any change, intended or not" if snapshots else "what an assertion names"
        self._tests = folder / "tests"
        if snapshots:
            self._write_snapshots("scenarios", inputs.scenarios, self._tests, chart)
        else:
            shutil.copytree(SUITES, self._tests)
        self._timed = folder / "timed"
        self._write_snapshots("combinations", inputs.combinations, self._timed, chart)

    def verdict(self, chart: Path) -> Verdict:
        """Every suite."""
        return self._run(chart, self._tests)

    def seconds(self, chart: Path) -> float:
        """A test with a snapshot for each combination, in one run."""
        started = time.perf_counter()
        passed(self._run(chart, self._timed))
        return (time.perf_counter() - started) / len(self._inputs.combinations)

    def _run(self, chart: Path, tests: Path, *flags: str) -> Verdict:
        shutil.rmtree(chart / "tests", ignore_errors=True)
        shutil.copytree(tests, chart / "tests")
        done = run([self._binary, "--strict", "--color=false", *flags, chart])
        said = [line.strip() for line in done.stdout.splitlines() if line.strip().startswith("- ")]
        return Verdict(done.returncode != 0, said[0] if said else "")

    def _write_snapshots(self, name: str, values: Sequence[Path], tests: Path, chart: Path) -> None:
        release = self._inputs.configuration.release
        folder = tests / "values"
        folder.mkdir(parents=True)
        for file in values:
            shutil.copy(file, folder)
        minor = int(release.kube_version.removeprefix("v").split(".")[1])
        suite = {
            "suite": name,
            "templates": [f"templates/{each}.yaml" for each in _TEMPLATES],
            "release": {"name": release.name, "namespace": release.namespace},
            "capabilities": {"majorVersion": 1, "minorVersion": minor},
            "tests": [
                {"it": file.stem, "values": [f"values/{file.name}"], "asserts": [{"matchSnapshot": {}}]}
                for file in values
            ],
        }
        (tests / f"{name}_test.yaml").write_text(yaml.safe_dump(suite, sort_keys=False), encoding="utf-8")
        self._run(chart, tests, "--update-snapshot")
        shutil.copytree(chart / "tests" / "__snapshot__", tests / "__snapshot__")


def _version() -> str:
    lines = (ROOT / "tools" / "helm-unittest" / "go.mod").read_text(encoding="utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.strip().startswith("github.com/helm-unittest/helm-unittest "))

"""A worker: collects the tests once, and forks a process for each mutant, in which they are run.

It is told what to do by lines of JSON on its standard input and answers with one line each. Nothing here may load the
in-process engine before the fork: its threads would be missing in the forked process.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import pytest

from helm_nested.configuration import load_configuration
from helm_nested.mutation.forked import DIED, ENDLESS, forked
from helm_nested.mutation.original import Module, Original
from helm_nested.mutation.reading import Reading
from helm_nested.mutation.result import Killer, Result
from helm_nested.mutation.settled import relative
from helm_nested.mutation.trial import Order, Trial
from helm_nested.mutation.watch import Watch
from helm_nested.properties.project import CHART_VARIABLE, Project
from helm_nested.pytest_plugin import PROJECT

_SECONDS_TO_END = 120.0
_SECONDS_TO_LOOK = 600.0
_NO_ANSWER = "nothing can be said about {}: {}. Run it with pytest, and mend that first."
_ENGINE = "helm_python"
# Test runs of one forked process replace those of the one before.
_TEMPORARY = "pytest"


@dataclass
class _Heard:
    """What pytest reports of the test that runs."""

    failures: list[str] = field(default_factory=list)
    memory: bool = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a failure says."""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.failures.append(str(crash.message if crash else report.longrepr))

    def pytest_exception_interact(self, call: pytest.CallInfo[object]) -> None:
        """Tell a failure for want of memory from one of the test's own."""
        if call.excinfo is not None and isinstance(call.excinfo.value, MemoryError):
            self.memory = False


class Worker:
    """The pytest plugin that takes the place of pytest's own loop over the tests."""

    def __init__(self, file: Path, folder: Path, jobs: IO[str], answers: IO[str], reading: Reading) -> None:
        self._file = file
        self._configuration = load_configuration(file)
        self._folder = folder
        self._reading = reading
        self._jobs = jobs
        self._answers = answers
        self._items: dict[str, pytest.Item] = {}
        self._promises: dict[str, str] = {}
        self._heard = _Heard()
        self._original: Original | None = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say at once that a test module cannot be read."""
        if report.failed:
            self._answer({"error": f"the tests cannot be collected: {report.longrepr}"})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try mutants until there are no more."""
        if session.testsfailed:
            return True
        if _ENGINE in sys.modules:
            self._answer({"error": "a test module loads the engine when it is imported. Load it inside the tests."})
            return True
        session.config.pluginmanager.register(self._heard)
        ignored = self._configuration.required_mutation().ignore
        modules: dict[str, str] = {}
        collected, silent = set(), []
        for item in session.items:
            promise = _promise(item)
            module = relative(item.path, self._file.parent)
            collected.add(module)
            name = "::".join([module, *item.nodeid.split("::")[1:]])
            if any(fnmatchcase(name, pattern) for pattern in ignored):
                continue
            if not promise:
                silent.append(name)
            else:
                self._items[name] = item
                self._promises[name] = promise
                modules[name] = module
        # The configuration's own part in a result is told apart from what it says of mutants.
        read = [path for path in self._read() if path not in collected and path != self._file.name]
        self._answer({"tests": modules, "silent": silent, "collected": sorted(collected), "read": read})
        for line in self._jobs:
            self._answer(self._do(json.loads(line), session))
        return True

    def _do(self, job: dict[str, Any], session: pytest.Session) -> dict[str, Any]:
        if "original" in job:
            self._original = Original.of_json(json.loads(Path(job["original"]).read_text(encoding="utf-8")))
            return {}
        if "look at" in job or "digests" in job:
            tests = job.get("look at")
            answer = self._forked(
                lambda: self._looked_at(tests, session) if tests else self._digests(), _SECONDS_TO_LOOK
            )
            why = answer.get(DIED) or answer.get(ENDLESS)
            return {"error": _NO_ANSWER.format(", ".join(tests or ["the chart as it is"]), why)} if why else answer
        target = self._chart / job["template"]
        target.write_text(job["text"], encoding="utf-8")
        try:
            answer = self._forked(lambda: self._tried(job, session), _SECONDS_TO_END)
        finally:
            shutil.copyfile(self._pristine / job["template"], target)
        if DIED in answer:
            return Result("not judged", None, answer[DIED], (), 0.0).to_json()
        return _endless(answer[ENDLESS]).to_json() if ENDLESS in answer else answer

    def _forked(self, work: Callable[[], dict[str, Any]], seconds: float) -> dict[str, Any]:
        """What the work answers in a process that has no part in what this one is told and answers."""

        def alone() -> dict[str, Any]:
            # Else whoever waits for an answer would not hear that this process is dead.
            self._jobs.close()
            self._answers.close()
            return work()

        return forked(alone, seconds)

    def _read(self) -> list[str]:
        """All that was read besides the chart, as seen from the configuration's folder."""
        configuration = self._configuration
        besides = (self._folder, configuration.chart.resolve(), configuration.cache.resolve())
        return sorted({relative(Path(path), self._file.parent) for path in self._reading.files(besides)})

    @property
    def _chart(self) -> Path:
        return self._folder / "changed" / self._configuration.chart.name

    @property
    def _pristine(self) -> Path:
        return self._folder / "as-it-is" / self._configuration.chart.name

    def _trial(self, session: pytest.Session) -> Trial:
        def tell(project: Project) -> None:
            session.config.stash[PROJECT] = lambda _file, _strength: project

        return Trial(self._configuration, self._chart, self._promises, self._run, tell)

    def _tried(self, job: dict[str, Any], session: pytest.Session) -> dict[str, Any]:
        assert self._original is not None  # noqa: S101 - it is told before any mutant
        order = Order(job["first"], frozenset(job["skip"]), job["checks"], job["excused"])
        return self._trial(session).run(order, self._original, self._pristine).to_json()

    def _digests(self) -> dict[str, Any]:
        self._reading.forget()
        trial = Trial(self._configuration, self._chart, self._promises, self._run, lambda _project: None)
        wrong = trial.wrong_as_it_is()
        if wrong is not None:
            return {"error": f"{wrong.name} finds this in the chart as it is: {wrong.message}\nMend that first."}
        corpus, outcomes = trial.original()
        return {"corpus": corpus, "outcomes": outcomes, "read": self._read()}

    def _run(self, name: str, following: str | None) -> str | None:
        """What the test says if it fails; pytest tears down what the following one has no use for."""
        item = self._items[name]
        self._heard.failures.clear()
        # With the session as what follows only its own fixtures stay.
        after = self._items[following] if following else item.session
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        if not self._heard.memory:
            raise MemoryError
        return self._heard.failures[0] if self._heard.failures else None

    def _looked_at(self, tests: Sequence[str], session: pytest.Session) -> dict[str, Any]:
        """For tests of one module on the chart as it is: how long they take, and what they read and render of it."""
        watch = Watch(self._chart, self._reading)
        trial = self._trial(session)
        session.config.stash[PROJECT] = lambda _file, _strength: trial.project()
        started = time.perf_counter()
        for name, following in pairwise([*tests, None]):
            said = self._run(name, following) if name is not None else None
            if said is not None:
                return {"error": f"{name} fails on the chart as it is: {said}\nMend that first."}
        module = Module(tuple(tests), time.perf_counter() - started, tuple(watch.renders), watch.templates)
        return {"module": asdict(module), "renders": watch.renders, "depends": watch.chart, "read": self._read()}

    def _answer(self, said: dict[str, Any]) -> None:
        self._answers.write(json.dumps(said) + "\n")
        self._answers.flush()


def _endless(said: str) -> Result:
    return Result("killed", Killer("timeout", "timeout", "Rendering the chart ends.", said), "", (), _SECONDS_TO_END)


def _promise(item: pytest.Item) -> str:
    """What the test claims: its docstring's first paragraph."""
    function = getattr(item, "function", None)
    said = (getattr(function, "__doc__", None) or "").strip().split("\n\n")[0]
    return " ".join(said.split())


def main() -> int:
    """Work: the arguments are the configuration's file and a folder for the worker's own use."""
    reading = Reading()
    file, folder = Path(sys.argv[1]), Path(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    jobs = os.fdopen(os.dup(0), encoding="utf-8")
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    configuration = load_configuration(file)
    for copy in ("changed", "as-it-is"):
        shutil.copytree(configuration.chart, folder / copy / configuration.chart.name)
    os.environ[CHART_VARIABLE] = str(folder / "changed" / configuration.chart.name)
    os.chdir(file.parent)
    arguments = [str(each) for each in configuration.required_mutation().tests]
    arguments += ["-q", "--capture=no", "-p", "no:cacheprovider", f"--basetemp={folder / _TEMPORARY}"]
    arguments += ["--helm-nested-strength", "2", "--helm-nested-config", str(file)]
    # This module has imported the plugin's package before pytest could rewrite its assertions, of which it has none.
    arguments += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    if find_spec("xdist"):
        arguments += ["-n0"]
    pytest.main(arguments, plugins=[Worker(file, folder, jobs, answers, reading)])
    return 0


if __name__ == "__main__":
    sys.exit(main())

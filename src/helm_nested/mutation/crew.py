"""The workers together: mutants are handed to whoever is free, those first that killed a neighbour."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from helm_nested.errors import CannotCheckError
from helm_nested.go_runtime import rarely_collecting
from helm_nested.mutation.mutant import Mutant
from helm_nested.mutation.result import Result
from helm_nested.processes import end_session
from helm_nested.temporary_folder import temporary_folder

# How many killers of the neighbours are tried first, and how many of those that kill most anywhere.
_NEIGHBOURS = 10
_BEST = 5
_LAST_LINES = 1500
_PYTHON = (sys.executable, "-m")
# So long a worker that says no more may take to end by itself.
_SECONDS_TO_END = 2.0


@dataclass(frozen=True)
class Task:
    """One mutant to try.

    Attributes:
        skip: test modules that need not be tried again.
        checks: whether the checks are to be run.
        excused: whether a reason says that it changes nothing.
    """

    mutant: Mutant
    skip: frozenset[str]
    checks: bool
    excused: bool = False


class Killers:
    """Who killed, most recently in the same template, and most often at all."""

    def __init__(self, known: Iterable[tuple[str, str]]) -> None:
        self._recent: defaultdict[str, list[str]] = defaultdict(list)
        self._often: Counter[str] = Counter()
        for template, name in known:
            self.add(template, name)

    def add(self, template: str, name: str) -> None:
        """One more kill."""
        recent = self._recent[template]
        if name in recent:
            recent.remove(name)
        recent.insert(0, name)
        del recent[_NEIGHBOURS:]
        self._often[name] += 1

    def likely(self, template: str) -> list[str]:
        """Whom to try first on a mutant of that template."""
        best = [name for name, _ in self._often.most_common(_BEST)]
        return list(dict.fromkeys([*self._recent[template], *best]))


class Crew:
    """Worker processes; leaving the context ends them.

    Attributes:
        modules: the module of every test that makes a promise, by the test's id.
        silent: the ids of the tests that say of no promise, as they have no docstring.
        read: by module the files that its tests read, as far as they were looked at; under "" what is read for all.
    """

    def __init__(self, file: Path, jobs: int) -> None:
        self._folder = ExitStack()
        top = self._folder.enter_context(temporary_folder("helm-nested-mutants-"))
        self._workers: list[subprocess.Popen[str]] = []
        self._folders: list[Path] = []
        for number in range(jobs):
            folder = top / str(number)
            folder.mkdir()
            self._folders.append(folder)
            with rarely_collecting():
                worker = subprocess.Popen(
                    [*_PYTHON, "helm_nested.mutation.worker", str(file.resolve()), str(folder)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    start_new_session=True,
                )
            self._workers.append(worker)
        self._ends = [Thread(target=_when_ended, args=[worker], daemon=True) for worker in self._workers]
        for end in self._ends:
            end.start()
        self._guard = subprocess.Popen(
            [*_PYTHON, "helm_nested.mutation.guard", *(str(worker.pid) for worker in self._workers)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self.modules: dict[str, str] = {}
        self.silent: list[str] = []
        self.read: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        """Wait until every worker has collected the tests.

        Raises:
            CannotCheckError: they cannot be collected.
        """
        try:
            for number in range(len(self._workers)):
                answer = self._heard(number)
                self.modules, self.silent, self.read[""] = answer["tests"], answer["silent"], answer["read"]
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        for number, worker in enumerate(self._workers):
            self._end(number)
            assert worker.stdin is not None  # noqa: S101 - it was asked for
            assert worker.stdout is not None  # noqa: S101
            with suppress(OSError):
                worker.stdin.close()
            worker.stdout.close()
        self._guard.communicate()
        self._folder.close()

    def _end(self, number: int, seconds: float = 0.0) -> None:
        """End the worker, if it does not end by itself in so many seconds, and all that it started."""
        self._ends[number].join(seconds)
        self._workers[number].kill()
        self._ends[number].join()

    def tell(self, file: Path) -> None:
        """Tell every worker what the chart is as it is."""
        for number in range(len(self._workers)):
            self._asked(number, {"original": str(file.resolve())})

    def look(self, file: Path) -> None:
        """Look at the chart as it is, and write to the file what it is.

        Raises:
            CannotCheckError: a test or a check fails on the chart as it is.
        """
        by_module: defaultdict[str, list[str]] = defaultdict(list)
        for name, module in self.modules.items():
            by_module[module].append(name)
        modules: dict[str, Any] = {}
        renders: dict[str, Any] = {}
        digests: dict[str, Any] = {}

        def do(number: int, module: str) -> None:
            answer = self._asked(number, {"look at": by_module[module]} if module else {"digests": True})
            self.read[module] = sorted({*self.read.get(module, ()), *answer.pop("read")})
            if not module:
                digests.update(answer)
                return
            if answer["depends"]:
                modules[module] = answer["module"]
                renders.update(answer["renders"])

        self._share(["", *by_module], do)
        ordered = dict(sorted(modules.items(), key=lambda each: float(each[1]["seconds"])))
        file.write_text(json.dumps({"modules": ordered, "renders": renders, **digests}), encoding="utf-8")

    def try_all(
        self,
        tasks: Sequence[Task],
        killers: Killers,
        done: Callable[[Mutant, Result], None],
    ) -> None:
        """Try every mutant; `done` is told each result, one at a time.

        Raises:
            CannotCheckError: a mutant could not be tried; nothing is said of it.
        """
        telling = Lock()

        def attempt(number: int, task: Task) -> None:
            mutant = task.mutant
            with telling:
                first = killers.likely(mutant.template)
            answer = self._asked(
                number,
                {
                    "template": mutant.template,
                    "text": mutant.text,
                    "first": first,
                    "skip": sorted(task.skip),
                    "checks": task.checks,
                    "excused": task.excused,
                },
            )
            result = Result.of_json(answer)
            with telling:
                if result.killer is not None:
                    killers.add(mutant.template, result.killer.name)
                done(mutant, result)

        self._share(tasks, attempt)

    def _share(self, work: Sequence[Any], do: Callable[[int, Any], None]) -> None:
        """Do each piece of work with whichever worker is free."""
        waiting: Queue[Any] = Queue()
        for each in work:
            waiting.put(each)
        failed = False

        def keep_busy(number: int) -> None:
            nonlocal failed
            try:
                while not failed:
                    do(number, waiting.get_nowait())
            except Empty:
                pass
            except BaseException:
                failed = True
                raise

        with ThreadPoolExecutor(len(self._workers)) as pool:
            futures = [pool.submit(keep_busy, number) for number in range(len(self._workers))]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                failed = True
                for number in range(len(self._workers)):
                    self._end(number)
                raise

    def _asked(self, number: int, job: dict[str, Any]) -> dict[str, Any]:
        worker = self._workers[number]
        assert worker.stdin is not None  # noqa: S101 - it was asked for
        with suppress(BrokenPipeError):
            worker.stdin.write(json.dumps(job) + "\n")
            worker.stdin.flush()
        return self._heard(number)

    def _heard(self, number: int) -> dict[str, Any]:
        worker = self._workers[number]
        assert worker.stdout is not None  # noqa: S101
        line = worker.stdout.readline()
        if not line.endswith("\n"):  # it died, perhaps while it answered
            self._end(number, _SECONDS_TO_END)
            raise CannotCheckError(self._death(number, worker.returncode))
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise CannotCheckError(str(answer["error"]))
        return answer

    def _death(self, number: int, status: int) -> str:
        if status < 0:
            return (
                f"a process that tries mutants was ended by {signal.Signals(-status).name}; the results so far are "
                "kept. Use fewer --jobs if memory ran out, and run the same command again."
            )
        log = self._folders[number] / "log.txt"
        last = log.read_text(encoding="utf-8", errors="replace")[-_LAST_LINES:] if log.is_file() else ""
        return f"the tests cannot be run:\n{last.strip()}\nRun them with pytest, and mend that first."


def _when_ended(worker: subprocess.Popen[str]) -> None:
    """Wait until the worker has ended, and end what it started: a copy of it would hold its pipes open."""
    worker.wait()
    end_session(worker.pid)

"""Results on disk, and which of them still hold: an interrupted run goes on, and a second one has little to do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from helm_nested.configuration import Configuration
from helm_nested.digest import digest_of
from helm_nested.errors import OutputError
from helm_nested.mutation.mutant import Mutant
from helm_nested.mutation.reading import contents
from helm_nested.mutation.result import Result
from helm_nested.software import installed, source_digest
from nested_templates.yaml_documents import load_documents

_FILE = "results.jsonl"
_READ = "read.json"
_CHECKS = "checks/*.py"


@dataclass(frozen=True)
class State:
    """Digests of all that a result follows from.

    Attributes:
        files: every file of the chart, by its path in it.
        modules: every test module with all that it reads, by its path.
        inputs: the configuration, matrix, contract, argument sets, scenarios, dialects, what test modules share, this
            tool, and every library.
        checks: the checks.
    """

    files: Mapping[str, str]
    modules: Mapping[str, str]
    inputs: str
    checks: str

    @property
    def digest(self) -> str:
        """One digest of all of it."""
        parts = (*self.files.items(), *self.modules.items(), ("inputs", self.inputs), ("checks", self.checks))
        return _digest(f"{name} {content}".encode() for name, content in parts)

    def rest(self, template: str) -> str:
        """All of the chart but that template, which a mutant brings itself."""
        return _digest(f"{name} {content}".encode() for name, content in self.files.items() if name != template)


@dataclass(frozen=True)
class Known:
    """What is known of a mutant from before.

    Attributes:
        result: the result that still holds; None if the mutant must be tried.
        unchanged: test modules that let it live, and still would.
        checked: whether that is so of the checks as well.
    """

    result: Result | None
    unchanged: frozenset[str]
    checked: bool


class Settled:
    """The results in a folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE
        self._read = folder / _READ
        self._records: dict[str, dict[str, Any]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for line in (
                self._file.read_text(encoding="utf-8", errors="replace").splitlines() if self._file.is_file() else ()
            ):
                record = _record(line)
                if record is not None:
                    self._records[record["mutant"]] = record
        except OSError as error:
            raise _unwritable(folder, error) from error

    def find(self, mutant: Mutant, state: State, trust: bool, excused: bool) -> Known:
        """What is known; with `trust` a killed mutant stays killed though other templates have changed.

        One that met nobody, as it is `excused`, must meet them when it is not any more.
        """
        record = self._records.get(mutant.identity)
        nothing = Known(None, frozenset(), checked=False)
        if record is None or record["inputs"] != state.inputs:
            return nothing
        result = Result.of_json(record["result"])
        same = record["rest"] == state.rest(mutant.template)
        if not same and not (trust and result.status == "killed"):
            return nothing
        if result.is_excused:
            return Known(result, frozenset(), checked=True) if excused else nothing
        if result.status == "survived":
            unchanged = {name for name, digest in record["modules"].items() if state.modules.get(name) == digest}
            checked = record["checks"] == state.checks
            if checked and set(state.modules) <= unchanged:
                return Known(result, frozenset(), checked=True)
            return Known(None, frozenset(unchanged), checked)
        killer = result.killer
        if killer is not None and killer.kind == "property":
            module = record["killed by"]
            return Known(result, frozenset(), checked=False) if _same(record, state, module) else nothing
        if killer is not None and killer.kind == "check" and record["checks"] != state.checks:
            return nothing
        return Known(result, frozenset(), checked=False)

    def keep(self, mutant: Mutant, state: State, result: Result, modules: Mapping[str, str]) -> None:
        """Write a result; `modules` is the module of every test by its id."""
        killed_by = modules.get(result.killer.name, "") if result.killer else ""
        record = {
            "mutant": mutant.identity,
            "template": mutant.template,
            "line": mutant.line,
            "change": mutant.change,
            "rest": state.rest(mutant.template),
            "inputs": state.inputs,
            "checks": state.checks,
            "modules": {killed_by: state.modules[killed_by]} if killed_by else dict(state.modules),
            "killed by": killed_by,
            "result": result.to_json(),
        }
        self._records[mutant.identity] = record
        try:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise _unwritable(self._file.parent, error) from error

    def read(self) -> Mapping[str, Sequence[str]]:
        """By test module the files that its tests read when they were last looked at."""
        try:
            record = json.loads(self._read.read_text(encoding="utf-8"))
            return {str(module): [str(name) for name in names] for module, names in record.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def keep_read(self, read: Mapping[str, Sequence[str]]) -> None:
        """Write what the tests read."""
        try:
            self._read.write_text(json.dumps(read), encoding="utf-8")
        except OSError as error:
            raise _unwritable(self._read.parent, error) from error

    def killers(self) -> Iterable[tuple[str, str]]:
        """Template and killer of every mutant that was ever killed, oldest first."""
        for record in self._records.values():
            if record["result"]["killer"]:
                yield record["template"], record["result"]["killer"]["name"]


def _record(line: str) -> dict[str, Any] | None:
    """The result in that line; None for a line that an interruption cut off, or that was not written here."""
    try:
        record: dict[str, Any] = json.loads(line)
        Result.of_json(record["result"])
        texts = (record[key] for key in ("mutant", "template", "rest", "inputs", "checks", "killed by"))
        is_own = all(isinstance(each, str) for each in texts) and isinstance(record["modules"], dict)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return record if is_own else None


def _same(record: Mapping[str, Any], state: State, module: str) -> bool:
    return module in state.modules and record["modules"].get(module) == state.modules[module]


def state_of(
    configuration: Configuration, file: Path, tests: Mapping[str, str], read: Mapping[str, Sequence[str]], out: Path
) -> State:
    """The state now.

    `tests` has the module of every test that makes a promise by its id; `read` has by module the files that its tests
    read, and under "" those that all have read; all as seen from the configuration's folder. Results are in `out`.
    """
    # Paths as seen from there, so that a copy of the project elsewhere has the same results.
    folder = file.resolve().parent
    without = (out.resolve(), configuration.cache.resolve())

    def says(module: str) -> Iterator[bytes]:
        for name in read.get(module, ()):
            yield from (name.encode(), contents(folder / name, without))

    named = [configuration.contract, configuration.required_matrix(), *configuration.argument_sets]
    named += [*configuration.scenarios, *(each.schema for each in configuration.claims.custom_schemas)]
    named += [*configuration.claims.definition_files, *([configuration.refused] if configuration.refused else [])]
    checks = set()
    for module in configuration.check_modules:
        found = Path(module) if module.endswith(".py") else None
        spec = find_spec(module) if found is None else None
        checks |= {found} if found else {Path(spec.origin)} if spec and spec.origin else set()
    return State(
        {
            name.relative_to(configuration.chart).as_posix(): _digest([name.read_bytes()])
            for name in sorted(configuration.chart.rglob("*"))
            if name.is_file()
        },
        {
            # A test that is ignored no more is a new one.
            module: _digest(
                [
                    (folder / module).read_bytes(),
                    *sorted(test.encode() for test in tests if tests[test] == module),
                    *says(module),
                ]
            )
            for module in sorted(set(tests.values()))
        },
        _digest([_says(file), _files(named, folder).encode(), *says(""), *_software()]),
        _digest([_files(checks, folder).encode(), *_checks(configuration)]),
    )


def _software() -> Iterator[bytes]:
    yield source_digest(but=(_CHECKS,)).encode()
    yield from (each.encode() for each in installed())


def _checks(configuration: Configuration) -> Iterator[bytes]:
    """The checks of this tool, and the program that some of them ask."""
    yield source_digest((_CHECKS,)).encode()
    program = configuration.claims.kubernetes_program
    yield b"" if program is None else contents(program, ())


def _says(file: Path) -> bytes:
    """What the configuration says, but for what it says of mutants, which tells who judges them."""
    (document,) = load_documents(file.read_text(encoding="utf-8"), str(file))
    return json.dumps({key: value for key, value in document.items() if key != "mutation"}, sort_keys=True).encode()


def relative(file: Path, folder: Path) -> str:
    """The file's path as seen from the folder, with slashes."""
    return Path(os.path.relpath(file.absolute(), folder)).as_posix()


def _files(files: Iterable[Path], folder: Path) -> str:
    parts = sorted({relative(each, folder): each for each in files}.items())
    return _digest(part for name, each in parts for part in (name.encode(), each.read_bytes()))


def _digest(parts: Iterable[bytes]) -> str:
    return digest_of(parts).hex()


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"the results cannot be kept in {folder}: {error.strerror}. Name another folder with --out.")

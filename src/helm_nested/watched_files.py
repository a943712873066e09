"""The files that the outcome of a check depends on, and whether one of them has changed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from helm_nested.configuration import Configuration, load_configuration
from helm_nested.errors import HelmNestedError

_OF_A_CHART = ("Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json", "templates", "crds", "charts")


class WatchedFiles:
    """The configuration, what it names, the chart, and the user's own Python.

    Raises:
        ConfigurationError: the configuration cannot be read.
    """

    def __init__(self, file: Path, chart: Path | None) -> None:
        self._file = file
        self._chart = chart
        self._roots: Sequence[Path] = ()
        self._modules: Sequence[str] = ()
        self._patterns: Sequence[str] = ()
        self._read(load_configuration(file))

    def state(self) -> list[tuple[str, int]]:
        """Every file, and when it was last changed."""
        found = {}
        for root in self._roots:
            for file in (root, *root.rglob("*")) if root.is_dir() else (root,):
                with suppress(OSError):  # gone, or not there yet
                    if file.is_file():
                        found[str(file)] = file.stat().st_mtime_ns
        for pattern in self._patterns:
            for match in self._file.parent.glob(pattern):
                with suppress(OSError):  # also what is no file: while it is there it is an error
                    found.setdefault(str(match), match.lstat().st_mtime_ns)
        return sorted(found.items())

    def look_again(self) -> None:
        """Follow the configuration as it is now, and let the user's own modules be imported anew.

        While it cannot be read, the files are those from before: whatever mends it is one of them.
        """
        for name in self._modules:
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        with suppress(HelmNestedError):
            self._read(load_configuration(self._file))

    def _read(self, configuration: Configuration) -> None:
        self._patterns = configuration.patterns
        own = (*configuration.dialect_modules, *configuration.check_modules)
        self._modules = [name for name in own if not name.endswith(".py")]
        self._roots = [
            self._file,
            self._chart or configuration.chart,
            configuration.contract,
            *configuration.argument_sets,
            *configuration.scenarios,
            *(each for each in (configuration.matrix, configuration.refused) if each),
            *(each.schema for each in configuration.claims.custom_schemas),
            *configuration.claims.definition_files,
            *_python_files(own),
        ]


def read_files(file: Path, chart: Path | None) -> Iterator[Path]:
    """The files that a command reads, which must not be where it writes; of the chart those that make it one.

    Raises:
        ConfigurationError: the configuration cannot be read.
    """
    folder = (chart or load_configuration(file).chart).resolve()
    for name, _ in WatchedFiles(file, chart).state():
        path = Path(name).resolve()
        # A chart can be a whole repository, in which reports have their place.
        below = path.relative_to(folder).parts if path.is_relative_to(folder) else ()
        if not below or below[0] in _OF_A_CHART:
            yield path


def _python_files(modules: Sequence[str]) -> Iterator[Path]:
    for name in modules:
        if name.endswith(".py"):
            yield Path(name)
            continue
        # A parent package that is missing or broken is told by the check itself.
        with suppress(Exception):
            specification = importlib.util.find_spec(name)
            if specification is not None and specification.origin:
                yield Path(specification.origin)

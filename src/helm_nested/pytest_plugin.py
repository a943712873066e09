"""The pytest plugin: properties of a chart as tests over its corpus."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Any, get_args

import pytest

from helm_nested.configuration import FILE_NAME
from helm_nested.corpus import Corpus
from helm_nested.errors import TRACEBACK, ConfigurationError, HelmNestedError, UnexpectedError
from helm_nested.matrix.combinations import Strength
from helm_nested.properties.bundle import CorpusBundles
from helm_nested.properties.confirmation import Confirmation
from helm_nested.properties.documents import CorpusDocuments, Stage
from helm_nested.properties.project import CHART_VARIABLE, Project, load_project
from helm_nested.properties.report import report
from helm_nested.properties.selection import Selection
from helm_nested.properties.silence import given_back, silent
from helm_nested.properties.statement import looked_at
from helm_nested.properties.verdict import PARAMETERS, Runner, Trouble, judge
from nested_templates.suggestion import did_you_mean

__all__ = ["over"]

_STRENGTHS: tuple[Strength, ...] = get_args(Strength)
_DEFAULT: Strength = "2"

# What it returns is refused.
Test = Callable[..., object]

# Who runs the tests on a corpus of its own puts here what gives the project, in place of `load_project`.
PROJECT = pytest.StashKey[Callable[[Path, Strength], Project]]()


def over(
    *,
    kind: str | None = None,
    key: str | None = None,
    choices: Mapping[str, str | Sequence[str]] | None = None,
    argument_set: str | None = None,
    stage: Stage | None = None,
) -> Callable[[Test], Test]:
    """Make one test of a function that takes `document`: it must hold for every distinct document selected.

    The function may also take `bundle`, `arguments`, `choices`, `values` and `release`, and fixtures, which are the
    same for all documents.
    """
    selection = Selection(kind, key, choices or {}, argument_set, stage)

    def decorate(function: Test) -> Test:
        signature = inspect.signature(function)
        wanted = [name for name in signature.parameters if name in PARAMETERS]
        if "document" not in wanted:
            raise TypeError(
                f"{function.__qualname__} takes no 'document', so nothing can be run over. "
                f"{did_you_mean('document', signature.parameters)} Add the parameter 'document'."
            )
        fault = silent(function)
        if fault is not None:
            raise TypeError(f"{function.__qualname__} {fault}")

        @wraps(function)
        def test(*arguments: object, _helm_nested_selected: _Selected, **fixtures: object) -> None:
            run = _Run(partial(function, *arguments, **fixtures), Path(inspect.getfile(inspect.unwrap(function))))
            _judge(run, wanted, _helm_nested_selected)

        others = [parameter for name, parameter in signature.parameters.items() if name not in PARAMETERS]
        selected = inspect.Parameter("_helm_nested_selected", inspect.Parameter.KEYWORD_ONLY)
        test.__signature__ = signature.replace(parameters=[*others, selected])  # type: ignore[attr-defined]
        test.helm_nested_selection = selection  # type: ignore[attr-defined]
        return test

    return decorate


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("helm-nested", "properties of a Helm chart over its corpus")
    group.addoption(
        "--helm-nested-strength",
        choices=_STRENGTHS,
        help="which combinations of the matrix: all inside each block, or every three or two choices meeting "
        f"(default: the ini option helm_nested_strength, else {_DEFAULT})",
    )
    group.addoption(
        "--helm-nested-config",
        type=Path,
        metavar="FILE",
        help=f"the configuration (default: the ini option helm_nested_config, else {FILE_NAME} in the root folder)",
    )
    group.addoption(
        "--helm-nested-chart",
        type=Path,
        metavar="DIRECTORY",
        help="a chart in place of the configured one, for example a changed copy; tests find it in the environment "
        f"variable {CHART_VARIABLE}",
    )
    parser.addini("helm_nested_strength", "which combinations of the matrix: all, 3 or 2", default=_DEFAULT)
    parser.addini("helm_nested_config", "the configuration, relative to the root folder", default=FILE_NAME)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Tell tests which chart is looked at before the first conftest.py is imported: it may import what reads it."""
    _tell_chart(early_config.known_args_namespace.helm_nested_chart, early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a strength that is none before anything runs."""
    given = config.getini("helm_nested_strength")
    if given not in _STRENGTHS:
        raise pytest.UsageError(
            f"helm_nested_strength is {given!r}. {did_you_mean(str(given), _STRENGTHS)} "
            f"Write one of {', '.join(_STRENGTHS)}."
        )
    # Where a conftest.py names this plugin, no hook before this one is called.
    _tell_chart(config.getoption("helm_nested_chart"), config)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which combinations properties run over; nothing where there is no configuration."""
    if not _file(config).is_file():
        return None
    strength = _strength(config)
    how = (
        "" if strength == "2" else ", those that follow from others by what was observed not rendered, but for a sample"
    )
    return f"helm-nested: strength {strength}{how}"


def _strength(config: pytest.Config) -> Strength:
    strength: Strength = config.getoption("helm_nested_strength") or config.getini("helm_nested_strength")
    return strength


def _file(config: pytest.Config) -> Path:
    given: Path | None = config.getoption("helm_nested_config")
    if given is not None:
        return config.invocation_params.dir / given
    return config.rootpath / str(config.getini("helm_nested_config"))


def _tell_chart(chart: Path | None, config: pytest.Config) -> None:
    if chart is not None:
        _put(CHART_VARIABLE, str((config.invocation_params.dir / chart).resolve()), config)


def _put(variable: str, value: str, config: pytest.Config) -> None:
    """Set an environment variable until this run of pytest ends."""
    before = os.environ.get(variable)
    os.environ[variable] = value

    def restore() -> None:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before

    config.add_cleanup(restore)


@pytest.fixture(scope="session")
def _helm_nested_project(pytestconfig: pytest.Config) -> Project:
    try:
        return pytestconfig.stash.get(PROJECT, load_project)(_file(pytestconfig), _strength(pytestconfig))
    except HelmNestedError as error:
        message = f"could not check: {error}"
    except Exception as error:  # whatever went wrong, nothing was checked, and the test must say so
        if os.environ.get(TRACEBACK):
            raise
        message = str(UnexpectedError.of(error))
    pytest.fail(message, pytrace=False)


@pytest.fixture(scope="session")
def helm_nested_corpus(_helm_nested_project: Project) -> Corpus:
    """The corpus: the distinct texts of the matrix, and which combinations lead to each."""
    return _helm_nested_project.corpus


@pytest.fixture(scope="session")
def helm_nested_documents(_helm_nested_project: Project) -> CorpusDocuments:
    """Every distinct document, filled when it is reached."""
    return _helm_nested_project.documents


@pytest.fixture(scope="session")
def helm_nested_bundles(_helm_nested_project: Project) -> CorpusBundles:
    """Every distinct bundle, filled when it is looked at."""
    return CorpusBundles(_helm_nested_project.documents)


@dataclass(frozen=True)
class _Selected:
    project: Project
    selection: Selection


@pytest.fixture
def _helm_nested_selected(request: pytest.FixtureRequest, _helm_nested_project: Project) -> _Selected:
    selection: Selection = request.function.helm_nested_selection
    try:
        selection.refuse_nothing(_helm_nested_project.documents)
        return _Selected(_helm_nested_project, selection)
    except ConfigurationError as error:
        message = (
            f"{request.function.__name__} selects nothing ({selection}), so it could not fail: {error} "
            "Correct what is given to over(...)."
        )
    except HelmNestedError as error:
        message = f"could not check: {error}"
    # Outside of `except`, as pytest would show the other error as well.
    pytest.fail(message, pytrace=False)


def _judge(run: _Run, wanted: Sequence[str], selected: _Selected) -> None:
    project, selection = selected.project, selected.selection
    verdict = judge(run if project.explains else _at_once(run), wanted, selection, project.documents)
    if verdict.groups:
        confirm = Confirmation(project, selection, run, wanted)
        pytest.fail(report(verdict, selection, project.documents, confirm), pytrace=False)
    if run.skipped == run.runs:
        pytest.skip(f"skipped for each of {verdict.documents:,} documents: {run.reason}")


def _at_once(run: _Run) -> Runner:
    """The property, failing at the first document that breaks it, without a look at the others."""

    def first(arguments: dict[str, Any]) -> None:
        trouble = run(arguments)
        if trouble is not None:
            pytest.fail(f"{trouble.place}: {trouble.message}", pytrace=False)

    return first


class _Run:
    """One property as pytest runs it, with pytest's own words for what fails."""

    def __init__(self, function: Test, file: Path) -> None:
        self._function = function
        self._file = file
        self.runs = 0
        self.skipped = 0
        self.reason = ""

    def __call__(self, arguments: dict[str, Any]) -> Trouble | None:
        self.runs += 1
        try:
            value: object = self._function(**arguments)
        except pytest.skip.Exception as skip:
            self.skipped += 1
            self.reason = str(skip)
            return None
        except (pytest.xfail.Exception, MemoryError):
            raise
        except HelmNestedError as error:  # it asks for what is not there
            message = f"{self._place(pytest.ExceptionInfo.from_exception(error))}: {error}"
        except (Exception, pytest.fail.Exception) as error:  # as pytest does
            return self._trouble(error, arguments["document"])
        else:
            if value is None:
                return None
            message = f"the property {given_back(value)}"
        # Outside of `except`, as pytest would show the other error as well.
        pytest.fail(f"could not check: {message}", pytrace=False)

    def _trouble(self, error: BaseException, document: object) -> Trouble:
        info = pytest.ExceptionInfo.from_exception(error)
        own = self._own(info)
        statement = str(own[-1].statement) if own else ""
        steps = looked_at(statement, own[-1].frame.f_locals, document) if own else ()
        message = str(error) if isinstance(error, AssertionError | pytest.fail.Exception) else info.exconly()
        place = f"{self._place(info)}: {info.typename}" if own else info.typename
        return Trouble(place, message or info.typename, partial(self._detail, info), steps)

    def _own(self, info: pytest.ExceptionInfo[BaseException]) -> Sequence[Any]:
        """Where the error came from in the property's own file."""
        return [entry for entry in info.traceback if Path(entry.path) == self._file]

    def _place(self, info: pytest.ExceptionInfo[BaseException]) -> str:
        own = self._own(info)
        return f"{self._file.name}:{own[-1].lineno + 1}" if own else self._file.name

    def _detail(self, info: pytest.ExceptionInfo[BaseException]) -> str:
        if isinstance(info.value, pytest.fail.Exception) and not info.value.pytrace:
            return str(info.value)
        return str(info.getrepr(style="short", tbfilter=lambda each: each.traceback.cut(path=self._file)))

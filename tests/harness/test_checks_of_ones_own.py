"""A check of one's own is loaded from a file or by name, and what is none is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checking.example import broken_examples
from helm_nested.errors import ConfigurationError

from .every_check import CHECKS

OWN = """
from helm_nested.checks import Check, Problem

def _run(subject):
    if "own" not in subject.document:
        yield Problem("", "there is nothing of our own")

CHECK = Check("{name}", "document", "Something of our own is there.", _run, ("own: 1",), ("other: 1",))
"""


def test_own_check_loads_from_a_file_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path to a .py file or a dotted name; the built-in ones come first."""
    (tmp_path / "own.py").write_text(OWN.format(name="our-own"))
    package = tmp_path / "our_own_checks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "second.py").write_text(OWN.format(name="second") + "CHECKS = [CHECK]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    checks = load_checks([str(tmp_path / "own.py"), "our_own_checks.second"])
    assert [check.name for check in checks] == [*CHECKS, "our-own", "second"]
    assert broken_examples(checks[-2:]) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no file"),
        ("", "it has neither CHECK nor CHECKS. Write in it:\n    CHECK = "),
        ("CHECK = 1", "is not a check or a list of checks. Write in it:"),
        ("CHECKS = []", "is not a check or a list of checks. Write in it:"),
        ("1 +", "line 1: SyntaxError"),
        ("1 / 0", "line 1: ZeroDivisionError: division by zero. Correct it"),
        ("import not_there_at_all", "line 1: ModuleNotFoundError: No module named 'not_there_at_all'. Correct it"),
        (OWN.format(name="reference"), "there is a check 'reference' already. Rename this one"),
    ],
)
def test_unusable_module_is_a_clear_error(tmp_path: Path, text: str | None, message: str) -> None:
    """The error says what to write."""
    path = tmp_path / "own.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match=re.escape(message)) as caught:
        load_checks([str(path)])
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["no_such_module", "helm_nested.no_such_module", "no.such.module"])
def test_unknown_module_is_a_clear_error(name: str) -> None:
    """The error says what a module can be."""
    with pytest.raises(ConfigurationError, match=r"there is no module '.*'\. Write the path of a \.py file"):
        load_checks([name])

"""The check `scientific-notation`: numbers that Helm's templates print with an exponent."""

from __future__ import annotations

import pytest

from helm_nested.checking.model import Claims, DocumentSubject
from helm_nested.checks.scientific_notation import CHECK


def paths(value: object) -> list[str]:
    """Where the check finds something in a document with that value."""
    return [problem.path for problem in CHECK.run(DocumentSubject({"data": {"a": [value]}}, Claims(), None, ()))]


@pytest.mark.parametrize(
    "text", ["1e+06", "2e+06", "-1.5e+07", "2.0190612073634e+13", "1e-05", "1.7976931348623157e+308"]
)
def test_float_as_go_prints_it_is_a_finding(text: str) -> None:
    """A text that is Go's print of a float is told with its place."""
    assert paths(text) == ["data.a[0]"]


@pytest.mark.parametrize(
    "value",
    ["60e0027", "1e10", "1E+06", "1e+6", "1e+05", "1e-04", "10e+06", "1.50e+06", "1.e+06", "0e+06", "1e+309", "1e+0006",
     "v1e+06", "1e+06 bytes", "+1e+06", "1_0e+06", "1000000", 1e6, 1000000, None, True],
)  # fmt: skip
def test_what_go_does_not_print_is_left_alone(value: object) -> None:
    """Digests, versions, sentences, and numbers that are numbers are no finding."""
    assert paths(value) == []


@pytest.mark.parametrize("text", ["--max=2e+06", "-Dsize=1.5e+07 -server", "http://a/?limit=1e+06", "a=b\nmax=1e+06\n"])
def test_what_a_word_sets_to_such_a_number_is_a_finding(text: str) -> None:
    """An option, a setting or a line of a file that ends with such a number is told."""
    assert paths(text) == ["data.a[0]"]


@pytest.mark.parametrize("text", ["--rate=5e-07", "--max=2e+06x", "max: 1e+06", "--max 2e+06", "digest=60e0027"])
def test_what_a_word_sets_to_something_else_is_left_alone(text: str) -> None:
    """A rate is a float on purpose, and YAML and JSON know such numbers."""
    assert paths(text) == []

"""The dialect `string-template` is Python's: the same texts filled, the same texts refused."""

from __future__ import annotations

import random
from string import Template

import pytest

from helm_nested.errors import FillError
from nested_templates.dialect import Placeholder, parse

ARGUMENTS = {"NAME": "<n>", "name": "<l>", "_": "<u>", "A1": "<a>", "NAMESPACE": "$NAME ${NAME} $$"}
HAND_PICKED = [
    "", "$", "$$", "$$$", "$$$$", "a$", "$NAME", "${NAME}", "$NAMEX", "${NAME}X", "$NAME$NAME", "${NAME}${NAME}",
    "$$NAME", "$${NAME}", "$$$NAME", "$$${NAME}", "${NAME", "${}", "${ NAME}", "${NAME }", "${NAME:-x}", "$1", "${1}",
    "$(NAME)", "$ NAME", "${NAME}\n$", "a\r\n$\n", "\u2028$", "$É", "${É}", "$NAMEÉ", "$\u017f", "$\u212a", "$_", "$A1",
    "$name",
    "$NAMESPACE", "{{ $NAME }}", "\\$NAME", "'$NAME'", "$\n", "${NAME}}", "${{NAME}}", "cost: $5", "$NAME-$NAME",
    "\x00$NAME", "$\U0001f680", "$UNKNOWN",
]  # fmt: skip


def filled(text: str) -> str | None:
    """The text filled by the harness; None where it refuses to."""
    try:
        return "".join(
            ARGUMENTS[segment.name] if isinstance(segment, Placeholder) else segment for segment in parse(text, "here")
        )
    except (FillError, KeyError):
        return None


def substituted(text: str) -> str | None:
    """The text filled by Python; None where it refuses to."""
    try:
        return Template(text).substitute(ARGUMENTS)
    except (ValueError, KeyError):
        return None


@pytest.mark.parametrize("text", HAND_PICKED)
def test_hand_picked_texts_are_filled_as_python_does(text: str) -> None:
    """Every way to write a dollar sign means what it means to `string.Template.substitute`."""
    assert filled(text) == substituted(text)


def test_random_texts_are_filled_as_python_does() -> None:
    """So does every mixture of the characters that matter."""
    source = random.Random(20240501)  # noqa: S311 - reproducible, not secret
    pieces = ["$", "$", "{", "}", "NAME", "name", "_", "A1", "1", " ", "\n", "é", "X", "-", ":"]
    refused = 0
    for _ in range(20_000):
        text = "".join(source.choices(pieces, k=source.randrange(1, 12)))
        expected = substituted(text)
        assert filled(text) == expected, text
        refused += expected is None
    assert 2_000 < refused < 18_000


def test_segments_are_merged_and_in_order() -> None:
    """Neighbouring literals are one text, an escaped dollar sign included, and each placeholder knows its line."""
    assert parse("a: $$1\nb: ${NAME}$A1\n", "here") == (
        "a: $1\nb: ",
        Placeholder("NAME", 2),
        Placeholder("A1", 2),
        "\n",
    )
    assert parse("", "here") == ()


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [
        ("a: 1\nb: $ 5\n", 2, "b: $ 5"),
        ("a\u2028b\n  c: ${x\nd", 2, "c: ${x"),
        ("a\x0cb\nc$", 2, "c$"),
        ("a\r\nb\r\nc $\r\nd", 3, "c $"),
        ("$", 1, "$"),
    ],
)
def test_lone_dollar_is_shown_where_it_stands(text: str, line: int, shown: str) -> None:
    """The message has the line as an editor counts it, and its text."""
    with pytest.raises(FillError) as caught:
        parse(text, "ConfigMap/a[b.yaml]")
    assert str(caught.value).startswith(
        f"ConfigMap/a[b.yaml], line {line}: a lone '$' starts no placeholder:\n    {shown}\n"
    )
    assert str(caught.value).endswith("Write '$$' for a dollar sign, or '${NAME}' for a placeholder.")

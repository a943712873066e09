"""Every dialect finds, fills and refuses in the same words, and what it leads to is written and shown alike."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helm_nested.configuration import load_configuration
from helm_nested.errors import DocumentError, FillError
from nested_templates.dialect import STRING_TEMPLATE, open_dialect
from nested_templates.dialect.protocol import MissingArgumentError
from nested_templates.service_template import ServiceTemplate

from .dialect_text import ARGUMENTS, filled, function, jinja2, jinja2_chart, refusal

__all__ = ["jinja2_chart"]

# ---- jinja2: what it gives


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {{ name }}\n", "a: a\n"),
        ("a: {{ name }}", "a: a"),
        ("a: {{ count + 1 }}", "a: 4"),
        ("a: {{ owner.first }}{{ owner['first'] }}", "a: AdaAda"),
        ("{% for each in items %}\n- {{ each }}\n{% endfor %}", "\n- 1\n\n- 2\n"),
        ("a: {{ text }}", 'a: it\'s "so": {{ name }} ${name} <b>'),
        ("a: {{ note | default('none') }}", "a: none"),
        ("{% if note is defined %}a: 1{% endif %}", ""),
        ("{% set local = 1 %}a: {{ local }}", "a: 1"),
        ("{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}a: {{ twice(name) }}", "a: aa"),
        ("a: $5 $${name} ${name}", "a: $5 $${name} ${name}"),
        ("{# nobody fills {{ this }} #}a: 1", "a: 1"),
        ("{% raw %}a: '{{ this }}'{% endraw %}", "a: '{{ this }}'"),
        ("a: {{ range(3) | list }}", "a: [0, 1, 2]"),
    ],
)
def test_jinja2_fills_with_native_arguments(text: str, expected: str) -> None:
    """Arguments are Python's objects, nothing is escaped, the last newline stays, and a guarded one may be missing."""
    template = ServiceTemplate("ConfigMap/a", "b.yaml", text, jinja2())
    assert template.dialect.fill(text, template.where, dict(ARGUMENTS)) == expected


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("{% for each in items %}\n---\na: {{ each }}\n{% endfor %}", [{"a": 1}, {"a": 2}]),
        ("{% if count > 5 %}a: 1{% endif %}", []),
        ("# {{ name }}\n", []),
    ],
)
def test_a_template_may_lead_to_several_documents_and_to_none(text: str, documents: list[dict[str, int]]) -> None:
    """How many documents there are is decided by the arguments."""
    assert list(filled(jinja2(), text).documents) == documents


def test_own_filters_and_globals_are_used(jinja2_chart: Path) -> None:
    """A dict of the user's own module gives filters, another one names that nobody has to supply."""
    dialect = open_dialect("jinja2", "here", jinja2_chart, filters="backend.py:FILTERS", variables="backend.py:GLOBALS")
    assert filled(dialect, "a: {{ text | quoted }}\nb: {{ domain }}\nc: {{ '2h' | hours }}").documents == (
        {"a": ARGUMENTS["text"], "b": "desks.example.com", "c": 7200},
    )


def test_filling_leaves_the_argument_set_as_it_is(tmp_path: Path) -> None:
    """What a function does to its arguments is gone when the next template is filled."""
    arguments = {"items": [1]}
    own = function(tmp_path, "def fill(text, arguments):\n    arguments['items'].append(2)\n    return 'a: 1'\n")
    assert filled(own, "", arguments).documents == ({"a": 1},)
    assert arguments == {"items": [1]}


@pytest.mark.parametrize("text", ["a: {{ namespace }}", "a: {{ range }}", "a: {{ namespace.name }}"])
def test_a_function_of_jinja2_is_no_argument(text: str) -> None:
    """A forgotten argument with the name of a function of Jinja2's own is not filled with that function."""
    with pytest.raises(MissingArgumentError):
        jinja2().fill(text, "here", {})
    (placeholder,) = jinja2().placeholders(text, "here") or ()
    assert jinja2().fill("a: {{ namespace }}", "here", {"namespace": "web"}) == "a: web"
    assert placeholder.name in {"namespace", "range"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{% set all = namespace(last=0) %}{% for n in range(3) %}{% set all.last = n %}{% endfor %}{{ all.last }}",
            "2",
        ),
        ("{% set namespace = 5 %}{{ namespace }}", "5"),
        ("{{ dict(a=1) }}", "{'a': 1}"),
    ],
)
def test_a_function_of_jinja2_can_be_called(text: str, expected: str) -> None:
    """Called, or set by the template itself, it is none that an argument must fill."""
    assert jinja2().fill(text, "here", {}) == expected
    assert jinja2().placeholders(text, "here") == ()


# ---- jinja2: what it refuses


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: {{ ().__class__.__mro__ }}",
        "a: 1\nb: {{ ().__class__ }}",
        "a: 1\nb: {{ ''['__class__'] }}",
        "a: 1\nb: {{ '' | attr('__class__') }}",
        "a: 1\nb: {{ '{0.__class__}'.format(name) }}",
        "a: 1\nb: {{ range.__globals__ }}",
        "a: 1\nb: {{ lipsum.__globals__['os'].popen('true') }}",
        "a: 1\nb: {{ items.append(3) }}",
        "a: 1\nb: {{ owner.update(x=1) }}",
    ],
)
def test_a_hostile_template_is_refused(text: str) -> None:
    """A template cannot reach Python's inside, nor change what it is given: the sandbox refuses, with the line."""
    message = refusal(jinja2(), text)
    assert message.startswith("ConfigMap/a[b.yaml], line 2: the sandbox refuses this: ")
    assert text.split("\n")[1] in message


def test_half_a_character_is_refused() -> None:
    """A text that no file could hold is refused as a document."""
    with pytest.raises((FillError, DocumentError), match=r"ConfigMap/a\[b.yaml\]"):
        filled(jinja2(), 'a: {{ "\\ud800" }}')


# ---- The user's own function


def test_own_function_fills(tmp_path: Path) -> None:
    """It gets the text and all arguments as they are, and its text is what is filled."""
    own = function(tmp_path, "def fill(text, arguments):\n    return text.format(**arguments)\n")
    assert filled(own, "a: {count}\nb: {items}\n").documents == ({"a": 3, "b": [1, 2]},)


def test_own_function_of_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that Python can import is named by its dotted module."""
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package/filling.py").write_text("def fill(text, arguments): return text\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert filled(open_dialect("own_package.filling:fill", "here", Path()), "a: 1").documents == ({"a": 1},)
    del sys.modules["own_package.filling"], sys.modules["own_package"]


def test_an_own_function_may_ask_whether_there_is_an_argument(tmp_path: Path) -> None:
    """`in`, `get` and catching KeyError work as with any dict."""
    own = function(
        tmp_path,
        "def fill(text, arguments):\n    try:\n        return arguments['note']\n    except KeyError:\n"
        "        return f\"a: {arguments.get('note', 1)}\\nb: {'note' in arguments}\"\n",
    )
    assert filled(own, "").documents == ({"a": 1, "b": False},)


# ---- A whole chart


# ---- The record and the page


def test_the_configuration_keeps_string_template_as_the_default(small: Path) -> None:
    """An entry that names no dialect is filled as before."""
    (selector,) = load_configuration(small / "helm-nested.yaml").selectors
    assert selector.dialect is STRING_TEMPLATE

"""What goes wrong in a dialect, its filters or a function of one's own is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_nested.errors import ConfigurationError
from nested_templates.dialect import STRING_TEMPLATE, Dialect, open_dialect

from .dialect_text import ARGUMENTS, function, jinja2, refusal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: {{ nmae }}\n", ("ConfigMap/a[b.yaml], line 2", "nobody fills {{ nmae }}", "Did you mean 'name'?")),
        ("{% if ownr is defined %}{% endif %}", ("line 1: nobody fills {{ ownr }}", "Did you mean 'owner'?")),
        ("{% for each in items %}{% endfor %}\n{{ each }}", ("line 2: nobody fills {{ each }}",)),
        ("{{ name }}\n\n{{ note }}", ("line 3: the argument set 'everyday' has no note", "Add it, or list the key")),
        ("\n{{ note | tojson }}", ("line 2: the argument set 'everyday' has no note",)),
        ("\n{{ owner.frist }}", ("line 2", "'frist'", "Did you mean 'first'?", "{{ owner.frist }}")),
        ("\n{{ name | qouted }}", ("line 2: there is no filter 'qouted'", "Known: ")),
        ("\n{% if 0 %}{{ name | uper }}{% endif %}", ("line 2: there is no filter 'uper'", "Did you mean 'upper'?")),
        ("\n{{ name is sting }}", ("line 2: there is no test 'sting'", "Did you mean 'string'?")),
        ("a: 1\n{% if %}\n", ("line 2", "Expected an expression", "{% if %}", "Correct this line")),
        ("a: 1\n{% for a in items %}\n", ("Unexpected end of template", "endfor")),
        ("{{ name", ("line 1", "unexpected end of template")),
        ("a\n{% nosuch %}", ("line 2", "unknown tag 'nosuch'")),
        ("{% include 'b' %}", ("line 1", "no other template can be read")),
        ("{% import 'b' as b %}", ("line 1", "no other template can be read")),
        ("\n\n{{ count / 0 }}", ("line 3", "ZeroDivisionError: division by zero", "{{ count / 0 }}")),
        ("\n{{ count + name }}", ("line 2", "TypeError")),
        ("{% macro f() %}{{ f() }}{% endmacro %}\n{{ f() }}", ("RecursionError",)),
        ("{{ range(10000000) | list }}", ("line 1", "OverflowError", "Range too big")),
        ("a: " + "(" * 3000, ()),
        ("{{ " + "(" * 3000 + " }}", ("line 1",)),
    ],
)
def test_jinja2_refuses_with_the_place_and_the_nearest_name(text: str, said: tuple[str, ...]) -> None:
    """Whatever is wrong with a text, the message has the template, the line and what to do."""
    if not said:
        assert filled_text(text) == text
        return
    message = refusal(jinja2(), text)
    assert message.startswith("ConfigMap/a[b.yaml], line ")
    for each in said:
        assert each in message


def filled_text(text: str) -> str:
    """What jinja2 makes of a text, YAML or not."""
    return jinja2().fill(text, "here", dict(ARGUMENTS))


@pytest.mark.parametrize(
    ("dialect", "text", "unknown", "missing"),
    [
        (STRING_TEMPLATE, "a: 1\nb: ${NAME}", "nobody fills ${NAME}", "nobody"),
        (jinja2(), "a: 1\nb: {{ NAME }}", "nobody fills {{ NAME }}", "nobody"),
    ],
    ids=["string-template", "jinja2"],
)
def test_unknown_names_and_missing_arguments_are_told_alike(
    dialect: Dialect, text: str, unknown: str, missing: str
) -> None:
    """The words do not depend on the dialect, but for the way a placeholder is written."""
    assert refusal(dialect, text) == (
        f"ConfigMap/a[b.yaml], line 2: {unknown}: it is not in the contract. Did you mean 'name'? "
        "Correct the placeholder, or add it to the contract."
    )
    assert refusal(dialect, text.replace("NAME", "name"), {}) == (
        "ConfigMap/a[b.yaml], line 2: the argument set 'everyday' has no name. "
        "Add it, or list the key under 'skip' of that set if the template is not for it."
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("\n\n    raise ValueError('no such tenant')", ("own.py, line 3", "ValueError: no such tenant")),
        ("\n    return inner()\ndef inner():\n    return {}['x']", ("own.py, line 4", "KeyError: 'x'")),
        ("\n    import json\n    return json.loads('{')", ("own.py, line 3", "JSONDecodeError: Expecting property")),
        (" raise SystemExit(3)", ("own.py, line 1", "SystemExit: 3")),
        (" return None", ("returned a NoneType, not a text",)),
        (" return b'a: 1'", ("returned a bytes, not a text",)),
        (" return arguments['note']", ("the argument set 'everyday' has no note", "Add it, or list the key")),
        (" return arguments['nmae']", ("nobody fills nmae: it is not in the contract", "Did you mean 'name'?")),
    ],
)
def test_what_goes_wrong_in_an_own_function_is_told(tmp_path: Path, body: str, said: tuple[str, ...]) -> None:
    """Its failure is a message with the template, the function, its line and its own words, never a traceback."""
    message = refusal(function(tmp_path, f"def fill(text, arguments):{body}\n"), "a: 1")
    assert message.startswith("ConfigMap/a[b.yaml]")
    for each in said:
        assert each in message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "jinja",
            ("here.dialect: 'jinja' is not a known dialect", "Did you mean 'jinja2'?", "package.module:function"),
        ),
        ("own.py:fil", ("here.dialect", "own.py has no 'fil'", "Did you mean 'fill'?")),
        ("other.py:fill", ("here.dialect", "there is no file", "other.py")),
        ("no_such_package.module:fill", ("here.dialect", "no module 'no_such_package.module'")),
        ("json:nothing", ("here.dialect", "json has no 'nothing'")),
        ("own.py:VALUE", ("here.dialect", "own.py:VALUE is of type int, not a function")),
        ("own.py:lonely", ("here.dialect", "own.py:lonely does not take (text, arguments)")),
        ("own.py:later", ("here.dialect: own.py:later is async", "Write 'def' without 'async'")),
        ("broken.py:fill", ("here.dialect", "broken.py", "ZeroDivisionError: division by zero", "line 2")),
        ("unparsed.py:fill", ("here.dialect", "unparsed.py", "SyntaxError", "line 1")),
        ("needy.py:fill", ("here.dialect", "needy.py", "No module named 'no_such_thing'")),
        ("own.py:", ("here.dialect", "'own.py:' is not a known dialect")),
        (":fill", ("here.dialect", "':fill' is not a known dialect")),
        ("own.py:a.b", ("here.dialect", "'own.py:a.b' is not a known dialect")),
        ("..x:fill", ("here.dialect", "no module '..x'")),
    ],
)
def test_a_dialect_that_cannot_be_had_is_refused(tmp_path: Path, name: str, said: tuple[str, ...]) -> None:
    """The configuration's mistake is told with its place, before anything is rendered."""
    (tmp_path / "own.py").write_text(
        "VALUE = 1\ndef fill(text, arguments): ...\ndef lonely(text): ...\nasync def later(text, arguments): ...\n",
        encoding="utf-8",
    )
    (tmp_path / "broken.py").write_text("\n1 / 0\n", encoding="utf-8")
    (tmp_path / "unparsed.py").write_text("def (\n", encoding="utf-8")
    (tmp_path / "needy.py").write_text("import no_such_thing\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        open_dialect(name, "here", tmp_path)
    for each in said:
        assert each in str(caught.value)


def test_where_a_path_starts_is_told_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of a configuration is often `.`, and "starts at .." would be another one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        open_dialect("other.py:fill", "here", Path())
    assert str(caught.value).endswith(f"which starts at {tmp_path}.")


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ("own.py:NAMES", "here.filters: own.py:NAMES is of type list, not a dict"),
        ("own.py:NUMBERED", "here.filters: own.py:NUMBERED: the name 1 is not a text"),
        ("own.py:VALUES", "here.filters: own.py:VALUES: 'shout' is of type int, not a function"),
        ("own.py:LATER", "here.filters: own.py:LATER: 'shout' is async, and nothing waits for it here"),
        ("own.py:FILTER", "here.filters: own.py has no 'FILTER'. Did you mean 'FILTERS'?"),
        ("own.py", "here.filters: 'own.py' names nothing"),
    ],
)
def test_filters_that_are_none_are_refused(tmp_path: Path, filters: str, said: str) -> None:
    """Filters are a dict of functions by name, and the message says what was found instead."""
    (tmp_path / "own.py").write_text(
        "FILTERS = {}\nNAMES = []\nNUMBERED = {1: str}\nVALUES = {'shout': 1}\n"
        "async def later(text): ...\nLATER = {'shout': later}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as caught:
        open_dialect("jinja2", "here", tmp_path, filters=filters)
    assert str(caught.value).startswith(said)


def test_globals_that_nobody_waits_for_are_refused(tmp_path: Path) -> None:
    """A template would have `<coroutine object ...>` in it, which YAML takes."""
    (tmp_path / "own.py").write_text("async def later(): ...\nGLOBALS = {'now': later, 'site': 1}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"here\.globals: own\.py:GLOBALS: 'now' is async"):
        open_dialect("jinja2", "here", tmp_path, variables="own.py:GLOBALS")


def test_filters_are_for_jinja2_only(tmp_path: Path) -> None:
    """Filters that nothing would use are a mistake."""
    with pytest.raises(ConfigurationError, match=r"here\.filters: only the dialect jinja2 has filters"):
        open_dialect("string-template", "here", tmp_path, filters="own.py:FILTERS")
    with pytest.raises(ConfigurationError, match=r"here\.globals: only the dialect jinja2 has globals"):
        open_dialect("string-template", "here", tmp_path, variables="own.py:GLOBALS")


def test_a_failing_filter_is_told_with_the_templates_line(tmp_path: Path) -> None:
    """The place is the template's, the words are the filter's."""
    (tmp_path / "own.py").write_text(
        "def shout(text):\n    raise ValueError('too loud')\nFILTERS = {'shout': shout}\n", encoding="utf-8"
    )
    message = refusal(open_dialect("jinja2", "here", tmp_path, filters="own.py:FILTERS"), "a: 1\nb: {{ name | shout }}")
    assert message.startswith("ConfigMap/a[b.yaml], line 2: ValueError: too loud")

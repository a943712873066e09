"""Every dialect finds, fills and refuses in the same words, and what it leads to is written and shown alike."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from helm_nested.configuration import load_configuration
from helm_nested.contract import ArgumentSet, Contract
from helm_nested.dialect import STRING_TEMPLATE, Dialect, open_dialect
from helm_nested.dialect.protocol import MissingArgumentError
from helm_nested.encoder import json_encoder
from helm_nested.errors import ConfigurationError, DocumentError, FillError
from helm_nested.fill import FilledTemplate, fill
from helm_nested.review.page import page
from helm_nested.service_template import ServiceTemplate

from .conftest import HERE, Run
from .page_markup import Markup
from .test_refusals import patch

CONTRACT = Contract(
    {"properties": {name: {"x-position": "value"} for name in ("name", "owner", "items", "count", "text", "note")}},
    "the contract",
)
ARGUMENTS: dict[str, Any] = {
    "name": "a",
    "owner": {"first": "Ada"},
    "items": [1, 2],
    "count": 3,
    "text": 'it\'s "so": {{ name }} ${name} <b>',
}
WORKSPACE = "chart/app-templates/workspace.yaml"


@pytest.fixture
def jinja2_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the chart with jinja2 templates, as the working directory."""
    folder = tmp_path / "workspaces"
    shutil.copytree(HERE / "charts" / "jinja2", folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(folder)
    return folder


def filled(dialect: Dialect, text: str, arguments: Mapping[str, Any] = ARGUMENTS) -> FilledTemplate:
    """The text filled as if it stood in a ConfigMap."""
    template = ServiceTemplate("ConfigMap/a", "b.yaml", text, dialect)
    return fill(template, ArgumentSet("everyday", "", (), arguments), CONTRACT, json_encoder)


def jinja2() -> Dialect:
    """The dialect as most configurations ask for it."""
    return open_dialect("jinja2", "here", Path())


def function(tmp_path: Path, body: str, name: str = "fill") -> Dialect:
    """A dialect of the user's own, its module in a file."""
    (tmp_path / "own.py").write_text(body, encoding="utf-8")
    return open_dialect(f"own.py:{name}", "here", tmp_path)


def refusal(dialect: Dialect, text: str, arguments: Mapping[str, Any] = ARGUMENTS) -> str:
    """What is said of a text that cannot be filled."""
    with pytest.raises(FillError) as caught:
        filled(dialect, text, arguments)
    return str(caught.value)


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


def test_an_own_function_may_ask_whether_there_is_an_argument(tmp_path: Path) -> None:
    """`in`, `get` and catching KeyError work as with any dict."""
    own = function(
        tmp_path,
        "def fill(text, arguments):\n    try:\n        return arguments['note']\n    except KeyError:\n"
        "        return f\"a: {arguments.get('note', 1)}\\nb: {'note' in arguments}\"\n",
    )
    assert filled(own, "").documents == ({"a": 1, "b": False},)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("jinja", ("here.dialect: 'jinja' is no dialect", "Did you mean 'jinja2'?", "package.module:function")),
        ("own.py:fil", ("here.dialect", "own.py has no 'fil'", "Did you mean 'fill'?")),
        ("other.py:fill", ("here.dialect", "there is no file", "other.py")),
        ("no_such_package.module:fill", ("here.dialect", "no module 'no_such_package.module'")),
        ("json:nothing", ("here.dialect", "json has no 'nothing'")),
        ("own.py:VALUE", ("here.dialect", "own.py:VALUE is of type int, not a function")),
        ("own.py:lonely", ("here.dialect", "own.py:lonely does not take (text, arguments)")),
        ("broken.py:fill", ("here.dialect", "broken.py", "ZeroDivisionError: division by zero", "line 2")),
        ("unparsed.py:fill", ("here.dialect", "unparsed.py", "SyntaxError", "line 1")),
        ("needy.py:fill", ("here.dialect", "needy.py", "No module named 'no_such_thing'")),
        ("own.py:", ("here.dialect", "'own.py:' is no dialect")),
        (":fill", ("here.dialect", "':fill' is no dialect")),
        ("own.py:a.b", ("here.dialect", "'own.py:a.b' is no dialect")),
        ("..x:fill", ("here.dialect", "no module '..x'")),
    ],
)
def test_a_dialect_that_cannot_be_had_is_refused(tmp_path: Path, name: str, said: tuple[str, ...]) -> None:
    """The configuration's mistake is told with its place, before anything is rendered."""
    (tmp_path / "own.py").write_text(
        "VALUE = 1\ndef fill(text, arguments): ...\ndef lonely(text): ...\n", encoding="utf-8"
    )
    (tmp_path / "broken.py").write_text("\n1 / 0\n", encoding="utf-8")
    (tmp_path / "unparsed.py").write_text("def (\n", encoding="utf-8")
    (tmp_path / "needy.py").write_text("import no_such_thing\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        open_dialect(name, "here", tmp_path)
    for each in said:
        assert each in str(caught.value)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ("own.py:NAMES", "here.filters: own.py:NAMES is of type list, not a dict"),
        ("own.py:NUMBERED", "here.filters: own.py:NUMBERED: the name 1 is not a text"),
        ("own.py:VALUES", "here.filters: own.py:VALUES: 'shout' is of type int, not a function"),
        ("own.py:FILTER", "here.filters: own.py has no 'FILTER'. Did you mean 'FILTERS'?"),
        ("own.py", "here.filters: 'own.py' names nothing"),
    ],
)
def test_filters_that_are_none_are_refused(tmp_path: Path, filters: str, said: str) -> None:
    """Filters are a dict of functions by name, and the message says what was found instead."""
    (tmp_path / "own.py").write_text(
        "FILTERS = {}\nNAMES = []\nNUMBERED = {1: str}\nVALUES = {'shout': 1}\n", encoding="utf-8"
    )
    with pytest.raises(ConfigurationError) as caught:
        open_dialect("jinja2", "here", tmp_path, filters=filters)
    assert str(caught.value).startswith(said)


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


# ---- A whole chart


def test_a_jinja2_chart_renders(jinja2_chart: Path, run: Run) -> None:
    """Each template of each scenario is filled with each set, to one, several and no documents."""
    outcome = run("render", "--out", "out")
    assert outcome.status == 0, outcome.err
    workspace = (jinja2_chart / "out/defaults/filled/everyday/workspace.yaml").read_text(encoding="utf-8")
    assert '- {name: GREETING, value: "say \\"hello\\": now"}' in workspace
    assert "activeDeadlineSeconds: 28800" in workspace
    assert '"ada-1.desks.example.com"' in workspace
    assert 'paused: "false"' in workspace
    bare = (jinja2_chart / "out/defaults/filled/bare/workspace.yaml").read_text(encoding="utf-8")
    assert 'owner: "no"' in bare
    assert "team" not in bare
    volumes = (jinja2_chart / "out/defaults/filled/everyday/volumes.yaml").read_text(encoding="utf-8")
    assert volumes.count("kind: PersistentVolumeClaim") == 2
    assert not (jinja2_chart / "out/defaults/filled/bare/volumes.yaml").read_text(encoding="utf-8").strip()
    assert (jinja2_chart / "out/services/filled/bare/service.yaml").exists()
    assert not (jinja2_chart / "out/defaults/filled/bare/service.yaml").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (WORKSPACE, "{{ idle | hours }}", "{{ idel | hours }}",
         ("scenario 'defaults': ConfigMap/desks-app-templates[workspace.yaml], line 13", "nobody fills {{ idel }}",
          "Did you mean 'idle'?")),
        (WORKSPACE, "{{ idle | hours }}", "{{ idle | hour }}",
         ("[workspace.yaml], line 13: there is no filter 'hour'", "Did you mean 'hours'?")),
        (WORKSPACE, "{{ idle | hours }}", "{{ idle | hours }",
         ("[workspace.yaml], line 13", "Correct this line")),
        (WORKSPACE, "{{ idle | hours }}", "{{ ().__class__.__mro__ }}",
         ("[workspace.yaml], line 13: the sandbox refuses this",)),
        ("argument-sets/bare.yaml", "  idle: 1h\n", "",
         ("[workspace.yaml], line 13: the argument set 'bare' has no idle",)),
        ("argument-sets/bare.yaml", "idle: 1h", "idle: soon",
         ("[workspace.yaml], line 13: ValueError: invalid literal for int()",)),
        (WORKSPACE, "kind: Pod", "kind: [Pod", ("[workspace.yaml] filled with 'bare'", "line 3")),
        ("backend.py", "FILTERS =", "FILTER =",
         ("serviceTemplates[0].filters: backend.py has no 'FILTERS'. Did you mean 'FILTER'?",)),
        ("helm-nested.yaml", "dialect: jinja2", "dialect: jinja",
         ("serviceTemplates[0].dialect: 'jinja' is no dialect. Did you mean 'jinja2'?",)),
        ("helm-nested.yaml", "filters:", "filter:",
         ("serviceTemplates[0].filter: unknown key. Did you mean 'filters'?",)),
    ],
)  # fmt: skip
def test_a_defect_of_a_jinja2_chart_is_explained(
    jinja2_chart: Path, run: Run, file: str, old: str, new: str, said: tuple[str, ...]
) -> None:
    """One message with the template, its line, and the nearest right thing; nothing is written."""
    patch(jinja2_chart / file, old, new)
    outcome = run("render", "--out", "out")
    assert (outcome.status, outcome.err.count("helm-nested: ")) == (2, 1), outcome.err
    for each in said:
        assert each in outcome.err
    assert "Traceback" not in outcome.err
    assert not (jinja2_chart / "out").exists()


MATRIX = """\
blocks: {all: everything}
axes:
  services: {block: all, choices: {"off": {}, "on": {services: true}}}
  image: {block: all, choices: {one: {}, two: {image: "registry.example.com/desk:2"}}}
  release-name: {block: all, of: release, choices: {usual: {}, other: {name: other}}}
"""


def check(folder: Path, run: Run) -> tuple[int, str]:
    """The exit status and the findings of checking the chart with a matrix."""
    (folder / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
    with (folder / "helm-nested.yaml").open("a", encoding="utf-8") as file:
        file.write('matrix: matrix.yaml\nchecks:\n  kubernetes: ["1.33"]\n')
    outcome = run("check")
    assert outcome.status != 2, outcome.err
    return outcome.status, outcome.out


def test_a_jinja2_chart_is_checked(jinja2_chart: Path, run: Run) -> None:
    """Every combination is filled and checked; braces and dollar signs are what they are in jinja2."""
    patch(jinja2_chart / WORKSPACE, "    owner:", "    price: $5\n    owner:")
    status, out = check(jinja2_chart, run)
    assert (status, "misspelt-placeholder" in out, "stray-dollar" in out) == (1, False, False), out
    assert "$5" in out  # a label cannot be that, and the documents are looked at


def test_a_misspelt_name_of_a_jinja2_chart_is_found(jinja2_chart: Path, run: Run) -> None:
    """What nobody fills is a finding with its line, whatever the dialect."""
    patch(jinja2_chart / WORKSPACE, "{{ idle | hours }}", "{{ idel | hours }}")
    status, out = check(jinja2_chart, run)
    assert (status, "line 13" in out, "{{ idel }} is not in the contract. Did you mean 'idle'?" in out) == (
        1,
        True,
        True,
    )


def test_a_broken_template_of_a_jinja2_chart_is_found(jinja2_chart: Path, run: Run) -> None:
    """A text that is no template is a finding, not the end of the run."""
    patch(jinja2_chart / WORKSPACE, "{{ idle | hours }}", "{{ idle | }}")
    status, out = check(jinja2_chart, run)
    assert (status, "Jinja2 does not understand this" in out) == (1, True), out


# ---- The record and the page


def test_filled_texts_are_recorded_where_nothing_can_be_spliced(jinja2_chart: Path, run: Run) -> None:
    """The record has each filled text once, by argument set, and the contract's words on every name."""
    assert run("render", "--out", "out").status == 0
    review = json.loads((jinja2_chart / "out/render.json").read_text(encoding="utf-8"))
    by_key = {each["key"]: each for each in review["scenarios"][0]["serviceTemplates"]}
    assert set(by_key["workspace.yaml"]["filled"]) == {"bare", "everyday"}
    text = review["texts"][by_key["workspace.yaml"]["filled"]["bare"]]
    assert "activeDeadlineSeconds: 3600" in text
    assert "".join(review["templates"][by_key["workspace.yaml"]["template"]]).count("{{ idle | hours }}") == 1
    assert set(review["placeholders"]) == {"environment", "id", "idle", "owner", "paused", "volumes"}
    data = Markup(page(review, None)).data
    (number,) = [
        each["content"] for each in data["now"]["scenarios"][0]["documents"] if each["title"] == "workspace.yaml"
    ]
    assert data["texts"][data["templates"][number]["filled"]["bare"]] == text


def test_the_page_says_what_another_filling_changes(jinja2_chart: Path, run: Run) -> None:
    """A filter that works differently is a change of the template, although its text is the same."""
    assert run("render", "--out", "before").status == 0
    patch(jinja2_chart / "backend.py", "* 3600", "* 60")
    assert run("render", "--out", "out", "--against", "before").status == 0
    markup = Markup((jinja2_chart / "out/index.html").read_text(encoding="utf-8"))
    assert markup.changes == [("template", "workspace.yaml", "changed", ["defaults", "services"])]
    assert "Of 10 filled documents 4 differ." in " ".join(markup.texts["main"][0].split())


def test_the_page_is_the_same_when_nothing_changed(jinja2_chart: Path, run: Run) -> None:
    """Filled texts that are the same are no change."""
    assert run("render", "--out", "before").status == 0
    assert run("render", "--out", "out", "--against", "before").status == 0
    assert Markup((jinja2_chart / "out/index.html").read_text(encoding="utf-8")).changes == []


def test_the_configuration_keeps_string_template_as_the_default(small: Path) -> None:
    """An entry that names no dialect is filled as before."""
    (selector,) = load_configuration(small / "helm-nested.yaml").selectors
    assert selector.dialect is STRING_TEMPLATE

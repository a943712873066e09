"""A template's source is cut into actions and blocks where Go's own parser cuts it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from helm_nested.chart import load_chart
from helm_nested.engine import Release, open_in_process
from helm_nested.errors import ChartError, RenderError
from helm_nested.go_template import Action, actions, blocks

CHARTS = Path(__file__).resolve().parents[2] / "charts"


def _only(text: str) -> Action:
    (action,) = actions(text)
    return action


@pytest.mark.parametrize(
    ("text", "keyword", "expression"),
    [
        ("{{ .Values.name }}", "", ".Values.name"),
        ("{{.x}}", "", ".x"),
        ("{{- .x -}}", "", ".x"),
        ("{{ 3 -}}", "", "3"),
        ("{{-3 }}", "", "-3"),
        ("{{if .x}}", "if", ".x"),
        ("{{if(eq 1 1)}}", "if", "(eq 1 1)"),
        ("{{with.x}}", "with", ".x"),
        ("{{- range $key, $value := .x }}", "range", "$key, $value := .x"),
        ("{{ else }}", "else", ""),
        ("{{- else -}}", "else", ""),
        ("{{ else   if .x }}", "else if", ".x"),
        ("{{ else with .x }}", "else with", ".x"),
        ("{{ else\nif .x }}", "else if", ".x"),
        ("{{ end }}", "end", ""),
        ('{{ define "a.b" }}', "define", '"a.b"'),
        ('{{ block "a.b" . }}', "block", '"a.b" .'),
        ('{{ template "a.b" . }}', "template", '"a.b" .'),
        ("{{ break }}", "break", ""),
        ("{{ continue }}", "continue", ""),
        ("{{ ifNot .x }}", "", "ifNot .x"),
        ("{{ end_ }}", "", "end_"),
        ("{{ $if := 1 }}", "", "$if := 1"),
        ("{{ elseif .x }}", "", "elseif .x"),
        ("{{/* a }} b */}}", "comment", "a }} b"),
        ("{{- /*\nof two\nlines {{ if }}\n*/ -}}", "comment", "of two\nlines {{ if }}"),
    ],
)
def test_an_action_is_its_keyword_and_its_expression(text: str, keyword: str, expression: str) -> None:
    """Keywords are whole words at the beginning; trim markers belong to neither part."""
    assert _only(text) == Action(0, len(text), 1, keyword, expression)


@pytest.mark.parametrize(
    "text",
    [
        '{{ "}}" }}',
        r'{{ "a\"}}" }}',
        r'{{ "a\\" }}',
        "{{ `}}` }}",
        "{{ `a\n}}\\` }}",
        "{{ '}' }}",
        r"{{ '\'' }}",
        '{{ "{{ if }}" }}',
        "{{ '\"' }}",
        '{{ "`" }}',
    ],
)
def test_braces_and_quotes_inside_a_text_do_not_end_an_action(text: str) -> None:
    """Quoted texts with escapes, raw texts and characters are passed over whole."""
    assert _only(text) == Action(0, len(text), 1, "", text[2:-2].strip())


def test_offsets_and_lines_are_those_of_the_text() -> None:
    """Text between two actions belongs to neither, and lines are counted through multi-line actions."""
    text = 'a\n{{- if\n.x }}\nb\n{{ "}}" }}c}}\n{{ end -}}\n'
    found = actions(text)
    assert [text[action.start : action.end] for action in found] == ["{{- if\n.x }}", '{{ "}}" }}', "{{ end -}}"]
    assert [action.line for action in found] == [2, 5, 6]


def test_a_block_has_its_own_alternatives_and_the_define_around_it() -> None:
    """An inner block's else is not the outer's; a define's name is known inside it, and not behind it."""
    text = (
        '{{ define "one" }}{{ if .a }}{{ with .b }}b{{ else }}no b{{ end }}{{ else if .c }}c{{ else }}d{{ end }}'
        "{{ end }}"
        "{{ range .e }}e{{ end }}"
        '{{ block "two" . }}{{ if .f }}f{{ end }}{{ end }}'
    )
    found = blocks(text)
    assert [
        (block.opening.keyword, [one.keyword for one in block.alternatives], block.end.keyword, block.define)
        for block in found
    ] == [
        ("define", [], "end", None),
        ("if", ["else if", "else"], "end", "one"),
        ("with", ["else"], "end", "one"),
        ("range", [], "end", None),
        ("block", [], "end", None),
        ("if", [], "end", "two"),
    ]
    assert found[2].end.start < found[1].alternatives[0].start


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n{{ if .x }}b", "_a.tpl, line 2: {{ if }} has no {{ end }}. Add one."),
        ("{{ end }}", "_a.tpl, line 1: {{ end }} ends nothing."),
        ("{{ else }}", "_a.tpl, line 1: {{ else }} stands outside any block."),
        ("{{ range .x }}{{ else if .y }}{{ end }}", "_a.tpl, line 1: {{ else if }} does not fit the {{ range }}"),
        ("{{ with .x }}{{ else if .y }}{{ end }}", "_a.tpl, line 1: {{ else if }} does not fit the {{ with }}"),
        ("{{ if .x }}{{ else with .y }}{{ end }}", "_a.tpl, line 1: {{ else with }} does not fit the {{ if }}"),
        ('{{ define "x" }}{{ else }}{{ end }}', "_a.tpl, line 1: {{ else }} does not fit the {{ define }}"),
        (
            "{{ if .x }}\n{{ else }}\n{{ else }}{{ end }}",
            "_a.tpl, line 3: {{ else }} follows the {{ else }} of line 2.",
        ),
        ('{{ if .x }}\n{{ define "x" }}{{ end }}{{ end }}', "_a.tpl, line 2: {{ define }} stands inside the {{ if }}"),
        ("{{ if .x }}{{ /* no comment */ }}{{ end", "_a.tpl, line 1: an action has no end."),
        ('a\n\n{{ "x\n" }}', '_a.tpl, line 3: a text in " quotes has no end.'),
        ("{{ `x }}", "_a.tpl, line 1: a text in ` quotes has no end."),
        ("{{/* x", "_a.tpl, line 1: a comment has no end."),
        ("{{/* x */ }} {{/* y */}}", "_a.tpl, line 1: a comment has no end."),
    ],
)
def test_what_go_would_not_parse_is_refused_with_its_line(text: str, message: str) -> None:
    """No structure is made up for an unbalanced template; the message says where and what to do."""
    with pytest.raises(ChartError) as refused:
        blocks(text, "_a.tpl")
    assert str(refused.value).startswith(message)
    assert str(refused.value).endswith(".")


def test_the_charts_own_templates_are_read_whole() -> None:
    """Every template of the repository's charts parses, and every opening action is a block's."""
    sources = [path for path in CHARTS.glob("*/templates/**/*") if path.is_file()]
    assert sources
    for path in sources:
        text = path.read_text(encoding="utf-8")
        opened = [one for one in actions(text) if one.keyword in ("if", "with", "range", "define", "block")]
        assert [block.opening for block in blocks(text, path.name)] == opened


# Every expression among them is right, so what Helm's parser may refuse is the structure alone.
PIECES = [
    "{{ if .a }}",
    '{{- if "}}" -}}',
    "{{ with .a }}",
    "{{- range $key, $value := .a -}}",
    '{{ block "NUMBER" . }}',
    '{{ define "NUMBER" }}',
    "{{ else }}",
    "{{- else -}}",
    "{{else if .b}}",
    "{{ else with .b }}",
    "{{ end }}",
    "{{end}}",
    "{{- end -}}",
    "{{/* }} {{ end }} */}}",
    "{{- /*\n' */ -}}",
    "{{ `}}\n{{ if }}` }}",
    "{{ '}' }}",
    "{{ '\\'' }}",
    r'{{ "\"}}" }}',
    "text }} ",
    "{{ `",
    "{{/*",
]


def _parses(text: str) -> bool:
    try:
        blocks(text)
    except ChartError:
        return False
    return True


def test_structure_is_what_helms_own_parser_takes(tmp_path: Path) -> None:
    """Of 1,500 texts of arbitrary pieces, made nearly balanced, those are refused that Helm's parser refuses."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.tpl").write_text("", encoding="utf-8")
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: a\nversion: 0.1.0\n", encoding="utf-8")
    engine = open_in_process(load_chart(tmp_path))
    choose = random.Random(20)  # noqa: S311 - always the same texts
    verdicts = {True: 0, False: 0}
    for _ in range(1500):
        pieces = choose.choices(PIECES[:-2], k=choose.randint(1, 8)) + choose.choices(PIECES, k=choose.randint(0, 1))
        missing = sum(any(word in piece[:6] for word in ("if", "wi", "ra", "bl", "de")) for piece in pieces)
        missing -= sum("end" in piece[:6] for piece in pieces)
        pieces += ["{{ end }}"] * missing
        text = "".join(piece.replace("NUMBER", str(number)) for number, piece in enumerate(pieces))
        try:
            engine.with_templates({"templates/a.tpl": text}).render_bare("{}", Release())
            taken = True
        except RenderError as error:
            taken = "parse error" not in str(error)
        assert _parses(text) == taken, text
        verdicts[taken] += 1
    assert min(verdicts.values()) > 150

"""Which mutants a template has: lines, branches, scalars."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from helm_nested.errors import ChartError
from helm_nested.mutation.lines import line_mutants
from helm_nested.mutation.mutants import mutants_of
from helm_nested.mutation.scalars import scalar_mutants


def lines(text: str) -> list[tuple[int, str, str]]:
    """Line, change and changed text of every line mutant."""
    return [(each.line, each.change, each.text) for each in line_mutants("a.yaml", text, Counter())]


def scalars(text: str, template: str = "a.yaml") -> list[str]:
    """The change of every scalar mutant."""
    return [each.change for each in scalar_mutants(template, text)]


def test_a_line_is_deleted() -> None:
    """A line that belongs to no block goes alone, and nothing else with it."""
    assert lines("a: 1\nb: {{ .Values.b }}\n") == [
        (1, "line deleted", "b: {{ .Values.b }}\n"),
        (2, "line deleted", "a: 1\n"),
    ]


def test_what_has_no_mutant_is_counted() -> None:
    """Blank lines, comments of both kinds and lines of structure are left out, and said so."""
    left_out: Counter[str] = Counter()
    text = '{{- /* two\nlines */ -}}\n# a comment\n\n{{- define "a" -}}\n{{- end }}\n'
    assert list(line_mutants("a.yaml", text, left_out)) == []
    assert left_out == {"comment": 3, "blank": 1, "structure": 2}


def test_conditions_are_forced_both_ways() -> None:
    """`if` and `else if` become true and false, `else` is emptied, and what a condition declares stays declared."""
    text = "{{- if $x := .a }}\na\n{{- else if .b }}\nb\n{{- else }}\nc\n{{- end }}\n"
    found = {(line, change): changed for line, change, changed in lines(text)}
    assert found[(1, "condition true")].startswith("{{- if $x := true }}\na\n")
    assert found[(1, "condition false")].startswith("{{- if $x := false }}\na\n")
    assert "{{- else if true }}" in found[(3, "condition true")]
    assert "{{- else if false }}" in found[(3, "condition false")]
    assert found[(5, "else emptied")].endswith("b\n{{- else }}{{- end }}\n")
    # a, b and c may go alone as well; the lines that hold the block together may not.
    assert {line for line, change in found if change == "line deleted"} == {2, 4, 6}


def test_with_and_range_are_never_entered() -> None:
    """The body of `with` and `range` is left out, and the variables that `range` declares are still there."""
    text = "{{- with .a }}\n{{ . }}\n{{- end }}\n{{- range $key, $value := .b }}\n{{ $key }}\n{{- end }}\n"
    found = [changed for _, change, changed in lines(text) if change == "never entered"]
    assert found == [text.replace("with .a", "with false"), text.replace(":= .b", ":= list")]


def test_a_block_on_one_line_goes_with_the_line() -> None:
    """A line that holds a whole block is deleted like any other, and its condition is forced too."""
    text = "a{{ if .b }} b{{ end }}\nc\n"
    assert [(line, change) for line, change, _ in lines(text)] == [
        (1, "line deleted"),
        (2, "line deleted"),
        (1, "condition true"),
        (1, "condition false"),
    ]


def test_an_action_over_several_lines_goes_whole_or_by_lines() -> None:
    """The first line takes the whole action along; lines inside it are deleted alone where it still has an end."""
    text = 'a: {{ include "a" (dict\n  "b" 1\n  "c" 2) }}\nd\n'
    assert [(line, change) for line, change, _ in lines(text)] == [
        (1, "action deleted"),
        (2, "line deleted"),
        (4, "line deleted"),
    ]
    assert lines(text)[0][2] == "d\n"


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("a: text", ["text -> textx"]),
        ('a: "quoted"', ['"quoted" -> "quotedx"']),
        ("a: 'single'", ["'single' -> 'singlex'"]),
        ('a: ""', ['"" -> "x"']),
        ("a: 41", ["41 -> 42"]),
        ("a: 1.5", ["1.5 -> 2.5"]),
        ("a: true", ["true -> false"]),
        ("a: null", ['null -> "x"']),
        ("a: ${NAME}", ["${NAME} -> ${NAME}x"]),
        ('a: "${NAME}"  # why', ['"${NAME}" -> "${NAME}x"']),
        ("- name: main", ["main -> mainx"]),
        ("- item", ["item -> itemx"]),
        ("example.com/a-b: c", ["c -> cx"]),
        ('"a: b": c', ["c -> cx"]),
        ("a: {b: 10m, c: [d, 1]}", ["10m -> 10mx", "d -> dx", "1 -> 2"]),
        ("a: {{ .b }}", []),
        ('a: "{{ .b }}"', []),
        ("a: {{ .b }}-c", ["{{ .b }}-c -> {{ .b }}-cx"]),
        ("a:", []),
        ("a: |-", []),
        ("a: {}", []),
        ("some prose, no value", []),
        ("# a: comment", []),
        ("word", ["word -> wordx"]),
    ],
)
def test_yaml_values_are_changed(text: str, changes: list[str]) -> None:
    """Each value in the text of a template is changed once, keys and what only holds others are not."""
    assert scalars(text) == changes


@pytest.mark.parametrize(
    ("action", "changes"),
    [
        ('{{ include "name" . | nindent 4 }}', ["4 -> 5"]),
        ('{{ template "name" "b" }}', ['"b" -> "bx"']),
        ('{{ printf "%s-b" .c }}', ['"%s-b" -> "%s-bx"']),
        ('{{ dict "a" true }}', ['"a" -> "ax"', "true -> false"]),
        ("{{ regexMatch `a+` .b }}", ["`a+` -> `a+x`"]),
        ('{{ eq "a" "a" }}', ['"a" -> "ax"', '"a" -> "ax" (number 2 on the line)']),
        ("{{ int64 .a1 | sha256sum | trunc 16 }}", ["16 -> 17"]),
        ('{{ if eq .a "b" }}{{ end }}', ['"b" -> "bx"']),
        ('{{ define "a" }}{{ end }}', []),
        ('{{/* "a" 1 */}}', []),
    ],
)
def test_literals_in_actions_are_changed(action: str, changes: list[str]) -> None:
    """Texts, numbers and booleans in actions are changed; names of templates, fields and functions are not."""
    assert scalars(action) == changes


def test_notes_are_prose() -> None:
    """The text of NOTES.txt holds no values; its actions do."""
    assert scalars('name: {{ default "a" .b }}', "templates/NOTES.txt") == ['"a" -> "ax"']


def test_every_changed_text_is_there_once(tmp_path: Path) -> None:
    """Two changes that come to the same are one mutant, and excluded templates are named with their reason."""
    (tmp_path / "templates" / "sub").mkdir(parents=True)
    (tmp_path / "templates" / "a.yaml").write_text("a\na\n", encoding="utf-8")
    (tmp_path / "templates" / "sub" / "b.yaml").write_text("b: 1\n", encoding="utf-8")
    found = mutants_of(tmp_path, {"templates/sub/*": "generated"})
    assert [(each.line, each.change) for each in found.mutants] == [
        (1, "line deleted"),
        (1, "a -> ax"),
        (2, "a -> ax"),
    ]
    assert found.excluded == {"templates/sub/b.yaml": "generated"}


def test_a_chart_without_templates_is_refused(tmp_path: Path) -> None:
    """An archive, or a folder without templates, is an error that says so."""
    with pytest.raises(ChartError, match="no templates to change"):
        mutants_of(tmp_path, {})


def test_subcharts_are_named_as_not_changed(tmp_path: Path) -> None:
    """Folders and archives; a score that says nothing of them would be read as one of the whole chart."""
    for file in ("templates/a.yaml", "charts/one/Chart.yaml", "charts/one/templates/b.yaml", "charts/two-1.0.0.tgz"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("a: 1\n", encoding="utf-8")
    (tmp_path / "charts" / "README.md").write_text("notes", encoding="utf-8")
    assert sorted(mutants_of(tmp_path, {}).excluded) == ["charts/one", "charts/two-1.0.0.tgz"]

"""`helm-nested coverage`: a branch counts as reached if and only if Helm gets to it, and every other one is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from helm_nested.chart import load_chart
from helm_nested.coverage.branch import branches, marked
from helm_nested.engine import Release, open_in_process
from helm_nested.errors import ConfigurationError, RenderError
from helm_nested.report import coverage_json

from .conftest import Run
from .covered_chart import CONFIGURATION, Project, remarks


@pytest.fixture
def project(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, without a template."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, run)


def test_all_reached_is_exit_status_0(project: Project) -> None:
    """A template with both ways of an if and of a range reached has nothing listed, and its figures add up."""
    outcome = project.coverage("{{ if .Values.size }}a: 1{{ else }}b: 1{{ end }}\n{{ range .Values.names }}{{ end }}\n")
    assert outcome.status == 0
    assert remarks(outcome) == []
    assert re.search(r"^templates/a.yaml +4 +4$", outcome.out, re.MULTILINE)
    assert "\n4 branches: 4 reached, 0 with a reason, 0 open. " in outcome.out


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, ""), (1, ". Left out: 1 template of subcharts"), (2, ". Left out: 2 templates of subcharts")],
)
def test_templates_of_subcharts_are_said_to_be_left_out(project: Project, number: int, said: str) -> None:
    """Of a chart that has all its branches in them the figures alone would say that nothing is open."""
    project.write("chart/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n")
    for each in range(number):
        project.write(f"chart/charts/sub/templates/{each}.yaml", "{{ if .Values.never }}a: 1{{ end }}")
    outcome = project.coverage("{{ if .Values.size }}a: 1{{ end }}")
    assert outcome.status == 0
    assert outcome.out.rstrip().endswith(f"in-process (Helm v4.2.3){said}")


@pytest.mark.parametrize(
    ("template", "still_open"),
    [
        ("{{ if .Values.never }}\na: 1\n{{ end }}\n", "line 1, taken: {{ if .Values.never }}"),
        ("{{ if not .Values.never }}a: 1{{ else }}b: 1{{ end }}", "line 1, taken: {{ if not"),
        ("{{ if not .Values.never }}a: 1\n{{ else }}\n{{ end }}", "line 2, taken: {{ else }}"),
        ("x: 1\n{{- if not .Values.never }}a: 1{{ end }}", "line 2, not taken: {{- if not"),
        (
            "{{ if .Values.size }}a: 1\n{{ else if .Values.never }}b: 1\n{{ end }}",
            "line 2, taken: {{ else if",
        ),
        (
            "{{ if .Values.size }}a: 1\n{{ else if not .Values.size }}b: 1\n{{ end }}",
            "line 1, not taken: {{ if .Values.size }}",
        ),
        ("{{ with .Values.owner }}\na: 1\n{{ end }}", "line 1, not empty: {{ with"),
        ("{{ with .Values.size | default 1 }}a: 1{{ end }}", "line 1, empty: {{ with"),
        ("{{ with .Values.size | default 1 }}a: 1\n{{ else }}b: 1{{ end }}", "line 2, empty: {{ else }}"),
        ("{{ with .Values.size }}a: 1\n{{ else with .Values.owner }}b: 1{{ end }}", "line 2, not empty: {{ else with"),
        ("{{ range .Values.owner }}a: 1{{ end }}", "line 1, some elements: {{ range"),
        ("{{ range .Values.names | default (list 1) }}{{ end }}", "line 1, no elements: {{ range"),
        ("{{ range .Values.names | default (list 1) }}\n{{ else }}{{ end }}", "line 2, no elements: {{ else }}"),
        ("{{ range $one := list 1 | compact }}{{ end }}", "line 1, no elements: {{ range"),
    ],
)
def test_each_way_that_nothing_reaches_is_listed(project: Project, template: str, still_open: str) -> None:
    """Exactly the one way that no input goes is open, with its line and its source."""
    outcome = project.coverage(template)
    assert outcome.status == 1
    (remark,) = remarks(outcome)
    assert remark.startswith(f"open, {still_open}")
    assert " 1 open. " in outcome.out


@pytest.mark.parametrize(
    "expression",
    ["list 1 2", "$one := list 1", '$key, $value := dict "a|b" (list 1 | first)', "dict\n  `a` 1\n"],
)
def test_a_range_over_what_is_written_out_has_elements(project: Project, expression: str) -> None:
    """That it has none is no branch, as no values could reach it."""
    outcome = project.coverage(f"{{{{ range {expression} }}}}x: 1{{{{ end }}}}\n")
    assert outcome.status == 0
    assert "\n1 branches: 1 reached" in outcome.out


def test_a_branch_inside_a_branch_counts_by_itself(project: Project) -> None:
    """Of an if inside a range, only the way that no element goes is open."""
    outcome = project.coverage(
        '{{ range .Values.names }}\n{{ if eq . "a" }}x: 1{{ else if eq . "c" }}y: 1{{ end }}\n{{ end }}'
    )
    assert remarks(outcome) == ['open, line 2, taken: {{ if eq . "a" }}x: 1{{ else if eq . "c" }}y: 1{{ end }}']


def test_defines_and_notes_count_and_subcharts_do_not(project: Project) -> None:
    """A branch of a define is reached through its include; NOTES.txt has branches; a subchart's are its own."""
    project.write("chart/templates/_one.tpl", '{{ define "one" }}{{ if .size }}a{{ end }}{{ end }}')
    project.write("chart/templates/NOTES.txt", "{{ if .Values.never }}Hello{{ end }}")
    project.write("chart/charts/inner/Chart.yaml", "apiVersion: v2\nname: inner\nversion: 0.1.0\n")
    project.write("chart/charts/inner/templates/b.yaml", "{{ if .Values.never }}a: 1{{ end }}")
    outcome = project.coverage('a: {{ include "one" .Values | quote }}\n')
    assert remarks(outcome) == ["open, line 1, taken: {{ if .Values.never }}Hello{{ end }}"]
    assert "\n4 branches: 3 reached, 0 with a reason, 1 open. " in outcome.out


def test_what_the_chart_refuses_is_reached_by_an_input_that_must_be_refused(project: Project) -> None:
    """The branch of a `fail` is open without such an input, reached with it, and not by one that the schema refuses."""
    template = '{{ if eq (toString .Values.size) "huge" }}{{ fail "too large" }}{{ end }}'
    refused = "refused: [{{name: huge, values: {{size: huge}}, by: {}, message: large}}]\n"
    assert project.coverage(template).status == 1
    project.write("refused.yaml", refused.format("chart"))
    assert project.coverage(template).status == 0
    project.write("refused.yaml", refused.format("schema"))
    assert project.coverage(template).status == 1
    project.write("refused.yaml", refused.format("chart"))
    project.write("chart/values.schema.json", '{"properties": {"size": {"enum": ["", "large"]}}}')
    assert project.coverage(template).status == 1


def test_a_scenario_reaches_branches(project: Project) -> None:
    """What only a scenario sets is reached by it."""
    template = "{{ if .Values.never }}a: 1{{ end }}"
    assert project.coverage(template).status == 1
    project.write("scenario.yaml", "never: true\n")
    assert project.coverage(template).status == 0


def test_more_strength_reaches_more(project: Project) -> None:
    """What takes four choices that no two and no three of the others bring along is reached by all combinations."""
    axes = "\n".join(f"  x{n}: {{block: all, choices: {{without: {{}}, with: {{x{n}: true}}}}}}" for n in range(6))
    project.write("matrix.yaml", f"blocks: {{all: everything}}\naxes:\n{axes}\n")
    # One branch for each of the 2^6 combinations; 2 and 3 render fewer.
    conditions = "".join(
        "{{ if and "
        + " ".join(f".Values.x{n}" if number >> n & 1 else f"(not .Values.x{n})" for n in range(6))
        + " }}{{ end }}\n"
        for number in range(64)
    )
    reached = [
        int(re.findall(r": (\d+) reached", project.coverage(conditions, "--strength", strength).out)[-1])
        for strength in ("2", "3", "all")
    ]
    # The way in which a condition does not hold is reached for each of the 64.
    assert 64 < reached[0] < reached[1] < reached[2] == 128


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("a: 1\n{{ if .Values.size }}", "templates/a.yaml, line 2: {{ if }} has no {{ end }}"),
        ("{{/* not reached: */}}\n{{ if .Values.size }}{{ end }}", "templates/a.yaml, line 1: the comment says"),
        ("{{ if .Values.size }}{{ required `no` .Values.nothing }}{{ end }}", "size=large could not be rendered: "),
        ("{{ noSuchFunction }}", "the combination of all first choices could not be rendered: "),
    ],
)
def test_what_cannot_be_checked_is_exit_status_2(project: Project, template: str, said: str) -> None:
    """A template that is none, or a combination that fails, says nothing about coverage."""
    outcome = project.coverage(template)
    assert outcome.status == 2
    assert said in outcome.err
    assert outcome.out == ""


def test_a_combination_that_the_schema_refuses_is_exit_status_2(project: Project) -> None:
    """It would count as reaching what Helm never renders."""
    project.write("chart/values.schema.json", '{"properties": {"size": {"enum": [""]}}}')
    outcome = project.coverage("{{ if .Values.size }}a: 1{{ end }}")
    assert outcome.status == 2
    assert "the combination size=large could not be rendered" in outcome.err


def test_coverage_without_a_matrix_is_that_of_the_scenarios(project: Project) -> None:
    """Without a matrix the scenarios are what is rendered."""
    project.write("helm-nested.yaml", CONFIGURATION.replace("matrix: matrix.yaml\n", ""))
    assert project.coverage("a: 1").status == 0


def test_json_says_what_reached_a_branch(project: Project) -> None:
    """The file holds each branch with the first input that reached it, and is read back as it was written."""
    project.coverage("{{ if .Values.size }}a: 1{{ end }}\n{{ if .Values.never }}{{ end }}", "--json", "out/a.json")
    record = coverage_json.read(project.folder / "out" / "a.json")
    assert [
        (each["line"], each["way"], each["reachedBy"], each["reason"]) for each in record["templates"][0]["branches"]
    ] == [
        (1, "taken", "the combination size=large", None),
        (1, "not taken", "the combination of all first choices", None),
        (2, "taken", None, None),
        (2, "not taken", "the combination of all first choices", None),
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}', '{"format": 1, "templates": [{}]}'])
def test_a_file_that_is_no_coverage_is_refused(tmp_path: Path, text: str) -> None:
    """Its message says how to write one."""
    file = tmp_path / "coverage.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"is not what coverage --json writes: .*helm-nested coverage --json"):
        coverage_json.read(file)


SHAPES = """\
{{- define "name" -}}
{{- if .size }}
{{- .size }}
{{- else if .names }}
 {{- first .names }}
{{- end }}
{{- end -}}
a: {{ include "name" .Values | quote }}
{{ if .Values.size -}}

  b: 1
{{ end -}}
c:
{{- range .Values.names }}
  - {{ . }}
{{- end }}
d: "{{ with .Values.names }} x {{- end }}"
e: "{{ with .Values.size }} x {{ else }} y {{ end }}"
f: "{{ if .Values.size }}{{ end }} {{ range .Values.names }}{{ end }}"
"""


@pytest.mark.parametrize("values", [{}, {"size": "large"}, {"names": ["a", "b"]}, {"size": "large", "names": ["a"]}])
def test_marks_change_nothing_but_where_a_render_ends(project: Project, values: dict[str, object]) -> None:
    """With a mark on every branch that these values do not reach, the chart renders as without, white space and all."""
    project.write("chart/templates/a.yaml", SHAPES)
    engine = open_in_process(load_chart(project.folder / "chart"))
    plain = engine.render_texts(values, Release())
    found = branches("templates/a.yaml", SHAPES)
    unreached = {}
    for branch in found:
        try:
            engine.with_templates({branch.template: marked(SHAPES, {branch: "here"})}).render_texts(values, Release())
            unreached[branch] = "here"
        except RenderError:
            continue
    assert 0 < len(unreached) < len(found)
    everything = engine.with_templates({"templates/a.yaml": marked(SHAPES, unreached)})
    assert everything.render_texts(values, Release()) == plain


def test_the_engine_with_other_templates_leaves_the_first_as_it_was(project: Project) -> None:
    """Two engines of one chart render side by side, and the schema holds for both."""
    project.write("chart/templates/a.yaml", "a: 1\n")
    project.write("chart/values.schema.json", json.dumps({"properties": {"size": {"enum": ["", "large"]}}}))
    engine = open_in_process(load_chart(project.folder / "chart"))
    other = engine.with_templates({"templates/a.yaml": "a: 2\n"})
    assert engine.templates() == {"templates/a.yaml": "a: 1\n"}
    assert other.templates() == {"templates/a.yaml": "a: 2\n"}
    assert engine.render_texts({}, Release()) == {"previews/templates/a.yaml": "a: 1\n"}
    assert other.render_texts({}, Release()) == {"previews/templates/a.yaml": "a: 2\n"}
    with pytest.raises(Exception, match="size"):
        other.render_texts({"size": "huge"}, Release())


def test_render_shows_the_coverage_that_was_written(small: Path, run: Run) -> None:
    """`render --coverage` adds a view to the page; a file that is none is exit status 2, and no page is written."""
    record = {"format": 1, "engine": "e", "inputs": 1, "renders": 1, "seconds": 0.1, "templates": []}
    (small / "coverage.json").write_text(json.dumps(record), encoding="utf-8")
    assert run("render", "--coverage", "coverage.json").status == 0
    assert 'id="coverage"' in (small / "build" / "render" / "index.html").read_text(encoding="utf-8")
    assert run("render", "--coverage", "helm-nested.yaml", "--out", "other").status == 2
    outcome = run("render", "--coverage", "missing.json", "--out", "other")
    assert outcome.status == 2
    assert (
        "missing.json cannot be read: No such file or directory. Write it: helm-nested coverage --json" in outcome.err
    )
    assert not (small / "other").exists()

"""A chart whose templates Jinja2 fills is rendered, checked and shown like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helm_nested.review.page import page

from .conftest import Run
from .dialect_text import jinja2_chart
from .page_markup import Markup
from .test_refusals import patch

__all__ = ["jinja2_chart"]

WORKSPACE = "chart/app-templates/workspace.yaml"


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
         ("serviceTemplates[0].dialect: 'jinja' is not a known dialect. Did you mean 'jinja2'?",)),
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

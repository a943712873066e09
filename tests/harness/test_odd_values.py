"""What YAML and JSON can hold and nobody means: a date, infinity, thousands of levels, references in a circle."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from helm_nested.cli import main
from helm_nested.errors import ChartError, ConfigurationError, ValuesError
from helm_nested.matrix.axes import load_matrix
from helm_nested.matrix.combinations import Strength, combinations
from helm_nested.values_schema import ValuesSchema

from .checked_project import MATRIX, Project, project

__all__ = ["project"]

ENUM = {"properties": {"colour": {"enum": ["red", "blue"]}}, "additionalProperties": False}

OF_CHART = ("Chart.yaml", "values.yaml", "values.schema.json", "ci/default-values.yaml")
NAMES = [
    *("helm-nested.yaml", "matrix.yaml", "contract.json", "refused.yaml", "sets/one.yaml"),
    *(f"chart/{name}" for name in OF_CHART),
]


def schema(reference: str) -> ValuesSchema:
    """A schema in which `paint` is what is referred to."""
    whole: dict[str, Any] = {
        "properties": {"paint": {"$ref": reference}},
        "definitions": {
            "a/b": ENUM,
            "circle": {"allOf": [{"$ref": "#/definitions/round"}]},
            "round": {"$ref": "#/definitions/circle"},
            "anything": True,
        },
        "x-list": [ENUM],
    }
    return ValuesSchema(json.dumps(whole).encode())


@pytest.mark.parametrize("reference", ["#/x-list/0", "#/definitions/a~1b"])
def test_a_reference_is_followed_wherever_it_leads(reference: str) -> None:
    """Into a list, or to a key with a slash: its words are known there, and so is the nearest key."""
    assert schema(reference).words(["paint", "colour"]) == ("red", "blue")
    assert schema(reference).words(["paint", "colour", "deeper"]) == ()
    with pytest.raises(ValuesError, match=r"paint\.colur: there is no such value. Did you mean 'colour'\?"):
        schema(reference).check({"paint": {"colur": "red"}})


@pytest.mark.parametrize("reference", ["#", "#/definitions/circle", "#/properties/paint", "#/definitions/anything"])
def test_a_reference_in_a_circle_has_an_end(reference: str) -> None:
    """A schema may refer to itself; it lists no words then."""
    assert schema(reference).words(["paint", "colour"]) == ()


@pytest.mark.parametrize("reference", ["#/x-list/7", "#/definitions/none", "other.json", "https://example.com/a.json"])
def test_a_reference_to_nothing_is_refused(reference: str) -> None:
    """So is one to another file, as nothing is fetched; the message is one line."""
    with pytest.raises(
        ChartError,
        match=r"^the chart's values.schema.json cannot be used: .* Correct the schema;",
    ):
        schema(reference)


@pytest.mark.parametrize("value", ["2024-01-01", "2001-12-14t21:59:43.10-05:00", ".inf", ".nan", "!!binary aGk="])
def test_a_choice_that_helm_cannot_get_is_refused(tmp_path: Path, value: str) -> None:
    """Helm gets JSON; what JSON does not know is told with its place, before anything is rendered."""
    (tmp_path / "matrix.yaml").write_text(MATRIX.replace("owner: somebody", f"owner: {value}"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"axes\.owner\.choices\.somebody\.owner: .*; put it in quotes"):
        load_matrix(tmp_path / "matrix.yaml")


@pytest.mark.parametrize("value", [".inf", "-.inf", ".nan"])
def test_a_refused_input_that_helm_cannot_get_is_refused(project: Project, value: str) -> None:
    """The same for an input that the chart must refuse: Helm would refuse it for another reason."""
    text = f"refused: [{{name: size, values: {{size: {value}}}, by: schema, message: size}}]\n"
    project.write("refused.yaml", text)
    status, _, error = project.check()
    assert status == 2
    assert "refused.yaml: entry 1: values.size: " in error


@pytest.mark.parametrize("value", [".inf", "-.Inf", ".NaN"])
def test_a_values_file_that_helm_cannot_get_is_refused(project: Project, value: str) -> None:
    """The message has the file and the place; Helm's own has neither."""
    project.write("mine.yaml", f"owner: &a [b, {value}]\n")
    status, _, error = project.check("-f", str(project.folder / "mine.yaml"))
    assert status == 2
    assert "mine.yaml: owner[1]: " in error
    assert "is not a number that JSON knows; put it in quotes." in error


def test_a_text_that_looks_like_no_number_is_taken(project: Project) -> None:
    """In a comment, or as part of a word, it is as good as any other."""
    project.write("mine.yaml", "owner: a.inf  # .nan\n")
    status, output, error = project.check("-f", str(project.folder / "mine.yaml"))
    assert status != 2
    assert "JSON" not in output + error


@pytest.mark.parametrize("text", ["[" * 3000 + "]" * 3000, "a: " + "{a: " * 2000 + "}" * 2000], ids=["lists", "maps"])
@pytest.mark.parametrize("name", NAMES)
def test_thousands_of_levels_are_no_bug(
    project: Project, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    """A file that is nested without measure is refused like any that is not understood."""
    project.write(name, text)
    assert main(["check"]) == 2
    assert "bug" not in capsys.readouterr().err


def test_thousands_of_levels_of_a_template_are_a_finding(project: Project) -> None:
    """A service template that is nested without measure is no YAML that anybody reads, and the rest is checked."""
    project.change(
        "templates/templates.yaml", "      size: {{", f"      deep: {'[' * 3000}{']' * 3000}\n      size: {{{{"
    )
    status, out, _ = project.check()
    assert status == 1
    assert "it is nested too deeply" in out


@pytest.mark.parametrize("strength", ["all", "3", "2"])
def test_exclusions_that_leave_nothing_are_refused(tmp_path: Path, strength: Strength) -> None:
    """A matrix without a combination checks nothing; its exclusions are named."""
    every = "  - {when: {size: [small, large, huge]}, reason: no size will ever do}\n"
    (tmp_path / "matrix.yaml").write_text(f"{MATRIX}exclusions:\n{every}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"leave no combination, .*: no size will ever do"):
        combinations(load_matrix(tmp_path / "matrix.yaml"), strength, tmp_path)


def test_exclusions_that_leave_one_combination_leave_it(tmp_path: Path) -> None:
    """What is allowed is found, however little it is."""
    rest = {"size": "[small, large]", "cache": "without", "metrics": "with", "owner": "nobody"}
    entries = "".join(f"  - {{when: {{{axis}: {choice}}}, reason: it is left out}}\n" for axis, choice in rest.items())
    (tmp_path / "matrix.yaml").write_text(f"{MATRIX}exclusions:\n{entries}", encoding="utf-8")
    assert combinations(load_matrix(tmp_path / "matrix.yaml"), "2", tmp_path) == [bytes([2, 1, 0, 1])]


@pytest.mark.skipif(sys.platform == "darwin", reason="its file system refuses such names")
def test_a_template_whose_name_is_not_utf_8_is_one_like_others(project: Project) -> None:
    """It was named on an old system, and Helm takes it: it is checked, rendered, shown and compared."""
    file = os.fsencode(project.folder) + b"/chart/templates/caf\xe9.yaml"
    Path(os.fsdecode(file)).write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", encoding="utf-8")
    assert project.check()[0] == 0
    assert main(["render", "--out", "out"]) == 0
    assert main(["render", "--out", "out", "--against", "out"]) == 0
    assert main(["coverage", "--json", "coverage.json"]) == 0
    assert main(["diff", "--base", "chart", "--head", "chart", "--html", "diff.html", "--json", "diff.json"]) == 0


@pytest.mark.skipif(sys.platform == "darwin", reason="its file system refuses such names")
@pytest.mark.parametrize("folder", ["chart/ci", "sets"])
def test_a_name_that_is_not_utf_8_names_no_scenario_and_no_argument_set(
    project: Project, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both become folders and links of a page: the message says what to do, and calls it no bug."""
    file = os.fsencode(project.folder / folder) + b"/caf\xe9.yaml"
    Path(os.fsdecode(file)).write_text("arguments: {NAME: x, IMAGE: a}\n", encoding="utf-8")
    for command in ("check", "render"):
        assert main([command]) == 2
        error = capsys.readouterr().err
        assert "bug" not in error
        assert "Rename" in error

"""What check writes beside the terminal: reports, baselines, and the parts of a divided run."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from helm_nested.cli import main

from .checked_project import Project, findings, project

__all__ = ["project"]


def test_shards_merge_to_the_whole(project: Project) -> None:
    """Two shards together have the combinations of the whole, and the same finding."""
    project.change("templates/templates.yaml", "            - name: cache\n", "            - name: cash\n")
    for number in (1, 2):
        project.check("--shard", f"{number}/2", "--json", f"{number}.json")
    assert main(["merge", "1.json", "2.json", "--json", "both.json"]) == 1
    both = json.loads(Path("both.json").read_text(encoding="utf-8"))
    whole = findings(project)
    assert both["combinations"] == 24
    assert {each["path"]: each["combinations"] for each in both["findings"]} == {
        each["path"]: each["combinations"] for each in whole
    }


def test_baseline_lets_old_findings_pass_and_new_ones_not(project: Project) -> None:
    """The first run writes it, the second passes, a new defect fails, and what is gone leaves the file."""
    project.change("templates/templates.yaml", "            - name: cache\n", "            - name: cash\n")
    assert project.check("--baseline", "known.json")[0] == 0
    assert project.check("--baseline", "known.json")[0] == 0
    project.change("templates/templates.yaml", "kind: ConfigMap\n    metadata:", "kind: ConfigMapp\n    metadata:")
    assert project.check("--baseline", "known.json")[0] == 1
    project.change("templates/templates.yaml", "            - name: cash\n", "            - name: cache\n")
    assert "gone: 1" in project.check("--baseline", "known.json")[1]
    assert json.loads(Path("known.json").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("part", [("--strength", "2"), ("--strength", "3"), ("--shard", "1/2")], ids=" ".join)
def test_a_part_of_the_combinations_takes_nothing_out_of_the_baseline(project: Project, part: tuple[str, str]) -> None:
    """A first look or a shard does not see everything, so what it does not find stays known, and is said."""
    project.write("refused.yaml", 'refused: [{name: size, values: {size: large}, by: schema, message: "size"}]\n')
    project.change("templates/templates.yaml", "            - name: cache\n", "            - name: cash\n")
    project.check("--baseline", "known.json")
    known = Path("known.json").read_text(encoding="utf-8")
    assert "refused-input" in known
    project.change("templates/templates.yaml", "            - name: cash\n", "            - name: cache\n")
    status, out, _ = project.check("--baseline", "known.json", *part)
    assert status == 0
    assert "of the baseline's not found by this part of the combinations: " in out
    assert Path("known.json").read_text(encoding="utf-8") == known


@pytest.mark.parametrize("part", [("--values", "values.yaml"), ("--shard", "1/2")], ids=" ".join)
def test_a_part_makes_no_baseline(project: Project, part: tuple[str, str]) -> None:
    """What the other combinations bring would be taken for new later, so the first run must look at all of them."""
    project.write("values.yaml", "{}")
    status, _, err = project.check("--baseline", "known.json", *part)
    assert status == 2
    assert "there is no baseline known.json yet, and a part of the chart must not make it" in err
    assert not Path("known.json").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--json", "folder"), "folder cannot be written: it is a folder. Name another file."),
        (("--junit", "file/a.xml"), "file/a.xml cannot be written: {}/file is not a folder. Name another file."),
        (("--baseline", "folder"), "folder is not a baseline: "),
        (("--baseline", "file/a.json"), "file/a.json is not a baseline: "),
        (("--baseline", "matrix.yaml"), "matrix.yaml is not a baseline: "),
    ],
    ids=" ".join,
)
def test_files_that_cannot_be_written_are_refused_before_the_work(
    project: Project, options: tuple[str, str], said: str
) -> None:
    """Nobody waits for minutes to be told that a folder is no file; nothing is rendered, and nothing is left behind."""
    (project.folder / "folder").mkdir()
    project.write("file", "")
    project.change("templates/templates.yaml", "kind: ConfigMap\nmetadata:", '{{ fail "it was rendered" }}')
    before = sorted(project.folder.rglob("*"))
    status, out, err = project.check(*options)
    assert (status, out) == (2, "")
    assert said.format(project.folder) in err
    assert sorted(project.folder.rglob("*")) == before


def test_reports_for_machines(project: Project) -> None:
    """JSON has every figure, JUnit a failure, GitHub an annotation."""
    project.change("templates/templates.yaml", "            - name: cache\n", "            - name: cash\n")
    _, out, _ = project.check("--json", "c.json", "--junit", "c.xml", "--github")
    figures = json.loads(Path("c.json").read_text(encoding="utf-8"))
    assert {
        "combinations", "refused", "rendered", "distinct_templates", "distinct_documents", "distinct_bundles",
        "findings", "seconds", "seconds_rendering", "at_once", "engine",
    } <= set(figures)  # fmt: skip
    suite = fromstring(Path("c.xml").read_text(encoding="utf-8"))  # noqa: S314 - written here
    assert suite.get("failures") == "1"
    assert out.count("::error title=") == 1


@pytest.mark.parametrize("shard", ["0/2", "3/2", "x", "1"])
def test_a_shard_that_is_none_is_refused(project: Project, shard: str) -> None:
    """A part that is no part of a whole is refused with an example."""
    with pytest.raises(SystemExit) as refused:
        project.check("--shard", shard)
    assert refused.value.code == 2

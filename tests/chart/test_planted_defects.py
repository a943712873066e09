"""The planted defects: each is still one small edit of the chart, and helm-nested finds it, what and where."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from helm_nested.chart import load_chart
from helm_nested.check_run import run
from helm_nested.errors import HelmNestedError

from .bundle import CHART, ROOT, configuration


@dataclass(frozen=True)
class Planted:
    """One entry of benchmarks/planted-defects.yaml, which says what the fields mean."""

    name: str
    file: str
    find: str
    replace: str
    goes_wrong: str = ""
    stage: str = ""
    expected: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    findings: int = 1

    def plant(self, folder: Path) -> Path:
        """A copy of the chart with this change, below `folder`."""
        chart = folder / CHART.name
        if not chart.exists():
            shutil.copytree(CHART, chart)
        file = chart / self.file
        file.write_text(file.read_text(encoding="utf-8").replace(self.find, self.replace), encoding="utf-8")
        return chart


CONTENT = yaml.safe_load((ROOT / "benchmarks" / "planted-defects.yaml").read_text(encoding="utf-8"))
DEFECTS, MEANING, HARMLESS = (
    [Planted(**each) for each in CONTENT[part]] for part in ("defects", "meaning", "harmless")
)
TOGETHER = [Planted(**each) for each in CONTENT["together"]]
ALL = [*DEFECTS, *MEANING, *HARMLESS, *TOGETHER]
SHOWN = [each for each in DEFECTS if each.arguments]


def said(chart: Path, arguments: tuple[str, ...] = ()) -> list[str]:
    """What helm-nested says of a chart at strength 2: its findings, or the one error it ends with."""
    given = configuration()
    if arguments:
        given = replace(given, argument_sets=tuple(each for each in given.argument_sets if each.stem in arguments))
    try:
        findings = run(given, load_chart(chart), "2").findings
    except HelmNestedError as error:
        return [str(error)]
    return [" ".join([*each.checks, each.path, each.message, each.advice, *each.keys, *each.when]) for each in findings]


@pytest.mark.parametrize("planted", ALL, ids=lambda planted: planted.name)
def test_the_edit_fits_the_chart(planted: Planted) -> None:
    """Each replacement applies in exactly one place of the chart as it is, and changes it."""
    text = (CHART / planted.file).read_text(encoding="utf-8")
    assert text.count(planted.find) == 1
    assert planted.find != planted.replace


def test_every_entry_has_a_name_of_its_own() -> None:
    """There are twenty defects, each with a name, a stage, words to find it by and what it leads to."""
    assert len({each.name for each in ALL}) == len(ALL)
    assert len(DEFECTS) == 20
    assert all(each.stage in {"stage-one", "stage-two", "objects"} and each.expected for each in DEFECTS)
    assert all(each.goes_wrong for each in (*DEFECTS, *MEANING))


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_defect_is_found(defect: Planted, tmp_path: Path) -> None:
    """A finding of the broken chart has all the words that are expected together, and hardly any stands beside it."""
    found = said(defect.plant(tmp_path), defect.arguments)
    # What Kubernetes' own code says alone is there only where that was built.
    found = [each for each in found if not each.startswith("kubernetes-validation ") or "-syntax" in each]
    assert any(all(word in each for word in defect.expected) for each in found), found
    assert len(found) == defect.findings, found


def test_defects_planted_together_are_told_apart(tmp_path: Path) -> None:
    """Three at once are three findings, each with the choices that it takes and no others, at the first look."""
    for defect in TOGETHER:
        chart = defect.plant(tmp_path)
    findings = run(configuration(), load_chart(chart), "2").findings
    findings = tuple(finding for finding in findings if finding.checks != ("kubernetes-validation",))
    assert len(findings) == len(TOGETHER)
    assert all(finding.confirmed for finding in findings)
    for defect in TOGETHER:
        (finding,) = [each for each in findings if defect.expected[0] in each.checks]
        assert defect.expected[1] in f"{finding.message} {finding.advice}"
        assert sorted(finding.when) == sorted(defect.when)


@pytest.mark.parametrize("changes", [MEANING, HARMLESS], ids=["meaning", "harmless"])
def test_what_breaks_no_rule_is_no_finding(changes: list[Planted], tmp_path: Path) -> None:
    """Changes that leave everything valid are not reported: they are for a chart's own tests, or for nobody."""
    for change in changes:
        chart = change.plant(tmp_path)
    assert said(chart) == []


@pytest.mark.parametrize(
    "arguments", [(), *(each.arguments for each in SHOWN)], ids=lambda sets: "+".join(sets) or "all"
)
def test_the_chart_as_it_is_has_none(arguments: tuple[str, ...]) -> None:
    """Nothing is found in the chart without a defect, with each choice of argument sets that a defect is shown with."""
    assert said(CHART, arguments) == []

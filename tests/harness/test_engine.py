"""`--engine`: a helm binary and the engine in this process agree on the small chart, in what they make and refuse."""

from __future__ import annotations

from pathlib import Path

import helm_python
import pytest

from helm_nested.chart import load_chart
from helm_nested.engine import IN_PROCESS, Release, open_engine
from helm_nested.errors import ValuesError

from .conftest import Run

REFUSED = {
    "wrong type": "size: {cpu: 1}\n",
    "unknown value": "sizes: {}\n",
    "unknown value deep down": "size: {gpu: '1'}\n",
    "empty image": "image: ''\n",
    "no map": "size: []\n",
}
ACCEPTED = {
    "nothing": "",
    "null over a default": "size: null\n",
    "null inside a map": "size: {cpu: null}\n",
    "schedule off": "schedule: null\n",
    "globals": "global: {x: 1}\n",
}


def files(folder: Path) -> dict[str, str]:
    """Everything below a folder but what differs between engines by nature: their names, and notes."""
    return {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8")
        for file in folder.rglob("*/*")
        if file.is_file() and file.name != "NOTES.txt"
    }


def test_helm_binary_gives_the_same_files(small: Path, run: Run, helm: Path) -> None:
    """Both stages of every scenario are the same, whichever engine rendered them."""
    assert run("render", "--out", "ours").status == 0
    outcome = run("render", "--engine", helm, "--out", "theirs")
    assert (outcome.status, outcome.err) == (0, "")
    assert f"2 scenarios, {helm.name} (Helm v{helm.name[-1]}." in outcome.out
    assert files(small / "ours") == files(small / "theirs")
    assert len(files(small / "ours")) == 14


@pytest.mark.parametrize("values", REFUSED.values(), ids=REFUSED)
def test_schema_refusal_is_one_with_the_helm_binary(small: Path, run: Run, helm: Path, values: str) -> None:
    """What the chart's schema refuses ends in exit status 2 with either engine."""
    (small / "refused.yaml").write_text(values, encoding="utf-8")
    for engine in (IN_PROCESS, helm):
        outcome = run("render", "-f", "refused.yaml", "--engine", engine, "--out", "out")
        assert outcome.status == 2
        assert outcome.err.startswith("helm-nested: scenario 'refused': ")
        assert "schema" in outcome.err
        assert "Correct" in outcome.err


def test_failing_template_is_explained_alike_with_the_helm_binary(small: Path, run: Run, helm: Path) -> None:
    """A chart's own refusal, and a template that fails, read the same with either engine."""
    account = small / "chart/templates/service-account.yaml"
    for failing in ('{{ fail "set a,\\nor b" }}', "{{ .Values.image.tag }}", "{{ nowhere }}"):
        account.write_text(f"a: 1\nb: {failing}\n", encoding="utf-8")
        ours, theirs = (run("render", "--engine", engine, "--out", "out") for engine in (IN_PROCESS, helm))
        assert (ours.status, theirs.status) == (2, 2)
        first, second = (outcome.err.partition("Helm says:")[0] for outcome in (ours, theirs))
        assert first == second
        assert "previews/templates/service-account.yaml, line 2)" in first
        assert "--debug" not in theirs.err


@pytest.mark.parametrize("values", [*REFUSED.values(), *ACCEPTED.values()], ids=[*REFUSED, *ACCEPTED])
def test_fast_schema_check_agrees_with_helm(small: Path, values: str) -> None:
    """The schema check that stands in for Helm's own gives the verdict that Helm gives."""
    chart = load_chart(small / "chart")
    try:
        open_engine(IN_PROCESS, chart).render([values], Release())
        ours = True
    except ValuesError:
        ours = False
    try:
        with helm_python.Chart.load(small / "chart") as whole:
            whole.render(helm_python.values_from_yaml(values) if values else {})
        theirs = True
    except helm_python.HelmError:
        theirs = False
    assert ours == theirs == (values in ACCEPTED.values())

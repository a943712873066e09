"""The modules here fail where they should: with a template that is wrong on purpose, in a copy of the chart."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local_cluster.guard import of_this_process

from .releases import CHART, ROOT

SECONDS = 400
MODULE = "tests/cluster/test_scaling.py"
FIRST = "test_one_activity_brings_a_worker_that_goes_again"
QUEUE_TYPES = "test_waiting_workflows_are_no_backlog_unless_asked_for"
# What is wrong: the template, the text in it and what stands in its place, and which test of the module fails how.
WRONG = {
    "replicas kept under KEDA": (
        "service-templates/_deployment.tpl",
        "{{- if not $scope.isKeda }}\n  replicas:",
        "{{- if true }}\n  replicas:",
        FIRST,
        "applied again, the Deployment is another one",
    ),
    "a wrong name of a variable": (
        "_connection.tpl",
        '$data "TEMPORAL_ADDRESS"',
        '$data "TEMPORAL_ADRESS"',
        FIRST,
        "it runs: not so after",
    ),
    "no queueTypes": (
        "service-templates/_keda-scaled-object-temporal.yaml.tpl",
        'queueTypes: {{ join "," (default (list "activity") .keda.queueTypes) | quote }}\n',
        "",
        QUEUE_TYPES,
        "there is no backlog: not so after",
    ),
}


def outcome(chart: Path, tests: str) -> tuple[int, str]:
    """How these tests end with this chart, and what pytest says; they stop at the first that fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(ROOT / "src"), **of_this_process().environment}
    command = [sys.executable, "-m", "pytest", "-qx", "-pno:cacheprovider", f"--helm-nested-chart={chart}"]
    done = subprocess.run(
        [*command, tests],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the chart."""
    return Path(shutil.copytree(CHART, tmp_path / CHART.name))


def test_a_faithful_copy_of_the_chart_passes(copy: Path) -> None:
    """So that a failure below is the template's."""
    status, said = outcome(copy, f"{MODULE}::{FIRST}")
    assert status == 0, said
    assert "1 passed" in said


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_template_makes_the_module_fail(copy: Path, wrong: str) -> None:
    """The test that has to, and for the reason that the template gives."""
    name, right, replacement, test, told = WRONG[wrong]
    template = copy / "templates" / name
    text = template.read_text()
    assert text.count(right) == 1
    template.write_text(text.replace(right, replacement))
    status, said = outcome(copy, MODULE)
    assert status == 1, said
    assert f"FAILED {MODULE}::{test}" in said
    assert told in said
    assert "1 failed" in said

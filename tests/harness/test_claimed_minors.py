"""Objects are checked against the Kubernetes versions that somebody claims, and never against none."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest

from helm_nested.chart import load_chart
from helm_nested.claimed_minors import with_claimed_minors
from helm_nested.configuration import load_configuration
from helm_nested.engine.kube_version import require_kube_version
from helm_nested.errors import ChartError, ConfigurationError, RenderError
from helm_nested.kubernetes.schema import known_minors

from .switches import JOB, Switches


def minors(project: Switches, kube_version: str | None) -> tuple[str, ...]:
    """The minor versions that the chart is checked against with that kubeVersion."""
    line = f"kubeVersion: '{kube_version}'" if kube_version else ""
    (project.folder / "chart" / "Chart.yaml").write_text(f"apiVersion: v2\nname: c\nversion: 0.1.0\n{line}\n")
    configuration = load_configuration(project.folder / "helm-nested.yaml")
    return with_claimed_minors(configuration, load_chart(configuration.chart)).claims.kubernetes_minors


def test_the_configuration_comes_first(tmp_path: Path) -> None:
    """What `checks.kubernetes` names is taken whatever the chart claims."""
    assert minors(Switches(tmp_path), ">=1.30.0-0 <1.32.0-0") == ("1.34",)


@pytest.mark.parametrize(("minor", "nearest"), [("1.99", "1.29"), ("1.34.0", "1.34"), ("v1.34", "1.34")])
def test_a_version_without_schemas_is_refused_by_its_name(tmp_path: Path, minor: str, nearest: str) -> None:
    """It is the configuration that is wrong then, and no object's apiVersion."""
    project = Switches(tmp_path)
    project.configure(kubernetes=[minor])
    said = f"no schemas of Kubernetes '{re.escape(minor)}'.* Did you mean '{re.escape(nearest)}'"
    with pytest.raises(ConfigurationError, match=said):
        minors(project, None)


def test_a_chart_is_checked_against_what_it_claims(tmp_path: Path) -> None:
    """Without `checks.kubernetes` it is every known minor that kubeVersion allows; without both the newest."""
    project = Switches(tmp_path)
    project.configure(kubernetes=None)
    assert minors(project, ">=1.30.0-0 <1.32.0-0") == ("1.30", "1.31")
    assert minors(project, None) == (known_minors()[-1],)


def test_a_wrong_field_is_found_without_a_claim(tmp_path: Path) -> None:
    """A configuration that says nothing of Kubernetes still finds what Kubernetes refuses."""
    project = Switches(tmp_path, JOB.replace("spec:\n  template", "spec:\n  odd: 1\n  template"))
    project.configure(kubernetes=None)
    assert [finding["checks"][0] for finding in project.findings()] == ["kubernetes-schema"]


def test_an_archive_claims_what_its_chart_does(tmp_path: Path) -> None:
    """KubeVersion of a chart in a .tgz archive is enforced like that of a folder."""
    folder = tmp_path / "packed"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: packed\nversion: 0.1.0\nkubeVersion: '>=1.36.0-0'\n")
    archive = tmp_path / "packed-0.1.0.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, arcname="packed")
    chart = load_chart(archive)
    assert chart.name == "packed"
    with pytest.raises(RenderError, match="requires Kubernetes"):
        require_kube_version(chart, "v1.34.0")


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    """A file that only has an archive's name is one clear error."""
    file = tmp_path / "chart.tgz"
    file.write_text("no archive")
    with pytest.raises(ChartError, match="cannot load the chart"):
        load_chart(file)

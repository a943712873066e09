"""What Chart.yaml depends on must be in charts/, as helm demands."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.engine import Release, open_in_process
from helm_nested.errors import ChartError

from .conftest import TOOLS

SUB: dict[str, Any] = {"name": "sub", "version": "1.0.0", "repository": "https://charts.example.com"}


def write(folder: Path, name: str, *, version: str = "v2", **more: object) -> Path:
    """A chart with one ConfigMap."""
    (folder / "templates").mkdir(parents=True)
    metadata = {"apiVersion": version, "name": name, "version": "1.0.0", **more}
    (folder / "Chart.yaml").write_text(json.dumps(metadata), encoding="utf-8")
    (folder / "values.yaml").write_text("{}", encoding="utf-8")
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}-{{{{ .Chart.Name }}}}}}\n"
    (folder / "templates" / "one.yaml").write_text(text, encoding="utf-8")
    return folder


def _in_folder(chart: Path) -> None:
    write(chart / "charts" / "sub", "sub")


def _in_archive(chart: Path) -> None:
    source = write(chart.parent / "elsewhere" / "sub", "sub")
    (chart / "charts").mkdir()
    with tarfile.open(chart / "charts" / "sub-1.0.0.tgz", "w:gz") as archive:
        archive.add(source, "sub")


def _under_another_name(chart: Path) -> None:
    write(chart / "charts" / "folder", "sub")


def _as_its_alias(chart: Path) -> None:
    write(chart / "charts" / "other", "other")


def _beside(chart: Path) -> None:
    write(chart.parent / "sub", "sub")


def _ignored(chart: Path) -> None:
    _in_folder(chart)
    (chart / ".helmignore").write_text("charts/\n", encoding="utf-8")


def _named_in_requirements(chart: Path) -> None:
    (chart / "requirements.yaml").write_text(json.dumps({"dependencies": [SUB]}), encoding="utf-8")


def _nothing(_: Path) -> None:
    pass


def _with_a_missing_one_of_its_own(chart: Path) -> None:
    write(chart / "charts" / "sub", "sub", dependencies=[{**SUB, "name": "deep"}])


@pytest.mark.parametrize(
    ("dependency", "prepare", "version"),
    [
        (SUB, _nothing, "v2"),
        (SUB, _in_folder, "v2"),
        (SUB, _in_archive, "v2"),
        (SUB, _under_another_name, "v2"),
        (SUB, _ignored, "v2"),
        (SUB, _with_a_missing_one_of_its_own, "v2"),
        ({**SUB, "alias": "other"}, _nothing, "v2"),
        ({**SUB, "alias": "other"}, _in_folder, "v2"),
        ({**SUB, "alias": "other"}, _as_its_alias, "v2"),
        ({**SUB, "condition": "sub.enabled"}, _nothing, "v2"),
        ({**SUB, "condition": "sub.enabled"}, _in_folder, "v2"),
        ({**SUB, "repository": "file://../sub"}, _beside, "v2"),
        ({**SUB, "version": ">=2.0.0"}, _in_folder, "v2"),
        ({**SUB, "version": ">=2.0.0"}, _nothing, "v2"),
        ({"name": "sub"}, _nothing, "v2"),
        (SUB, _nothing, "v1"),
        (None, _named_in_requirements, "v1"),
        (None, _named_in_requirements, "v2"),
    ],
)
def test_as_helm_does(
    tmp_path: Path, helm: Path, dependency: dict[str, Any] | None, prepare: Callable[[Path], None], version: str
) -> None:
    """A chart is refused exactly if the helm binary refuses it, and then both name the way out."""
    more = {"dependencies": [dependency]} if dependency else {}
    chart = write(tmp_path / "chart", "parent", version=version, **more)
    prepare(chart)
    done = subprocess.run([helm, "template", "release", chart], capture_output=True, text=True, check=False)
    if done.returncode:
        assert "helm dependency build" in done.stderr
        with pytest.raises(ChartError, match=r"\n  - sub") as refused:
            open_in_process(load_chart(chart))
        assert str(refused.value).endswith(f"Fetch them with: helm dependency build {chart}")
        return
    texts = open_in_process(load_chart(chart)).render_texts({}, Release())
    assert all(f"# Source: {source}" in done.stdout for source in texts)


@pytest.mark.parametrize("more", [{}, {"alias": "other"}], ids=["by its name", "by an alias"])
def test_a_subchart_that_was_off_once_is_there_again(tmp_path: Path, more: dict[str, Any]) -> None:
    """What a subchart renders follows the values of each rendering, whatever the ones before said of its condition."""
    dependency = {**SUB, "repository": "", "condition": "sub.enabled", **more}
    chart = write(tmp_path / "chart", "parent", dependencies=[dependency])
    _in_folder(chart)
    engine = open_in_process(load_chart(chart))
    numbers = [len(engine.render_texts({"sub": {"enabled": on}}, Release())) for on in (True, False, True, True)]
    assert numbers == [2, 1, 2, 2]


def test_what_is_missing_is_described(tmp_path: Path) -> None:
    """Each missing chart is named with all that tells it apart."""
    chart = write(tmp_path / "chart", "parent", dependencies=[{**SUB, "alias": "other"}, {**SUB, "name": "more"}])
    with pytest.raises(ChartError) as refused:
        open_in_process(load_chart(chart))
    assert "sub (version 1.0.0, repository https://charts.example.com, alias other)" in str(refused.value)
    assert "\n  - more (version 1.0.0" in str(refused.value)


@pytest.mark.parametrize("version", ["v1", "v2", "v3", "v2beta1", "V2", 2, "", None])
def test_the_version_of_a_chart_is_judged_as_helm_4_does(tmp_path: Path, version: object) -> None:
    """A chart that Helm 4 does not take is refused, and told what to set."""
    helm = TOOLS / "helm4"
    if not helm.exists():
        pytest.skip(f"{helm} is not there; `make tools` is needed")
    chart = write(tmp_path / "chart", "parent")
    (chart / "Chart.yaml").write_text(
        json.dumps({"apiVersion": version, "name": "parent", "version": "1.0.0"}), encoding="utf-8"
    )
    done = subprocess.run([helm, "template", "release", chart], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        assert open_in_process(load_chart(chart)).render_texts({}, Release())
        return
    with pytest.raises(ChartError, match=r"which Helm 4 refuses\. Set 'apiVersion: v2' in its Chart\.yaml"):
        open_in_process(load_chart(chart))

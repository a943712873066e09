"""The ways into another chart: copied templates, or the library chart as a dependency, on and off, with either helm."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from helm_nested.chart import load_chart
from helm_nested.engine import IN_PROCESS, Release, open_engine
from helm_nested.errors import RenderError

from .bundle import CHART, KEDA, LLM_ENGINE_SCENARIOS, ROOT, merged, render, render_layers
from .including import DEPENDING_PARENT, LIBRARY, WAYS_IN
from .test_validations import advice, sentences

TOOLS = ROOT / "build" / "tools"
WRONG = {"temporal": {"terminationGracePeriodSeconds": "30m", "podSecurity": "resricted"}}


@pytest.fixture(scope="module", params=WAYS_IN)
def parent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart that includes the service templates, in each way."""
    return WAYS_IN[request.param](tmp_path_factory.mktemp("parent"))


@pytest.fixture(scope="module", params=["helm3", "helm4"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A helm binary, and the depending chart after its `helm dependency build`, from the library's folder as it is."""
    binary = TOOLS / str(request.param)
    if not binary.exists():
        pytest.skip(f"{binary} is not there; `make tools` is needed")
    folder = tmp_path_factory.mktemp("built")
    chart = folder / "model-engine"
    shutil.copytree(DEPENDING_PARENT, chart)
    text = (chart / "Chart.yaml").read_text(encoding="utf-8")
    (chart / "Chart.yaml").write_text(re.sub(r"file://\S+", f"file://{LIBRARY}", text), encoding="utf-8")
    done = subprocess.run(
        [binary, "dependency", "build", chart], capture_output=True, text=True, check=False,
        env={"HOME": str(folder), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return binary, chart


@pytest.mark.parametrize("file", LLM_ENGINE_SCENARIOS, ids=lambda file: file.stem)
def test_every_way_gives_what_the_chart_gives(parent: Path, file: Path) -> None:
    """With llm-engine's values each way adds the five keys with `temporal`, to the letter those of this chart."""
    layer = file.read_text(encoding="utf-8")
    included = {key: each.text for key, each in render_layers(layer, chart=parent).templates.items()}
    own = {key: each.text for key, each in render_layers(layer).templates.items() if "temporal" in key}
    assert len(own) == 5
    assert included == {**own, "user-config.yaml": "llm-engine's own"}


def test_values_are_given_once_at_the_top(parent: Path) -> None:
    """`temporal:` at the top of the other chart's values is all; the connection follows it as well."""
    bundle = render(merged(KEDA, {"temporal": {"enabled": True, "metrics": {"port": 9000}}}), chart=parent)
    assert bundle.container("cpu")["ports"][0]["containerPort"] == 9000
    assert bundle.scaled_object()["kind"] == "ScaledObject"
    assert bundle.one("ConfigMap", "model-engine-temporal-connection")


@pytest.mark.parametrize("values", [{}, WRONG["temporal"]], ids=["right", "wrong"])
def test_it_can_be_switched_off(parent: Path, values: dict[str, Any]) -> None:
    """`temporal.enabled: false` leaves the other chart with its own key, whatever else is said of `temporal`."""
    bundle = render({"temporal": {"enabled": False, **values}}, chart=parent)
    assert set(bundle.one("ConfigMap")["data"]) == {"user-config.yaml"}


@pytest.mark.parametrize("value", ["no", 0, None])
def test_the_switch_is_true_or_false(parent: Path, value: object) -> None:
    """What is neither is refused and never taken for one of them."""
    with pytest.raises(RenderError, match="temporal has no key enabled"):
        render({"temporal": {"enabled": value}}, chart=parent)


def test_every_way_refuses_wrong_values(parent: Path) -> None:
    """Helm applies no schema there, so the include itself refuses."""
    with pytest.raises(RenderError) as refused:
        render(WRONG, chart=parent)
    assert len(sentences(str(refused.value))) == 2


def test_values_under_the_librarys_name_are_refused(parent: Path) -> None:
    """Values that Helm would give to the library chart alone reach no template: the message says where they belong."""
    values = {"temporal-service-templates": {"enabled": True, "temporal": {"metrics": {"port": 9000}}}}
    with pytest.raises(RenderError) as refused:
        render(values, chart=parent)
    assert sentences(str(refused.value)) == [
        "Nothing reads temporal-service-templates.temporal: put these values at the top level of the values file."
    ]
    assert advice(str(refused.value)) == {"temporal": {"metrics": {"port": 9000}}}
    assert render({"temporal-service-templates": {"enabled": True}}, chart=parent).templates


def test_helm_builds_the_dependency(built: tuple[Path, Path], parent: Path) -> None:
    """`helm dependency build` takes the library as it is, and the chart renders as the in-process engine says."""
    binary, chart = built
    for values in ({}, KEDA, {"temporal": {"enabled": True}}, {"temporal": {"enabled": False}}):
        layer = json.dumps(values)
        found = open_engine(str(binary), load_chart(chart)).render([layer], Release()).manifests
        expected = open_engine(IN_PROCESS, load_chart(parent)).render([layer], Release()).manifests
        documents = [[yaml.safe_load(each.text) for each in some] for some in (found, expected)]
        assert sorted(documents[0], key=json.dumps) == sorted(documents[1], key=json.dumps)


def test_helm_refuses_there(built: tuple[Path, Path]) -> None:
    """Either helm refuses wrong values with the include's words."""
    binary, chart = built
    with pytest.raises(RenderError) as refused:
        open_engine(str(binary), load_chart(chart)).render([json.dumps(WRONG)], Release())
    assert len(sentences(str(refused.value))) == 2
    assert advice(str(refused.value))["temporal"]["podSecurity"] == "restricted"


def test_the_library_packs_into_defines_alone(built: tuple[Path, Path], tmp_path: Path) -> None:
    """The library's archive has this chart's defines as files, and nothing that a release would install.

    Those of the control plane's folder are for its objects alone, so they are not there either.
    """
    binary, _ = built
    done = subprocess.run(
        [binary, "package", LIBRARY, "--destination", tmp_path], capture_output=True, text=True, check=False,
        env={"HOME": str(tmp_path), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shutil.unpack_archive(next(tmp_path.glob("*.tgz")), tmp_path)
    packed = tmp_path / LIBRARY.name / "templates"
    own = ROOT / "charts" / "temporal-endpoints" / "templates"
    defines = [each for each in own.rglob("_*") if each.parent.name != "control-plane"]
    expected = {each.relative_to(own): each.read_bytes() for each in defines}
    assert {each.relative_to(packed): each.read_bytes() for each in packed.rglob("*") if each.is_file()} == expected


def test_the_library_is_this_chart_by_another_name() -> None:
    """Its templates are this chart's folder, and both have one version for one range of Kubernetes."""
    assert (LIBRARY / "templates").resolve() == ROOT / "charts" / "temporal-endpoints" / "templates"
    own, library = (load_chart(each).metadata for each in (CHART, LIBRARY))
    assert library["type"] == "library"
    for key in ("version", "kubeVersion", "maintainers"):
        assert library[key] == own[key]

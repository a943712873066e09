"""Values reach the chart as Helm merges them, and the release as it was configured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.engine import IN_PROCESS, Engine, Release, open_engine
from helm_nested.errors import ValuesError

DEFAULTS = """\
word: default
number: 1
list: [1, 2]
map: {a: 1, b: {c: 2, d: 3}}
empty: {}
"""
EVERYTHING = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: all
data:
  values: {{ .Values | toJson | toJson }}
  release: {{ .Release | toJson | toJson }}
  kubernetes: {{ .Capabilities.KubeVersion.Version | quote }}
  has: {{ .Capabilities.APIVersions.Has "example.com/v1/Thing" | quote }}
"""
CASES: dict[str, tuple[str, ...]] = {
    "no layer": (),
    "empty layers": ("", "# nothing\n", "{}", "null\n"),
    "two layers": ("word: one\nnumber: 2\n", "word: two\n"),
    "maps by key": ("map: {a: 5}\n", "map: {b: {c: 6}, e: 7}\n"),
    "list replaced": ("list: [3]\n",),
    "null over a default": ("word: null\n",),
    "null over a map": ("map: null\n",),
    "null inside a map": ("map: {b: {c: null}}\n",),
    "null over an earlier layer": ("map: {a: 5}\n", "map: {a: null}\n"),
    "null over an earlier map": ("map: {a: 5}\n", "map: null\n"),
    "map over an earlier null": ("map: null\n", "map: {e: 1}\n"),
    "null over nothing": ("new: null\n",),
    "map over an empty map": ("empty: {a: {b: 1}}\n",),
    "empty map over a map": ("map: {}\n",),
    "scalar over a map and back": ("map: 1\n", "map: {e: 1}\n"),
    "words of YAML 1.1": ("a: yes\nb: off\nc: y\nd: ~\ne: 'no'\n",),
    "numbers": ("a: 012\nb: 0o14\nc: 0x1F\nd: 1_000\ne: 1e3\nf: 1.0\ng: 12345678901234567890\nh: 1e30\n",),
    "neither dates nor base 60": ("a: 2024-01-01\nb: 12:30:45\n",),
    "keys that are no texts": ("1: a\ntrue: b\n1.5: c\n",),
    "merge keys": ("x: &x {a: 1}\nz:\n  <<: *x\n  b: 2\n",),
    "characters": ('a: "\\0\\u2028\\U0001F680 <>&"\n',),
}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart that prints all it is given."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: everything\nversion: 0.1.0\n", encoding="utf-8")
    (tmp_path / "values.yaml").write_text(DEFAULTS, encoding="utf-8")
    (tmp_path / "templates/all.yaml").write_text(EVERYTHING, encoding="utf-8")
    return tmp_path


def rendered(engine: Engine, layers: tuple[str, ...], release: Release | None = None) -> dict[str, str]:
    """What the chart prints."""
    (manifest,) = engine.render(layers, release or Release()).manifests
    lines = (line.strip().partition(": ") for line in manifest.text.splitlines())
    return {key: json.loads(text) for key, _, text in lines if text.startswith('"')}


MERGED: dict[str, dict[str, Any]] = {
    "two layers": {"word": "two", "number": 2},
    "maps by key": {"map": {"a": 5, "b": {"c": 6, "d": 3}, "e": 7}},
    "null over a default": {"word": "absent"},
    "null over a map": {"map": "absent"},
    "null inside a map": {"map": {"a": 1, "b": {"d": 3}}},
    "null over an earlier layer": {"map": {"b": {"c": 2, "d": 3}}},
    "map over an earlier null": {"map": {"a": 1, "b": {"c": 2, "d": 3}, "e": 1}},
    "words of YAML 1.1": {"a": True, "b": False, "c": True, "d": None, "e": "no"},
    "neither dates nor base 60": {"a": "2024-01-01", "b": "12:30:45"},
    "merge keys": {"z": {"a": 1, "b": 2}},
}


@pytest.mark.parametrize("case", MERGED)
def test_layers_are_merged(case: str, chart: Path) -> None:
    """The last layer wins key by key, null removes a default, and scalars mean what they mean to Helm."""
    values = json.loads(rendered(open_engine(IN_PROCESS, load_chart(chart)), CASES[case])["values"])
    assert {key: values.get(key, "absent") for key in MERGED[case]} == MERGED[case]


def test_layers_are_merged_as_the_helm_binary_does(chart: Path, helm: Path) -> None:
    """On every case the chart gets the same values from the engine in this process as from a helm binary."""
    ours, theirs = (open_engine(name, load_chart(chart)) for name in (IN_PROCESS, str(helm)))
    for case, layers in CASES.items():
        assert rendered(ours, layers) == rendered(theirs, layers), case


@pytest.mark.parametrize("layer", ["- 1\n", "text\n", "a: [\n", "a: .inf\n", "null: a\n", 'a: "\\ud800"\n', "a: \0\n"])
def test_layer_that_helm_cannot_take_is_refused(layer: str, chart: Path) -> None:
    """A layer that is no YAML map, or holds what no JSON can, is the fault of the values."""
    with pytest.raises(ValuesError, match="Correct the values file"):
        open_engine(IN_PROCESS, load_chart(chart)).render(["word: one\n", layer], Release())


@pytest.mark.parametrize("layer", ["- 1\n", "text\n", "a: [\n", "a: .inf\n", "null: a\n", 'a: "\\ud800"\n', "a: \0\n"])
def test_layer_that_the_helm_binary_cannot_take_is_refused(layer: str, chart: Path, helm: Path) -> None:
    """So it is with a helm binary, and no file of ours is named that the user has never seen."""
    with pytest.raises(ValuesError, match=r"(?s)failed to parse the values file: .*Correct the values file") as caught:
        open_engine(str(helm), load_chart(chart)).render(["word: one\n", layer], Release())
    assert "values-1.yaml" not in str(caught.value)


RELEASES = [
    Release(),
    Release("a-name", "a-namespace", "v1.29.4", ("example.com/v1/Thing",), is_upgrade=True),
    Release(kube_version="1.30", api_versions=("example.com/v1", "example.com/v2/Thing")),
]


@pytest.mark.parametrize("release", RELEASES)
def test_release_reaches_the_chart(release: Release, chart: Path) -> None:
    """Name, namespace, Kubernetes version, API versions and whether it is an upgrade are what was asked for."""
    printed = rendered(open_engine(IN_PROCESS, load_chart(chart)), (), release)
    assert json.loads(printed["release"]) == {
        "Name": release.name,
        "Namespace": release.namespace,
        "IsInstall": not release.is_upgrade,
        "IsUpgrade": release.is_upgrade,
        "Revision": 1,
        "Service": "Helm",
    }
    assert printed["kubernetes"].removeprefix("v") == release.kube_version.removeprefix("v")
    assert printed["has"] == str("example.com/v1/Thing" in release.api_versions).lower()


@pytest.mark.parametrize("release", RELEASES)
def test_release_reaches_the_chart_as_with_the_helm_binary(release: Release, chart: Path, helm: Path) -> None:
    """A helm binary tells the chart the same."""
    ours, theirs = (open_engine(name, load_chart(chart)) for name in (IN_PROCESS, str(helm)))
    assert rendered(ours, (), release) == rendered(theirs, (), release)

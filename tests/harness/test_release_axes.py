"""Axes `of: release`: what a chart sees of its release and the cluster is varied, explained and reproduced."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.cli import main
from helm_nested.corpus import build_corpus
from helm_nested.engine import Release, open_in_process
from helm_nested.errors import ConfigurationError
from helm_nested.findings.unvaried_release import asked_for
from helm_nested.matrix.axes import Matrix, load_matrix
from helm_nested.matrix.combinations import combinations
from nested_templates.service_template import Selector

from .checked_project import CONFIGURATION, MATRIX, Project

LONG = "previews-" + "x" * 44  # 53, Helm's limit
AXES = f"""\
blocks: {{release: what the chart sees of the release}}
axes:
  size: {{block: release, of: values, choices: {{small: {{}}, large: {{size: large}}}}}}
  name: {{block: release, of: release, choices: {{short: null, long: {{name: {LONG}}}}}}}
  cluster:
    block: release
    of: release
    choices:
      usual: {{}}
      other: {{namespace: "2024", kubeVersion: v1.29.0, apiVersions: [example.com/v1], isUpgrade: true}}
"""
SEEN = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: seen-templates}
data:
  seen.yaml: |-
    a: {{ .Values.size }} {{ .Release.Name }} {{ .Release.Namespace }} {{ .Capabilities.KubeVersion.Version }}
    b: {{ .Capabilities.APIVersions.Has "example.com/v1" }} {{ .Release.IsUpgrade }} {{ .Release.IsInstall }}
"""


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A small nested chart whose output does not depend on the release."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


def matrix_of(folder: Path, text: str = AXES) -> Matrix:
    """The matrix with that text."""
    (folder / "axes.yaml").write_text(text, encoding="utf-8")
    return load_matrix(folder / "axes.yaml")


def with_axis(name: str, *choices: str) -> str:
    """The project's matrix and one axis of the release, as `choice: {...}` texts."""
    return f"{MATRIX}  {name}: {{block: all, of: release, choices: {{{', '.join(choices)}}}}}\n"


def findings(project: Project, check: str | None = None, *options: str) -> list[dict[str, Any]]:
    """The findings (of one check) as the command writes them."""
    assert project.check("--json", "check.json", *options)[0] in (0, 1)
    found: list[dict[str, Any]] = json.loads(Path("check.json").read_text(encoding="utf-8"))["findings"]
    return [each for each in found if check is None or each["checks"] == [check]]


def test_choices_change_what_is_rendered(tmp_path: Path) -> None:
    """Name, namespace, versions and upgrade of a combination are those of its choices, the rest as configured."""
    for name, text in {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n", "templates/seen.yaml": SEEN}.items():
        (tmp_path / "chart" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "chart" / name).write_text(text, encoding="utf-8")
    (tmp_path / "chart/values.yaml").write_text("size: small\n", encoding="utf-8")
    rows = [bytes([0, 0, 0]), bytes([1, 0, 1]), bytes([0, 1, 1]), bytes([0, 1, 0])]
    selectors = [Selector("ConfigMap", "*-templates", ("*.yaml",))]
    engine = open_in_process(load_chart(tmp_path / "chart"))
    corpus = build_corpus(engine, matrix_of(tmp_path), rows, Release("base", "here"), selectors)
    slot = corpus.templates["seen.yaml"]
    assert [slot.texts[number - 1] for number in slot.ids] == [
        "a: small base here v1.34.0\nb: false false true",
        "a: large base 2024 v1.29.0\nb: true true false",
        f"a: small {LONG} 2024 v1.29.0\nb: true true false",
        f"a: small {LONG} here v1.34.0\nb: false false true",
    ]


def test_a_release_is_made_once(tmp_path: Path) -> None:
    """Combinations that differ in values alone share one release, and without such axes it is the configured one."""
    matrix, base = matrix_of(tmp_path), Release("base")
    assert matrix.release([0, 1, 1], base) is matrix.release([1, 1, 1], base)
    assert matrix.release([0, 1, 1], base) != matrix.release([0, 1, 0], base)
    assert matrix.release([0, 1, 0], Release("base", "there")).namespace == "there"
    assert matrix.values([1, 1, 1]) == {"size": "large"}
    assert matrix_of(tmp_path, MATRIX).release([0, 0, 0, 0], base) is base


def test_they_are_ordinary_axes(tmp_path: Path) -> None:
    """They have names in a combination, are covered and are excluded like any other axis."""
    excluded = 'exclusions: [{when: {name: long, cluster: other}, reason: "never meet"}]\n'
    rows = combinations(matrix_of(tmp_path, AXES + excluded), "all", tmp_path)
    assert len(rows) == 2 * 3
    assert matrix_of(tmp_path).choices(rows[0]) == {"size": "small", "name": "short", "cluster": "usual"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("namespace:", "nmespace:", "choices.other.nmespace: unknown key. Did you mean 'namespace'?"),
        (LONG, f"{LONG}x", "choices.long.name: 'previews-xxx"),
        (LONG, f"{LONG}x", "at most 53 characters"),
        ("kubeVersion: v1.29.0", "kubeVersion: 1.29", "1.29 is not a Kubernetes version in quotes"),
        ("isUpgrade: true", "isUpgrade: 1", "choices.other.isUpgrade"),
        (
            "of: values",
            "of: vlaues",
            'axes.size.of: "vlaues" is not one of "values" or "release". Did you mean \'values\'?',
        ),
        ("block: release, of: values", "blok: release", "axes.size.blok: unknown key. Did you mean 'block'?"),
        ('namespace: "2024"', "name: c", "axes.name and axes.cluster both set 'name' of the release"),
    ],
)
def test_mistakes_are_named(old: str, new: str, words: str, tmp_path: Path) -> None:
    """A fragment that no release can have is refused with its place and the nearest name."""
    assert old in AXES
    with pytest.raises(ConfigurationError) as refused:
        matrix_of(tmp_path, AXES.replace(old, new))
    assert words in str(refused.value)


LABEL = ("      labels:\n", "      labels:\n        release: {{ .Release.Name }}-0123456789\n")
NAMES = with_axis("release-name", "short: {}", f"long: {{name: {LONG}}}")


@pytest.mark.parametrize("strength", ["all", "2"])
def test_a_defect_at_a_long_name_is_explained_by_it(project: Project, strength: str) -> None:
    """What only a long release name breaks has that choice as its reason, confirmed where it was a sample."""
    project.change("templates/templates.yaml", *LABEL)
    project.write("matrix.yaml", NAMES)
    (finding,) = findings(project, None, "--strength", strength)
    assert finding["path"] == "metadata.labels.release"
    assert finding["when"] == ["release-name=long"]
    assert finding["release"] == {"name": LONG}
    assert finding["confirmed"] is (None if strength == "all" else True)


def test_the_command_reproduces_the_release(project: Project) -> None:
    """The command that a finding prints renders the release that it was found in."""
    project.change("templates/templates.yaml", *LABEL)
    project.write("matrix.yaml", NAMES)
    _, out, _ = project.check()
    command = re.search(r"^ +helm-nested (render .*)$", out, re.MULTILINE)
    assert command is not None
    arguments = shlex.split(command[1])
    assert arguments[arguments.index("--release") + 1] == LONG
    values = Path(arguments[arguments.index("-f") + 1])
    assert LONG in values.read_text(encoding="utf-8")
    assert main(arguments) == 0
    rendered = [file.read_text(encoding="utf-8") for file in Path(arguments[-1]).rglob("*.yaml")]
    assert any(f"release: {LONG}-0123456789" in text for text in rendered)


READS = {
    "name": "{{ .Release.Name | trunc 50 | quote }}",
    "namespace": "{{ .Release.Namespace | quote }}",
    "isUpgrade": "{{ .Release.IsInstall | quote }}",
    "kubeVersion": '{{ semverCompare ">=1.33-0" .Capabilities.KubeVersion.Version | quote }}',
    "apiVersions": '{{ .Capabilities.APIVersions.Has "example.com/v1/Thing" | quote }}',
}
AXIS = {
    "name": "{name: other}",
    "namespace": "{namespace: other}",
    "isUpgrade": "{isUpgrade: true}",
    "kubeVersion": "{kubeVersion: v1.29.0}",
    "apiVersions": "{apiVersions: [example.com/v1/Thing]}",
}


@pytest.mark.parametrize("field", READS)
def test_what_no_axis_varies_is_a_finding(project: Project, field: str) -> None:
    """A chart that reads something of the release has a finding until an axis varies it."""
    project.change("templates/templates.yaml", "      size: {{ .Values.size }}", f"      size: {READS[field]}")
    project.write("matrix.yaml", MATRIX)
    project.write("helm-nested.yaml", CONFIGURATION.replace('["1.34"]', '["1.32", "1.34"]'))
    (finding,) = findings(project, "unvaried-release")
    assert finding["path"] == f"release.{field}"
    assert "changes what the scenario 'default' renders, and no axis of the matrix sets it" in finding["message"]
    assert list(finding["release"]) == [field]
    project.write("matrix.yaml", with_axis("seen", "usual: {}", f"other: {AXIS[field]}"))
    assert findings(project, "unvaried-release") == []


@pytest.mark.parametrize("field", READS)
def test_what_is_read_under_a_choice_alone_is_a_finding(project: Project, field: str) -> None:
    """Where no scenario reads it a combination does, and the command that is printed has the choice with it."""
    seen = f'{{{{ if eq .Values.size "large" }}}}{READS[field]}{{{{ else }}}}small{{{{ end }}}}'
    project.change("templates/templates.yaml", "      size: {{ .Values.size }}", f"      size: {seen}")
    project.write("helm-nested.yaml", CONFIGURATION.replace('["1.34"]', '["1.32", "1.34"]'))
    (finding,) = findings(project, "unvaried-release")
    assert finding["path"] == f"release.{field}"
    assert "size=large" in finding["message"]
    assert finding["values"]["size"] == "large"
    assert list(finding["release"]) == [field]
    project.write("matrix.yaml", with_axis("seen", "usual: {}", f"other: {AXIS[field]}"))
    assert findings(project, "unvaried-release") == []


def test_a_version_that_a_choice_brings_is_not_taken_away_by_the_way(project: Project) -> None:
    """A combination is compared with itself and one version more: what its own choices add stays."""
    project.change(
        "templates/templates.yaml",
        "      size: {{ .Values.size }}",
        f"      size: {READS['apiVersions']}\n      # apiVersion: example.com/v2",
    )
    project.write("matrix.yaml", with_axis("cluster", "usual: {}", f"other: {AXIS['apiVersions']}"))
    assert findings(project, "unvaried-release") == []


@pytest.mark.parametrize("read", ["(.Capabilities).APIVersions.Has", "$capabilities.APIVersions.Has"])
def test_api_versions_are_found_however_they_are_read(project: Project, read: str) -> None:
    """They are tried unless all that is read of the capabilities is the version of Kubernetes or Helm."""
    variable = "{{ $capabilities := .Capabilities }}{{ .Capabilities.KubeVersion.Version | trunc 0 }}"
    line = f'      size: {variable}{{{{ {read} "example.com/v1/Thing" | quote }}}}'
    project.change("templates/templates.yaml", "      size: {{ .Values.size }}", line)
    assert [each["path"] for each in findings(project, "unvaried-release")] == ["release.apiVersions"]


def test_every_command_shows_its_change(project: Project) -> None:
    """Each thing of the release that a finding can need is an option of `render`, and makes another output."""
    lines = "\n".join(f"        - {each}" for each in READS.values())
    project.change("templates/templates.yaml", "      size: {{ .Values.size }}", f"      size:\n{lines}")
    project.write("helm-nested.yaml", CONFIGURATION.replace('["1.34"]', '["1.32", "1.34"]'))
    _, out, _ = project.check()
    found = re.findall(
        r"^ +helm-nested (render .*(--release|--namespace|--kube-v|--api-v|--is-up).*)$", out, re.MULTILINE
    )
    assert [option for _, option in found] == ["--release", "--namespace", "--is-up", "--kube-v", "--api-v"]
    outputs = {""}
    for command in ("render --out usual", *(command for command, _ in found)):
        assert main(shlex.split(command)) == 0
        folder = Path(shlex.split(command)[-1])
        outputs.add("".join(sorted(file.read_text(encoding="utf-8") for file in folder.rglob("*note.yaml"))))
    assert len(outputs) == 2 + len(READS)


def test_an_api_version_of_the_configuration_is_taken_away(project: Project) -> None:
    """What the configuration says the cluster has may be missing in another cluster."""
    project.change("templates/templates.yaml", "      size: {{ .Values.size }}", f"      size: {READS['apiVersions']}")
    release = "release: {apiVersions: [example.com/v1/Thing]}\n"
    project.write("helm-nested.yaml", release + CONFIGURATION)
    (finding,) = findings(project, "unvaried-release")
    assert finding["message"].startswith("taking 'example.com/v1/Thing' away changes")
    assert finding["release"] == {"apiVersions": []}
    project.write("matrix.yaml", with_axis("cluster", "with: {}", "without: {apiVersions: []}"))
    assert findings(project, "unvaried-release") == []


@pytest.mark.parametrize("asked", [(), (0,), (6,), (2, 3), (0, 3, 5, 6)])
def test_versions_that_change_something_are_found_among_many(asked: tuple[int, ...]) -> None:
    """Each that changes something alone is told, and no other, though they are tried many at a time."""
    versions = [f"example.com/v{number}" for number in range(7)]
    wanted = [versions[number] for number in asked]
    tried: list[Sequence[str]] = []

    def change_together(together: Sequence[str]) -> bool:
        tried.append(together)
        return any(version in wanted for version in together)

    assert asked_for(versions, change_together) == wanted
    assert len(tried) <= 6 + 6 * len(wanted)
    assert asked_for([], change_together) == []
    assert asked_for(versions[:1], change_together) == wanted[:1] * (0 in asked)


def test_a_version_is_found_though_another_one_hides_it() -> None:
    """What a chart does only where it has one version and not another one is seen, whichever two these are."""
    versions = [f"example.com/v{number}" for number in range(9)]
    for shown, hiding in permutations(versions, 2):
        assert asked_for(versions, lambda some: shown in some and hiding not in some) == [shown]  # noqa: B023


def test_a_failure_to_render_is_a_change(project: Project) -> None:
    """A chart that refuses an upgrade reads whether it is one."""
    project.change(
        "templates/templates.yaml",
        "kind: ConfigMap\nmeta",
        'kind: ConfigMap\n{{ if .Release.IsUpgrade }}{{ fail "no" }}{{ end }}\nmeta',
    )
    assert [each["path"] for each in findings(project, "unvaried-release")] == ["release.isUpgrade"]


def test_what_is_random_or_only_a_note_is_no_change(project: Project) -> None:
    """What differs in every render says nothing of the release, and nothing in NOTES.txt is checked."""
    project.write("chart/templates/NOTES.txt", "{{ .Release.Name }}\n")
    random = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: {{ randAlphaNum 30 }}}\n"
    project.write("chart/templates/secret.yaml", random)
    assert findings(project, "unvaried-release") == []


def test_versions_that_the_chart_does_not_claim_are_left_out(project: Project) -> None:
    """A Kubernetes version that Chart.yaml refuses is none that a user can be in."""
    project.change("templates/templates.yaml", "      size: {{ .Values.size }}", f"      size: {READS['kubeVersion']}")
    project.write("helm-nested.yaml", CONFIGURATION.replace('["1.34"]', '["1.32", "1.34"]'))
    assert findings(project, "unvaried-release")
    project.change("Chart.yaml", "version: 0.1.0\n", 'version: 0.1.0\nkubeVersion: ">=1.33-0"\n')
    assert findings(project, "unvaried-release") == []


def test_references_are_looked_up_in_the_combinations_namespace(project: Project) -> None:
    """An object without a namespace is in the release's, so what refers to it from a fixed one is lost elsewhere."""
    project.change(
        "templates/templates.yaml",
        '      name: "${NAME}"\n      labels:',
        '      name: "${NAME}"\n      namespace: default\n      labels:',
    )
    project.change(
        "templates/templates.yaml",
        "          volumeMounts:\n",
        "          envFrom:\n            - configMapRef: {name: previews-variables}\n          volumeMounts:\n",
    )
    variables = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: previews-variables}\ndata: {a: b}\n"
    project.write("chart/templates/variables.yaml", variables)
    project.write("matrix.yaml", with_axis("release-namespace", "default: {}", "other: {namespace: other}"))
    (finding,) = findings(project)
    assert finding["checks"] == ["reference"]
    assert finding["when"] == ["release-namespace=other"]
    assert "only in other" in finding["message"]

"""A small chart of letters with its properties, mutated once for all tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helm_nested.cli import main

FILES = {
    "helm-nested.yaml": """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: "*-templates", keys: ["*.yaml"]}]
contract: contract.schema.json
argumentSets: [arguments.yaml]
scenarios: [loud.yaml]
matrix: axes.yaml
refused: refused.yaml
mutation:
  tests: [tests]
  ignore: ["tests/test_snapshot.py*"]
  exclude: {templates/NOTES.txt: it is prose}
  reasons: same.yaml
""",
    "axes.yaml": """\
blocks: {all: everything}
axes:
  voice: {block: all, choices: {soft: {}, loud: {loud: true}}}
  copies: {block: all, choices: {one: {}, two: {copies: 2}}}
""",
    "refused.yaml": "refused: [{name: none, values: {copies: 0}, by: chart, message: at least one copy}]\n",
    "same.yaml": """\
same:
  - {template: "*.tpl", line: '{{- $unused := "nothing" }}', change: line deleted, reason: nothing reads it}
  - {template: "*", line: "*nindent*", change: 4 -> 5, reason: YAML takes any indentation}
""",
    "loud.yaml": "loud: true\n",
    "arguments.yaml": "arguments: {NAME: a}\n",
    "contract.schema.json": json.dumps(
        {"type": "object", "required": ["NAME"], "properties": {"NAME": {"type": "string", "x-position": "scalar"}}}
    ),
    "chart/Chart.yaml": "apiVersion: v2\nname: letters\nversion: 1.0.0\n",
    "chart/values.yaml": "loud: false\ncopies: 1\nmarks: {a: b}\n",
    "chart/templates/NOTES.txt": "Letters go out.\n",
    "chart/templates/letters.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-templates
data:
  letter.yaml: |-
    {{- include "letters.letter" . | nindent 4 }}
""",
    "chart/templates/_letter.tpl": """\
{{- define "letters.letter" -}}
{{- $name := "voice" }}
{{- $unused := "nothing" }}
{{- if lt (int .Values.copies) 1 }}
{{- fail "at least one copy" }}
{{- end -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: "${NAME}"
  annotations:
    {{- toYaml .Values.marks | nindent 4 }}
data:
  {{- if eq (int .Values.copies) 7 }}
  lucky: "seven"
  {{- end }}
  {{ $name }}: {{ ternary "LOUD" "soft" .Values.loud }}
  greeting: "Dear"
{{- end }}
""",
    "pytest.ini": "[pytest]\n",
    "tests/test_strong.py": '''\
from helm_nested.pytest_plugin import over

@over()
def test_kind(document):
    """All that is installed or filled is a ConfigMap, and a letter has its own name."""
    assert (document["apiVersion"], document["kind"]) == ("v1", "ConfigMap")
    assert document["metadata"]["name"] in ("a", "release-templates")

@over(stage="filled")
def test_marks(document):
    """A letter is marked."""
    assert document["metadata"]["annotations"] == {"a": "b"}

@over(stage="filled")
def test_voice(document, choices):
    """The voice is loud exactly if it was asked for."""
    assert document["data"]["voice"] == {"soft": "soft", "loud": "LOUD"}[choices["voice"]]
''',
    "tests/test_weak.py": '''\
from helm_nested.pytest_plugin import over

@over(stage="filled")
def test_greeting(document):
    """There is a greeting."""
    assert document["data"]["greeting"]
''',
    "tests/test_own.py": '''\
import os
from pathlib import Path
from helm_nested.chart import load_chart
from helm_nested.engine import Release, open_in_process

def test_lucky():
    """Seven copies are lucky, and six are not."""
    engine = open_in_process(load_chart(Path(os.environ.get("HELM_NESTED_CHART", "chart"))))
    for copies, words in ((6, 0), (7, 1)):
        text = engine.render(["copies: %d" % copies], Release()).manifests[0].text
        assert text.count('lucky: "seven"') == words
''',
    "tests/test_source.py": '''\
import os
from pathlib import Path

def test_no_template_speaks_of_everything():
    """No template has a text of its own for everything."""
    for file in Path(os.environ.get("HELM_NESTED_CHART", "chart"), "templates").iterdir():
        assert "nothingx" not in file.read_text()
''',
    "tests/test_snapshot.py": '''\
from helm_nested.pytest_plugin import over

@over(stage="filled")
def test_snapshot(document):
    """A letter is as it was."""
    assert document["data"]["greeting"] == "Dear"
''',
    "tests/test_other.py": '''\
from helm_nested.pytest_plugin import over

@over(stage="filled")
def test_without_a_promise(document):
    assert document["data"]["greeting"] == "Dear"

def test_of_something_else():
    """One and one are two."""
    assert 1 + 1 == 2
''',
}


GREETING = ('greeting: "Dear"', '"Dear" -> "Dearx"')


# The refusal's words are still in the longer text.
WORDS = ('{{- fail "at least one copy" }}', '"at least one copy" -> "at least one copyx"')


Mutants = Callable[..., "Ran"]


class Ran:
    """One run: its exit status, what was printed, and what was written."""

    def __init__(self, status: int, printed: str, folder: Path) -> None:
        self.status = status
        self.printed = printed
        file = folder / "mutants.json"
        self.json: Any = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        page = folder / "out" / "index.html"
        self.page = page.read_text(encoding="utf-8") if page.exists() else ""
        results = folder / "out" / "results.jsonl"
        self.kept = results.read_text(encoding="utf-8").splitlines() if results.exists() else []

    def of(self, source: str, change: str) -> Any:
        """What became of one mutant."""
        (found,) = [each for each in self.json["mutants"] if (each["source"], each["change"]) == (source, change)]
        return found

    def survivors(self) -> set[tuple[str, str]]:
        """Source and change of those that survive."""
        return {
            (each["source"], each["change"])
            for each in self.json["mutants"]
            if each["status"] == "survived" and each["reason"] is None
        }


def write(folder: Path) -> None:
    """The small project."""
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def mutants(folder: Path, capfd: pytest.CaptureFixture[str], *options: str) -> Ran:
    """Run the command there."""
    file = folder / "mutants.json"
    file.unlink(missing_ok=True)
    where = ["--config", str(folder / "helm-nested.yaml"), "--out", str(folder / "out"), "--json", str(file)]
    capfd.readouterr()
    status = main(["mutants", *where, "--jobs", "1", *options])
    out, err = capfd.readouterr()
    return Ran(status, out + err, folder)


@pytest.fixture(scope="session")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project, its mutants tried."""
    folder = tmp_path_factory.mktemp("tried")
    write(folder)
    arguments = ["--config", str(folder / "helm-nested.yaml"), "--out", str(folder / "out"), "--jobs", "1"]
    assert main(["mutants", *arguments, "--json", str(folder / "mutants.json")]) == 1
    return folder


@pytest.fixture
def folder(tried: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return Path(shutil.copytree(tried, tmp_path / "project"))

"""A small nested chart with a matrix, and check as it is run on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helm_nested.cli import main

from .written_files import WrittenFiles

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: previews\nversion: 0.1.0\n",
    "values.yaml": "size: small\ncache: false\nmetrics: false\nowner: nobody\n",
    "values.schema.json": json.dumps(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "additionalProperties": False,
            "properties": {
                "size": {"enum": ["small", "large", "huge"]},
                "cache": {"type": "boolean"},
                "metrics": {"type": "boolean"},
                "owner": {"type": "string"},
            },
        }
    ),
    "templates/templates.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: previews-templates
data:
  pod.yaml: |-
    apiVersion: v1
    kind: Pod
    metadata:
      name: "${NAME}"
      labels:
        owner: {{ .Values.owner }}
    spec:
      containers:
        - name: main
          image: "${IMAGE}"
          {{- if .Values.metrics }}
          ports:
            - containerPort: 9000
          {{- end }}
          volumeMounts:
            - name: scratch
              mountPath: /scratch
      volumes:
        - name: scratch
          emptyDir: {}
        {{- if .Values.cache }}
        - name: cache
          emptyDir: {}
        {{- end }}
  note.yaml: |-
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: "${NAME}-note"
    data:
      size: {{ .Values.size }}
""",
    "ci/default-values.yaml": "# nothing\n{}\n",
}


# The volume `cache` has no mount on purpose: the chart as it is has this one finding, unless it is mounted.
MOUNTED = (
    "              mountPath: /scratch\n",
    (
        "              mountPath: /scratch\n            {{- if .Values.cache }}\n            - name: cache\n"
        "              mountPath: /cache\n            {{- end }}\n"
    ),
)


MATRIX = """\
blocks: {all: everything}
axes:
  size: {block: all, choices: {small: {}, large: {size: large}, huge: {size: huge}}}
  cache: {block: all, choices: {without: {}, with: {cache: true}}}
  metrics: {block: all, choices: {without: {}, with: {metrics: true}}}
  owner: {block: all, choices: {nobody: {}, somebody: {owner: somebody}}}
"""


CONFIGURATION = """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: "*-templates", keys: ["*.yaml"]}]
contract: contract.json
argumentSets: ["sets/*.yaml"]
scenarios: ["chart/ci/*.yaml"]
matrix: matrix.yaml
refused: refused.yaml
checks:
  kubernetes: ["1.34"]
"""


CONTRACT = {
    "properties": {
        name: {"type": "string", "x-position": "scalar", "description": "x", "examples": ["x"]}
        for name in ("NAME", "IMAGE")
    }
}


OWN_CHECK = (
    "from helm_nested.checking.model import Check\n"
    "def run(subject):\n    raise RuntimeError('oops')\n"
    "CHECK = Check('mine', 'document', 'x', run, ('a: b',), ('a: c',))\n"
)


REFUSED = 'refused: [{name: size, values: {size: tiny}, by: schema, message: "size"}]\n'


class Project(WrittenFiles):
    """A small nested chart in a folder, and the command run on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        for name, text in CHART.items():
            self.write(f"chart/{name}", text)
        self.change("templates/templates.yaml", *MOUNTED)
        self.write("matrix.yaml", MATRIX)
        self.write("helm-nested.yaml", CONFIGURATION)
        self.write("contract.json", json.dumps(CONTRACT))
        self.write("sets/one.yaml", "arguments: {NAME: one, IMAGE: a}\n")
        self.write("sets/two.yaml", "arguments: {NAME: two, IMAGE: b}\n")
        self.write("refused.yaml", REFUSED)

    def check(self, *options: str) -> tuple[int, str, str]:
        """Exit status, stdout and stderr of the command."""
        arguments = ["check", "--config", str(self.folder / "helm-nested.yaml"), *options]
        status = main([*arguments, "--findings", str(self.folder / "findings")])
        captured = self._capsys.readouterr()
        return status, captured.out, captured.err


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, whose chart is right."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


def findings(project: Project, *options: str) -> list[dict[str, object]]:
    """The findings in the JSON that the command writes."""
    project.check("--json", str(project.folder / "check.json"), *options)
    document = json.loads((project.folder / "check.json").read_text(encoding="utf-8"))
    found: list[dict[str, object]] = document["findings"]
    return found

"""A small nested chart in a git repository of its own, to change and to compare."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from helm_nested.cli import main

from .written_files import WrittenFiles

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: previews\nversion: 0.1.0\n",
    "values.yaml": "size: small\ncache: false\nowner: nobody\naccount: true\n",
    "values.schema.json": json.dumps(
        {
            "additionalProperties": False,
            "properties": {
                "size": {"enum": ["small", "large", "huge"]},
                "cache": {"type": "boolean"},
                "owner": {"type": "string"},
                "account": {"type": "boolean"},
            },
        }
    ),
    "templates/_pod.tpl": """\
{{- define "previews.container" -}}
name: main
image: "${IMAGE}"
resources: {limits: {memory: 1Gi}}
{{- end }}
""",
    "templates/templates.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: previews-templates
data:
  deployment.yaml: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: "${NAME}"
      labels:
        owner: {{ .Values.owner }}
    spec:
      replicas: 1
      template:
        spec:
          containers:
            - {{- include "previews.container" . | nindent 14 }}
          {{- if .Values.cache }}
          volumes:
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
    "templates/account.yaml": """\
{{- if .Values.account }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: previews
{{- end }}
""",
}
MATRIX = """\
blocks: {all: everything}
axes:
  size: {block: all, choices: {small: {}, large: {size: large}, huge: {size: huge}}}
  cache: {block: all, choices: {without: {}, with: {cache: true}}}
  owner: {block: all, choices: {nobody: {}, somebody: {owner: somebody}}}
  account: {block: all, choices: {made: {}, left: {account: false}}}
"""
COMBINATIONS = 24
CONFIGURATION = """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: "*-templates", keys: ["*.yaml"]}]
contract: contract.json
argumentSets: ["sets/*.yaml"]
scenarios: ["sets/*.yaml"]
matrix: matrix.yaml
"""
CONTRACT = {
    "properties": {
        name: {"type": "string", "x-position": "scalar", "description": "x", "examples": ["x"]}
        for name in ("NAME", "IMAGE")
    }
}
# Nothing of the machine's own settings, and somebody to commit as.
GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Tester",
    "GIT_AUTHOR_EMAIL": "tester@example.com",
    "GIT_COMMITTER_NAME": "Tester",
    "GIT_COMMITTER_EMAIL": "tester@example.com",
    "PATH": os.environ["PATH"],
}


class Repository(WrittenFiles):
    """The chart with all that belongs to it, committed on `main`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        for name, text in CHART.items():
            self.write(f"chart/{name}", text)
        self.write("matrix.yaml", MATRIX)
        self.write("helm-nested.yaml", CONFIGURATION)
        self.write("contract.json", json.dumps(CONTRACT))
        self.write("sets/one.yaml", "arguments: {NAME: one, IMAGE: a}\n")
        self.write("sets/two.yaml", 'arguments: {NAME: "2", IMAGE: b}\n')
        self.write(".gitignore", "build/\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()

    def git(self, *arguments: str) -> str:
        """What git says."""
        return subprocess.run(
            [str(shutil.which("git")), *arguments], cwd=self.folder, env=GIT, check=True, capture_output=True, text=True
        ).stdout

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")

    def diff(self, *options: object, base: str = "main") -> int:
        """The exit status of the command."""
        configuration = self.folder / "helm-nested.yaml"
        return main(["diff", "--base", base, "--config", str(configuration), *map(str, options)])

    def compared(self, *options: object, base: str = "main") -> dict[str, Any]:
        """What the command writes as JSON; its exit status is the answer to whether anything changed."""
        file = self.folder / "build" / "diff.json"
        status = self.diff("--json", file, *options, base=base)
        said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        assert status == any(change["what"] != "text" for change in said["changes"])
        return said


def only(said: dict[str, Any]) -> dict[str, Any]:
    """The one change there is."""
    (change,) = said["changes"]
    found: dict[str, Any] = change
    return found

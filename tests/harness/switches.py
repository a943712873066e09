"""A chart with a service template and switches a, b, c, d and e, and its configuration, written into a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helm_nested.cli import main

from .written_files import WrittenFiles

JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: "${NAME}"}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "x:1"}]
"""
CONTRACT = {
    "properties": {
        "NAME": {"type": "string", "x-position": "scalar"},
        "SECONDS": {"x-position": "value"},
    },
    "required": ["NAME", "SECONDS"],
}


class Switches(WrittenFiles):
    """The chart in a folder; what `check` says of it, as JSON."""

    def __init__(self, folder: Path, template: str = JOB, before: str = "") -> None:
        self.folder = folder
        self.write("chart/Chart.yaml", "{apiVersion: v2, name: switches, version: 0.1.0}")
        self.write("chart/values.yaml", json.dumps(dict.fromkeys("abcde", False)))
        body = "".join(f"    {line}\n" for line in template.splitlines())
        self.write(
            "chart/templates/map.yaml",
            f"{before}apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: texts}}\ndata:\n  job.yaml: |-\n{body}",
        )
        self.write("contract.json", json.dumps(CONTRACT))
        self.write("sets/first.yaml", "{description: a number, arguments: {NAME: a, SECONDS: 1}}")
        self.write("sets/second.yaml", "{description: a word, arguments: {NAME: a, SECONDS: soon}}")
        self.write("values/default.yaml", "{}")
        axes = {name: {"block": "all", "choices": {"no": {}, "yes": {name: True}}} for name in "abcde"}
        self.write("matrix.yaml", json.dumps({"blocks": {"all": "all"}, "axes": axes}))
        self.configure()

    def configure(self, selectors: object = None, *, matrix: bool = True, **checks: object) -> None:
        """Write the configuration with these selectors and checks, and with or without the matrix."""
        chosen = selectors or [{"kind": "ConfigMap", "name": "texts", "keys": ["*.yaml"]}]
        self.write(
            "helm-nested.yaml",
            json.dumps(
                {
                    "chart": "chart",
                    "serviceTemplates": chosen,
                    "contract": "contract.json",
                    "argumentSets": ["sets/*.yaml"],
                    "scenarios": ["values/*.yaml"],
                    **({"matrix": "matrix.yaml"} if matrix else {}),
                    "checks": {name: value for name, value in {"kubernetes": ["1.34"], **checks}.items() if value},
                }
            ),
        )

    def check(self, *options: str) -> int:
        """The exit status of `check` with these options."""
        own = ("--config", str(self.folder / "helm-nested.yaml"), "--findings", str(self.folder / "findings"))
        return main(["check", *own, "--json", str(self.folder / "check.json"), *options])

    def findings(self, *options: str) -> list[dict[str, Any]]:
        """The findings of `check` with these options, without those of values that nothing reads or varies."""
        assert self.check(*options) in (0, 1)
        outcome = json.loads((self.folder / "check.json").read_text())
        return [
            finding
            for finding in outcome["findings"]
            if not finding["checks"][0].startswith(("unvaried", "value-without"))
        ]


def refused_with(capsys: pytest.CaptureFixture[str]) -> str:
    """What `check` printed as its error."""
    return capsys.readouterr().err

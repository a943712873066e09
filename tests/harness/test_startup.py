"""A command starts fast: what it does not need it does not import, and what is the same is done once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from helm_nested.cli import main

# Each takes from 10 ms (covertable) to 60 ms (jsonschema, kubernetes_validate with what they bring).
SLOW = ("covertable", "jinja2", "jsonschema", "kubernetes_validate", "referencing", "tqdm", "xml.etree.ElementTree")
ENGINE = ("helm_python", "importlib.metadata")
TEMPLATES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: templates}
data:
  note.yaml: |-
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: "${NAME}"}
    data: {a: "{{ .Values.a }}", b: "{{ .Values.b }}", c: "{{ .Values.c }}"}
"""
WRONG = TEMPLATES.replace("data: {a", "{{ if .Values.a }}dta{{ else }}data{{ end }}: {a")
CONFIGURATION = """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: templates, keys: ["*.yaml"]}]
contract: contract.json
argumentSets: [set.yaml]
scenarios: [chart/values.yaml]
matrix: matrix.yaml
checks: {kubernetes: ["1.33", "1.34"], modules: [counting.py]}
"""
AXIS = "{block: all, choices: {without: {}, with: {%s: true}}}"
FILES = {
    "chart/Chart.yaml": "apiVersion: v2\nname: small\nversion: 0.1.0\nkubeVersion: '>=1.29.0-0'\n",
    "chart/values.yaml": "a: false\nb: false\nc: false\n",
    "chart/templates/templates.yaml": TEMPLATES,
    "contract.json": json.dumps(
        {
            "properties": {"NAME": {"$ref": "#/definitions/name", "x-position": "scalar"}},
            "definitions": {"name": {"type": "string"}},
        }
    ),
    "set.yaml": "arguments: {NAME: one}\n",
    "matrix.yaml": "blocks: {all: all}\naxes:\n" + "".join(f"  {name}: {AXIS % name}\n" for name in "abc"),
    "helm-nested.yaml": CONFIGURATION,
    "counting.py": """\
from helm_nested.checking.model import Check

def run(subject):
    with open("calls", "a", encoding="utf-8") as file:
        file.write("x")
    return []

CHECK = Check("counting", "document", "counts", run, ("a: b",), ())
""",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small nested chart that is right, in the current directory."""
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def imported(*arguments: str) -> set[str]:
    """The modules that a process has which runs the command."""
    code = (
        "import json, sys\nfrom helm_nested.cli import main\n"
        "try:\n    status = main(sys.argv[1:])\nexcept SystemExit as ended:\n    status = ended.code\n"
        "print(json.dumps([status, sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, timeout=120
    )
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize("command", [[], ["check"], ["render"]])
def test_help_imports_nothing_slow(command: list[str]) -> None:
    """The help of the tool and of its commands comes without the engine and without any library a command needs."""
    assert imported(*command, "--help") & {*SLOW, *ENGINE} == set()


def test_a_first_look_imports_nothing_it_does_not_need(project: Path) -> None:
    """A check at strength 2 that finds nothing, off a terminal and with a known matrix, goes without these."""
    assert main(["check", "--strength", "2"]) == 0
    assert imported("check", "--strength", "2") & set(SLOW) == set()
    assert (project / "calls").exists()


def test_extra_renders_meet_only_the_check_that_failed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirming a finding runs no other check: one that passed has seen each distinct document once."""
    (project / "chart/templates/templates.yaml").write_text(WRONG, encoding="utf-8")
    monkeypatch.chdir(project)
    assert main(["check", "--strength", "2", "--json", "outcome.json"]) == 1
    outcome = json.loads((project / "outcome.json").read_text(encoding="utf-8"))
    assert [(each["checks"], each["when"], each["confirmed"]) for each in outcome["findings"]] == [
        (["kubernetes-schema"], ["a=with"], True)
    ]
    assert len((project / "calls").read_text(encoding="utf-8")) == outcome["distinct_documents"]

"""The check `selector-changes`: arguments that change in fields that may not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.check_registry import load_checks
from helm_nested.check_run import run
from helm_nested.checks import TemplateSubject
from helm_nested.configuration import load_configuration
from helm_nested.errors import ContractError
from helm_nested.findings.pipeline_failure import NOT_FILLED
from nested_templates.contract import ArgumentSet, Contract, load_argument_sets, load_contract
from nested_templates.dialect import open_dialect
from nested_templates.service_template import ServiceTemplate

from .switches import Switches

ROOT = Path(__file__).resolve().parents[2]
CHECK = next(check for check in load_checks() if check.name == "selector-changes")
ARGUMENTS: dict[str, Any] = {
    "NAME": "a",
    "TAG": "b",
    "COUNT": 3,
    "ENV": [],
    "LINE": "a: b",
    "FIXED": "c",
    "MAP": {"a": "b"},
}
MATCH_LABELS = "spec.selector.matchLabels"
POSITIONS = {"ENV": "value", "MAP": "value", "LINE": "entry"}
CONTRACT = Contract(
    {
        "properties": {
            name: {"x-position": POSITIONS.get(name, "scalar"), "x-changes": name not in ("NAME", "FIXED")}
            for name in ARGUMENTS
        }
    },
    "a test's contract",
)


def found(text: str, dialect: str = "string-template") -> list[tuple[str, str]]:
    """Path and message of each problem of a template."""
    template = ServiceTemplate("ConfigMap/a", "a.yaml", text, open_dialect(dialect, "a test", ROOT))
    subject = TemplateSubject(template, CONTRACT, ArgumentSet("a", "", (), ARGUMENTS))
    return [(problem.path, problem.message) for problem in CHECK.run(subject)]


def an_object(kind: str, spec: str, name: str = "${NAME}", api_version: str = "apps/v1") -> str:
    """An object with that spec."""
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("text", "path", "name"),
    [
        (an_object("Deployment", "{selector: {matchLabels: {tag: '${TAG}'}}}"), "spec.selector.matchLabels.tag", "TAG"),
        (an_object("DaemonSet", "{selector: {matchLabels: {'${TAG}': a}}}"), "spec.selector.matchLabels", "TAG"),
        (an_object("Deployment", "{selector: {matchLabels: {n: '${COUNT}'}}}"), "spec.selector.matchLabels.n", "COUNT"),
        (an_object("StatefulSet", "{serviceName: '${TAG}'}"), "spec.serviceName", "TAG"),
        (
            an_object("StatefulSet", "{volumeClaimTemplates: [{metadata: {name: a, labels: {n: '${TAG}'}}}]}"),
            "spec.volumeClaimTemplates[0].metadata.labels.n",
            "TAG",
        ),
        (
            an_object("Job", "{template: {spec: {containers: [{env: ${ENV}}]}}}", api_version="batch/v1"),
            "spec.template.spec.containers[0].env[0]",
            "ENV",
        ),
        (an_object("Job", "{completions: ${COUNT}}", api_version="batch/v1"), "spec.completions", "COUNT"),
        (
            an_object("Job", "{podFailurePolicy: {rules: [{action: '${TAG}'}]}}", api_version="batch/v1"),
            "spec.podFailurePolicy.rules[0].action",
            "TAG",
        ),
        (an_object("Deployment", "{selector: {matchLabels: ${MAP}}}"), MATCH_LABELS, "MAP"),
        (
            an_object("Deployment", "\n  selector:\n    matchLabels:\n      ${LINE}"),
            "spec.selector.matchLabels",
            "LINE",
        ),
        # The labels are written once and meant twice.
        (
            an_object(
                "Deployment", "{template: {metadata: {labels: &a {tag: '${TAG}'}}}, selector: {matchLabels: *a}}"
            ),
            "spec.selector.matchLabels.tag",
            "TAG",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nimmutable: true\ndata: {tag: '${TAG}'}\n",
            "data.tag",
            "TAG",
        ),
    ],
)
def test_an_argument_that_changes_is_told_where_nothing_may(text: str, path: str, name: str) -> None:
    """In a value, a key, a list or an alias, whatever the position of the argument."""
    problems = found(text)
    assert {place for place, _ in problems} == {path}
    assert all(f"it holds the argument {name}, which changes." in message for _, message in problems)


@pytest.mark.parametrize(
    "text",
    [
        an_object("Deployment", "{selector: {matchLabels: {app: '${NAME}', a: '${FIXED}'}}, replicas: ${COUNT}}"),
        an_object("Deployment", "{template: {metadata: {labels: {tag: '${TAG}'}}}}"),
        an_object("StatefulSet", "{template: {spec: {containers: [{image: '${TAG}'}]}}}"),
        an_object("CronJob", "{jobTemplate: {spec: {template: {a: '${TAG}'}}}}", api_version="batch/v1"),
        # An indexed Job may grow together with its parallelism.
        an_object("Job", "{completionMode: Indexed, completions: ${COUNT}, parallelism: ${COUNT}}"),
        an_object("Job", "{backoffLimit: ${COUNT}, activeDeadlineSeconds: ${COUNT}}", api_version="batch/v1"),
        # Another name is another object.
        an_object("Job", "{template: {a: '${TAG}'}}", "a-${TAG}", "batch/v1"),
        an_object("Deployment", "{selector: {matchLabels: {tag: '${TAG}'}}}", api_version="example.com/v1"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {tag: '${TAG}'}\n",
        # Not filled or not read: told as that.
        an_object("Deployment", "{selector: '${UNKNOWN}'}"),
        an_object("Deployment", "{selector: ${TAG}: ["),
    ],
)
def test_what_may_change_is_no_problem(text: str) -> None:
    """What stays, fields that an update may change, and objects that no update is for."""
    assert found(text) == []


def test_the_dialect_makes_no_difference() -> None:
    """A filter or a condition around the argument is no hiding place."""
    text = an_object("Deployment", "{selector: {matchLabels: {tag: 'v{{ TAG | lower }}'}}}", "a")
    assert found(text, "jinja2") == [
        ("spec.selector.matchLabels.tag", "spec.selector may not change, and it holds the argument TAG, which changes.")
    ]


def test_a_selector_of_the_chart_with_the_version_in_it_is_told() -> None:
    """The chart's contract says of GIT_TAG that it changes."""
    contract = load_contract(ROOT / "schemas" / "contract.schema.json")
    sets = load_argument_sets(sorted((ROOT / "schemas" / "argument-sets").glob("*.yaml")), contract)
    text = an_object("Deployment", "{selector: {matchLabels: {app: '${RESOURCE_NAME}', revision: '${GIT_TAG}'}}}", "a")
    for argument_set in sets:
        (problem,) = CHECK.run(TemplateSubject(ServiceTemplate("ConfigMap/a", "a", text), contract, argument_set))
        assert problem.path == "spec.selector.matchLabels.revision"


def test_x_changes_is_true_or_false() -> None:
    """Another word is refused, because it would be taken for one of them."""
    with pytest.raises(ContractError, match=r"A has x-changes 'no'\. Set it to true or false"):
        Contract({"properties": {"A": {"x-position": "scalar", "x-changes": "no"}}}, "a test's contract")


def test_what_cannot_be_filled_is_told_beside_it(tmp_path: Path) -> None:
    """A selector that changes is no reason why the template cannot be filled with another argument set."""
    template = an_object("Deployment", "{selector: {matchLabels: {tag: '${TAG}'}}, x: '${MORE}'}").replace(
        "\n", "\n    "
    )
    names = ("NAME", "TAG", "MORE")
    properties = {name: {"type": "string", "x-position": "scalar", "x-changes": name == "TAG"} for name in names}
    texts = {
        "chart/Chart.yaml": "apiVersion: v2\nname: small\nversion: 0.1.0\n",
        "chart/values.yaml": "a: 1\n",
        "chart/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.yaml: |\n    "
        + template,
        "contract.json": json.dumps({"properties": properties}),
        "sets/all.yaml": "arguments: {NAME: a, TAG: b, MORE: c}\n",
        "sets/less.yaml": "arguments: {NAME: a, TAG: b}\n",
        "matrix.yaml": "blocks: {all: all}\naxes: {a: {block: all, choices: {one: {}, two: {a: 2}}}}\n",
        "helm-nested.yaml": """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: a, keys: ["*.yaml"]}]
contract: contract.json
argumentSets: [sets/*.yaml]
scenarios: [chart/values.yaml]
matrix: matrix.yaml
""",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    configuration = load_configuration(tmp_path / "helm-nested.yaml")
    findings = run(configuration, load_chart(configuration.chart), "all").findings
    assert {"selector-changes", NOT_FILLED} <= {check for finding in findings for check in finding.checks}


def test_a_branch_that_one_argument_set_takes_is_looked_at(tmp_path: Path) -> None:
    """With jinja2 a template may use an argument only beside another one's value; the finding names the set."""
    template = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{`{{ NAME }}`}}"}
spec:
  selector: {matchLabels: {app: a{{`{% if SECONDS == 2 %}{{ TAG }}{% endif %}`}}}}
  template:
    metadata: {labels: {app: a{{`{% if SECONDS == 2 %}{{ TAG }}{% endif %}`}}}}
    spec: {containers: [{name: main, image: "x:1"}]}
"""
    switches = Switches(tmp_path, template)
    switches.configure([{"kind": "ConfigMap", "name": "texts", "keys": ["*.yaml"], "dialect": "jinja2"}], matrix=False)
    tag = {"type": "string", "x-position": "scalar", "x-changes": True}
    properties = {"NAME": {"type": "string", "x-position": "scalar"}, "SECONDS": {"x-position": "value"}, "TAG": tag}
    switches.write("contract.json", json.dumps({"properties": properties}))
    for number, name in enumerate(("first", "second"), start=1):
        switches.write(
            f"sets/{name}.yaml", f"{{description: {name}, arguments: {{NAME: a, SECONDS: {number}, TAG: b}}}}"
        )
    (finding,) = switches.findings()
    assert (finding["checks"], finding["path"]) == (["selector-changes"], "spec.selector.matchLabels.app")
    assert finding["when"] == ["always and argument set=second"]

"""Values of a chart that includes the service templates are refused as this chart refuses its own, with advice."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from helm_nested.errors import RenderError
from helm_nested.findings.refusal import Refusal, load_refusals
from helm_nested.matrix.axes import load_matrix
from helm_nested.matrix.combinations import combinations

from .bundle import CHART, ROOT, SCENARIOS, Values, merged, render, render_layers
from .including import Interpreter, copy_into_parent
from .test_validations import advice, sentences

# Of a release's name the service templates know nothing.
BY_ITS_RELEASE = {"release-name-of-llm-engine"}
REFUSED = load_refusals(ROOT / "values" / "matrix" / "refused.yaml")
BY_SCHEMA = [each for each in REFUSED if each.by == "schema"]
BY_CHART = [each for each in REFUSED if each.by == "chart" and each.name not in BY_ITS_RELEASE]
_UNKNOWN = re.compile(r'(\S+) has (?:no key (\S+)[.]|the key "([^"]+)")')
_LABEL = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$ or null."
_REPLACED = re.compile(r"(\S+) (?:is .*; it takes exactly one of |has no effect in another chart)")


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart in which the service templates were copied."""
    return copy_into_parent(tmp_path_factory.mktemp("parent"))


def own_release_only() -> list[str]:
    """The paths of what only this chart's own release reads, as the chart's define says."""
    text = (CHART / "templates" / "validations" / "_validations.tpl").read_text(encoding="utf-8")
    found = re.search(r'define "temporal-endpoints.ownReleaseOnly" -}}\n(.*?)\{\{- end', text, re.DOTALL)
    assert found
    return found[1].split()


def without(values: Values, *path: str) -> dict[str, Any]:
    """The values without what stands at that path; a path into a list is left alone, as advice brings all of a list."""
    found = copy.deepcopy(dict(values))
    part: Any = found
    for step in path[:-1]:
        part = part.get(step) if isinstance(part, dict) else None
    if isinstance(part, dict):
        part.pop(path[-1], None)
    return found


def readable(values: Values) -> dict[str, Any]:
    """The values without what does nothing in another chart."""
    found = dict(values)
    for path in own_release_only():
        found = without(found, *path.split("."))
    return found


def advised(values: Values, problems: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The values after everything that was said is done: what is wrong is gone, and the YAML to set is set."""
    found = dict(values)
    for problem in problems:
        if unknown := _UNKNOWN.match(problem["what"]):
            found = without(found, *unknown[1].split("."), unknown[2] or unknown[3])
        elif replaced := _REPLACED.match(problem["what"]):
            found = without(found, *replaced[1].split("."))
    found.pop("temporall", None)
    return merged(found, *(yaml.safe_load(problem["set"]) for problem in problems))


def told(message: str) -> list[dict[str, str]]:
    """The problems that a refusal tells."""
    return [
        {"what": each.split(" Set:\n")[0], "set": each.split(" Set:\n")[1].split("\n\n\n")[0]}
        for each in re.split(r"^\d+\. ", message, flags=re.MULTILINE)[1:]
    ]


Rounds = Mapping[str, Sequence[Sequence[Mapping[str, str]]]]


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    """By refused input its problems, those that are left when the advice is followed, and when that is as well."""
    interpreter = Interpreter(tmp_path_factory.mktemp("problems"))
    found: dict[str, list[list[dict[str, str]]]] = {each.name: [] for each in BY_SCHEMA}
    values = {each.name: each.values for each in BY_SCHEMA}
    for _ in range(4):
        for name, problems in zip(values, interpreter.problems(list(values.values())), strict=True):
            found[name].append(problems)
            values[name] = advised(values[name], problems)
    return found


@pytest.mark.parametrize("refusal", BY_SCHEMA, ids=lambda refusal: refusal.name)
def test_what_the_schema_refuses_is_told_and_the_yaml_to_set_works(rounds: Rounds, refusal: Refusal) -> None:
    """What values.schema.json refuses is a problem there, with YAML that mends it."""
    first, *_, at_last = rounds[refusal.name]
    # What a wrong key hid comes to light when it has its right name; it has advice of its own.
    assert not at_last
    (key,) = list(refusal.values)[:1]
    assert any(key in problem["what"] for problem in first)


@pytest.mark.parametrize("refusal", BY_CHART, ids=lambda refusal: refusal.name)
def test_what_spans_values_is_refused_too_and_the_yaml_to_set_works(parent: Path, refusal: Refusal) -> None:
    """Values that do not go together are refused there, with YAML that mends them."""
    with pytest.raises(RenderError) as refused:
        render(refusal.values, chart=parent)
    said = told(str(refused.value))
    count = f"({len(said)} {'problem' if len(said) == 1 else 'problems'})"
    assert f"\ntemporal-endpoints cannot use these values {count}:\n\n1. " in str(refused.value)
    values = advised(refusal.values, said)
    try:
        render(values, chart=parent)
    except RenderError as again:
        # What another value hid comes to light only now: it has advice of its own.
        values = advised(values, told(str(again)))
    assert render(values, chart=parent).templates


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_every_scenario_is_accepted(parent: Path, file: Path) -> None:
    """Every kind of user's values, without what does nothing there, give the templates that this chart gives."""
    values = readable(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    keda = (values.get("temporal") or {}).get("keda") or {}
    if busy_workers := keda.get("busyWorkers"):
        # There the release has no control plane of its own, so KEDA must be told of another one.
        busy_workers.setdefault("url", "http://temporal-endpoints.workers:8080")
    included = render(values, chart=parent).templates
    own = render(values).templates
    for key in (each for each in own if "temporal" in each):
        # The name of the connection's ConfigMap is another release's there, and only that.
        text = included[key].text.replace('"model-engine-temporal-connection"', '"temporal-endpoints-connection"')
        assert text == own[key].text


def test_every_two_choices_of_the_matrix_are_accepted(parent: Path, tmp_path: Path) -> None:
    """Nothing that this chart takes is refused there, but for what would do nothing."""
    matrix = load_matrix(ROOT / "values" / "matrix" / "axes.yaml")
    rows = combinations(matrix, "2", tmp_path)
    assert len(rows) > 10
    for row in rows:
        assert render(readable(matrix.values(row)), chart=parent).templates


def test_all_problems_at_once_each_with_path_value_words_and_yaml(parent: Path) -> None:
    """One message names every wrong value, what it takes, and what to set."""
    values = {
        "temporal": {
            "terminationGracePeriodSeconds": "30m",
            "podSecurity": "resricted",
            "terminationGracePeriodSecond": 7200,
            "address": "temporal:7233",
            "podLabels": {"cost-center": 356136738},
        },
        "extraPodEnvFrom": [{"secretRef": {"name": "kept"}}, {"configMapRef": {"nam": "variables"}}],
    }
    with pytest.raises(RenderError) as refused:
        render(values, chart=parent)
    said = sentences(str(refused.value))
    assert said == [
        "extraPodEnvFrom[1].configMapRef lacks name.",
        "extraPodEnvFrom[1].configMapRef has no key nam. Did you mean extraPodEnvFrom[1].configMapRef.name?",
        "temporal has no key address. Did you mean temporal.connection.address?",
        "temporal.podLabels.cost-center is 356136738; it takes text of at most 63 characters that matches " + _LABEL,
        'temporal.podSecurity is "resricted"; it takes restricted, baseline, privileged or null.',
        "temporal has no key terminationGracePeriodSecond. Did you mean temporal.terminationGracePeriodSeconds?",
        'temporal.terminationGracePeriodSeconds is "30m"; it takes a whole number from 1 to 2147483647 or null.',
    ]
    assert advice(str(refused.value)) == {
        "extraPodEnvFrom": [{"secretRef": {"name": "kept"}}, {"configMapRef": {"name": "variables"}}],
        "temporal": {
            "terminationGracePeriodSeconds": 1800,
            "podSecurity": "restricted",
            "connection": {"address": "temporal:7233"},
            "podLabels": {"cost-center": "356136738"},
        },
    }


@pytest.mark.parametrize("text", ["30", "30.0", "3e1"])
def test_a_whole_number_may_be_written_in_any_way(parent: Path, text: str) -> None:
    """30.0 and 3e1 are whole numbers, as they are to values.schema.json."""
    layer = f"temporal: {{terminationGracePeriodSeconds: {text}, metrics: {{port: {text}}}}}"
    pod = render_layers(layer, chart=parent).pod("cpu")
    assert pod["terminationGracePeriodSeconds"] == 30
    assert pod["containers"][0]["ports"][0]["containerPort"] == 30


def test_other_keys_of_the_other_chart_are_its_own(parent: Path) -> None:
    """A key that this chart does not read may hold anything, although values.schema.json does not know it."""
    assert render({"global": 5, "keda": ["a"], "ours": {"temporal": True}}, chart=parent).templates


@pytest.mark.parametrize("path", own_release_only())
def test_what_would_do_nothing_there_is_refused(parent: Path, path: str) -> None:
    """A setting of this chart's own release is refused in another chart, and its default is not."""
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    default: Any = defaults
    for step in path.split("."):
        default = default[step]

    def at(value: Any) -> dict[str, Any]:
        for step in reversed(path.split(".")):
            value = {step: value}
        return dict(value)

    others = {"temporal.configMap": {"hook": True}, "temporal.controlPlane": {"enabled": True},
              "temporal.fullnameOverride": "other",
              "temporal.networkPolicy": {"extraEgress": [{"ports": [{"port": 443}]}]},
              "temporal.podDisruptionBudget": {"maxUnavailable": 1}, "temporal.test": {"keepPod": True},
              "temporal.extraObjects": [{"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"}}],
              "temporal.install.labels": {"a": "b"}, "temporal.monitoring": {"scrapeInterval": "30s"},
              "temporal.serviceAccount.annotations": {"a": "b"},
              "temporal.verticalPodAutoscaler": {"updateMode": "Off"}}  # fmt: skip
    with pytest.raises(RenderError) as refused:
        render(at(others.get(path, True)), chart=parent)
    assert sentences(str(refused.value)) == [
        f"{path} has no effect in another chart; only a release of temporal-endpoints itself reads it."
    ]
    assert render(advised(at(others.get(path, True)), told(str(refused.value))), chart=parent).templates
    assert render(at(default), chart=parent).templates
    assert render(at(None), chart=parent).templates


def test_every_value_of_an_installed_object_is_among_what_would_do_nothing() -> None:
    """What the README lists under installed objects does nothing in another chart, but for what workers have there.

    That is the connection's ConfigMap, and the name of their account.
    """
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    section = readme.split("### Installed objects")[1].split("\n### ")[0]
    paths = re.findall(r"^\| (temporal[.]\S+) \|", section, re.MULTILINE)
    assert len(paths) > 5
    listed = own_release_only()
    assert [each for each in paths if not any(f"{each}.".startswith(f"{known}.") for known in listed)] == [
        "temporal.install.connectionConfigMap",
        "temporal.install.keep",
        "temporal.install.annotations",
        "temporal.serviceAccount.name",
    ]


def test_the_documentation_lists_what_would_do_nothing() -> None:
    """docs/beside-llm-engine.md names each such setting in a row of its own, and no other."""
    page = (ROOT / "docs" / "beside-llm-engine.md").read_text(encoding="utf-8")
    section = page.split("**What stays llm-engine's own there.**")[1].split("\n\nllm-engine's values")[0]
    assert re.findall(r"^\| `(temporal[.]\S+)` \|", section, re.MULTILINE) == own_release_only()

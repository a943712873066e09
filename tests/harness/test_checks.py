"""The checks: their examples, what they make of broken documents, the user's own, and the chart itself."""

from __future__ import annotations

import copy
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.check_page import check_page
from helm_nested.check_registry import load_checks
from helm_nested.checking.example import CLAIMS, broken_examples, example_problems
from helm_nested.checks import (
    BundleSubject,
    Check,
    Claims,
    CustomSchema,
    DocumentSubject,
    External,
    Problem,
    TemplateSubject,
)
from helm_nested.configuration import load_configuration
from helm_nested.contract import load_argument_sets, load_contract
from helm_nested.document_path import join, places, resolve, step
from helm_nested.encoder import ENCODERS
from helm_nested.engine import IN_PROCESS, open_engine
from helm_nested.errors import ConfigurationError, SchemaError
from helm_nested.kubernetes.api_group import BUILT_IN
from helm_nested.kubernetes.deprecation import VERSIONS
from helm_nested.kubernetes.quantity import quantity
from helm_nested.kubernetes.schema import is_valid, known_minors
from helm_nested.rendering import Renderer, Rendering
from helm_nested.scenario import load_scenario
from helm_nested.yaml_documents import Document, load_documents, parse_documents

ROOT = Path(__file__).parents[2]
CHECKS = {check.name: check for check in load_checks()}
SCENARIOS = [*sorted((ROOT / "values").glob("*.yaml")), *sorted((ROOT / "charts").glob("*/ci/*-values.yaml"))]
MINORS = tuple(f"1.{minor}" for minor in range(29, 38))


def of_scope(*scopes: str) -> list[str]:
    """The names of the checks of these scopes."""
    return [name for name, check in CHECKS.items() if check.scope in scopes]


def examples(name: str) -> tuple[str, ...]:
    """Every example of a check."""
    return CHECKS[name].passing + CHECKS[name].failing


@pytest.mark.parametrize("name", CHECKS)
def test_examples_are_what_they_say(name: str) -> None:
    """Passing examples pass, failing ones fail, and there is one of each."""
    assert broken_examples([CHECKS[name]]) == []


@pytest.mark.parametrize("name", CHECKS)
def test_module_is_named_after_its_check(name: str) -> None:
    """One module holds one check, and both have the same name."""
    module = ROOT / "src" / "helm_nested" / "checks" / f"{name.replace('-', '_')}.py"
    assert f'name="{name}"' in module.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CHECKS)
def test_message_is_one_sentence(name: str) -> None:
    """The message says the rule in one sentence."""
    message = CHECKS[name].message
    assert message.endswith(".")
    assert ". " not in message


@pytest.mark.parametrize("name", CHECKS)
def test_problems_say_where(name: str) -> None:
    """Every problem's path is there in the document, or its line or its last key in the template."""
    for text in CHECKS[name].failing:
        assert text.startswith("# ")
        for problem in example_problems(CHECKS[name], text):
            assert problem.message
            if CHECKS[name].scope == "template" and not problem.path.startswith("line "):
                assert f"{re.split(r'[.[]', problem.path)[-1]}:" in text
            elif CHECKS[name].scope == "template":
                assert 1 <= int(problem.path.removeprefix("line ")) <= text.count("\n")
            else:
                resolve(parse_documents(text, "example", "pyyaml").documents[problem.document or 0], problem.path)


@pytest.mark.parametrize("name", CHECKS)
def test_a_rule_gives_its_reason_in_plain_words(name: str) -> None:
    """What happens otherwise is said as such, and not appended with "for"."""
    assert ", for " not in CHECKS[name].message


@pytest.mark.parametrize("name", CHECKS)
def test_advice_is_no_part_of_a_problem(name: str) -> None:
    """What to do, and which names are known, stands in the advice; the message says only what is wrong."""
    for text in CHECKS[name].failing:
        for problem in example_problems(CHECKS[name], text):
            assert not re.search(
                r"Did you mean|Known:|[.;] (Write|Use|Keep|Remove|Rename|Mount|Select|Leave)", problem.message
            )
            assert not problem.advice or (problem.message.endswith(".") and problem.advice.endswith((".", "?")))


def test_a_missing_volume_is_one_problem_whatever_volumes_there_are() -> None:
    """The message is the same in every pod; the advice names the volumes of that pod."""
    pod = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers: [{name: main, volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: %s, emptyDir: {}}]
"""
    (misspelt,) = example_problems(CHECKS["mount-without-volume"], pod % "date")
    (unlike,) = example_problems(CHECKS["mount-without-volume"], pod % "scratch")
    assert misspelt.message == unlike.message == "the pod has no volume 'data'."
    assert (misspelt.advice, unlike.advice) == ("Did you mean 'date'?", "Known: scratch.")


def test_a_missing_key_is_one_problem_whatever_keys_there_are() -> None:
    """The message is the same for every ConfigMap of that name; the advice names its keys."""
    bundle = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: workers}
data: {%s: "1"}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: workers}
spec:
  containers:
    - name: main
      env: [{name: PORT, valueFrom: {configMapKeyRef: {name: settings, key: port}}}]
"""
    (misspelt,) = example_problems(CHECKS["reference"], bundle % "prot")
    (unlike,) = example_problems(CHECKS["reference"], bundle % "host-name")
    assert misspelt.message == unlike.message == "the ConfigMap 'settings' has no key 'port'."
    assert (misspelt.advice, unlike.advice) == ("Did you mean 'prot'?", "Known: host-name.")


def test_an_unfilled_placeholder_is_one_problem_whatever_stands_around_it() -> None:
    """The message names the placeholder; the value that holds it is in the advice."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s-${OWNER}\n"
    (one,) = example_problems(CHECKS["unfilled-placeholder"], pod % "one")
    (two,) = example_problems(CHECKS["unfilled-placeholder"], pod % "two")
    assert one.message == two.message == "the value still holds ${OWNER}, which nothing filled."
    assert (one.advice, two.advice) == ("The value is 'one-${OWNER}'.", "The value is 'two-${OWNER}'.")


@pytest.mark.parametrize(
    ("name", "metadata"),
    [
        ("label-syntax", "labels: {team: 1}"),
        ("label-syntax", "labels: {1: team}"),
        ("annotation-syntax", "annotations: {team: 1}"),
        ("annotation-syntax", "annotations: {1: team}"),
        ("name-syntax", "namespace: 1"),
    ],
)
def test_what_is_not_a_text_is_to_be_put_in_quotes(name: str, metadata: str) -> None:
    """That a number stands where a text must be is the problem; the quotes are the advice."""
    pod = f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  {metadata}\n"
    (problem,) = example_problems(CHECKS[name], pod)
    assert problem.message.endswith("is a number, not a text.")
    assert problem.advice == "Put it in quotes."


def test_a_variable_set_twice_is_one_problem_wherever_it_is_set_first() -> None:
    """The message names the variable; the place of the first one is in the advice."""
    pod = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers: [{name: main, env: [%s{name: A, value: "1"}, {name: A, value: "2"}]}]
"""
    (first,) = example_problems(CHECKS["duplicate-env"], pod % "")
    (later,) = example_problems(CHECKS["duplicate-env"], pod % "{name: B, value: b}, ")
    assert first.message == later.message == "A is set twice."
    assert first.advice == "It is first set at spec.containers[0].env[0]. Remove one."
    assert later.advice == "It is first set at spec.containers[0].env[1]. Remove one."


@pytest.mark.parametrize("name", of_scope("bundle"))
def test_problems_of_bundles_say_in_which_document(name: str) -> None:
    """A path alone would not say it."""
    for text in CHECKS[name].failing:
        assert all(problem.document is not None for problem in example_problems(CHECKS[name], text))


@pytest.mark.parametrize("name", of_scope("bundle"))
def test_views_keep_what_the_check_needs(name: str) -> None:
    """A bundle check says the same of what it needs of the documents as of the documents."""
    check = CHECKS[name]
    for text in examples(name):
        documents = load_documents(text, "example")
        views = [check.view(document) for document in documents]
        assert list(check.run(BundleSubject(views, CLAIMS))) == list(check.run(BundleSubject(documents, CLAIMS)))


def broken(part: Any) -> Iterator[Any]:
    """The document again and again, each time with another part of it of a wrong type."""
    if isinstance(part, dict):
        for key, value in part.items():
            for other in (None, "x", "", 1, True, [], {}, ["x"], [None], {"x": None}, {1: 2}, *broken(value)):
                yield part | {key: other}
            yield {other: each for other, each in part.items() if other != key}
    elif isinstance(part, list):
        for number, value in enumerate(part):
            for other in (None, "x", 1, [], {}, *broken(value)):
                yield [*part[:number], other, *part[number + 1 :]]


@pytest.mark.parametrize("name", of_scope("document"))
def test_broken_documents_break_no_check(name: str) -> None:
    """Whatever is in a document, a check says what is wrong with it and where, and never fails itself."""
    for text in examples(name):
        for document in broken(parse_documents(text, "example", "pyyaml").documents[0]):
            for problem in CHECKS[name].run(DocumentSubject(document, CLAIMS, "restricted")):
                resolve(document, problem.path)


@pytest.mark.parametrize("name", of_scope("bundle"))
def test_broken_documents_break_no_check_of_bundles(name: str) -> None:
    """The same for bundles, and their views."""
    check = CHECKS[name]
    for text in examples(name):
        documents = load_documents(text, "example")
        for number, whole in enumerate(documents):
            for document in broken(whole):
                bundle = [*documents[:number], document, *documents[number + 1 :]]
                found = list(check.run(BundleSubject(bundle, CLAIMS)))
                for problem in found:
                    resolve(bundle[problem.document or 0], problem.path)
                assert list(check.run(BundleSubject([check.view(each) for each in bundle], CLAIMS))) == found


# Documents and paths


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        (["spec", "containers", 0, "env"], "spec.containers[0].env"),
        (["metadata", "labels", "example.com/a.b"], 'metadata.labels["example.com/a.b"]'),
        (["metadata", "labels", 'q"\\'], 'metadata.labels["q\\"\\\\"]'),
        (["metadata", "labels", 123], "metadata.labels[123]"),
        (["a.b", "c"], '["a.b"].c'),
        (["data", ""], 'data[""]'),
        (["data", None], "data[None]"),
    ],
)
def test_paths_lead_back(keys: list[Any], path: str) -> None:
    """A path is written as people write it, and leads to what it names."""
    document: Any = "here"
    for key in reversed(keys):
        document = [document] if isinstance(key, int) and key == 0 else {key: document}
    assert join("", keys) == path
    assert resolve(document, path) == "here"
    with pytest.raises(KeyError):
        resolve(document, step(path, "more"))


def test_places_of_a_pattern() -> None:
    """A pattern goes into lists, and finds nothing where nothing is."""
    document = {"spec": {"triggers": [{"metadata": 1}, {"type": "x"}, {"metadata": 2}]}}
    assert list(places(document, "spec.triggers[].metadata")) == [
        ("spec.triggers[0].metadata", 1),
        ("spec.triggers[2].metadata", 2),
    ]
    assert list(places(document, "")) == [("", document)]
    assert list(places(document, "spec[].x")) == []


def test_places_can_be_told_by_what_stands_beside_them() -> None:
    """Entries of the last list with these values; without a list in the pattern, the document."""
    triggers = [{"type": "cpu", "metadata": 1}, {"type": "temporal", "metadata": {"a": [1, 2]}}, {"metadata": 3}, 4]
    document = {"kind": "A", "spec": {"triggers": triggers, "on": True}}
    where = {"type": "temporal"}
    assert list(places(document, "spec.triggers[].metadata", where)) == [("spec.triggers[1].metadata", {"a": [1, 2]})]
    assert list(places(document, "spec.triggers[]", where)) == [("spec.triggers[1]", triggers[1])]
    assert list(places(document, "spec.triggers[].metadata.a[]")) == [
        ("spec.triggers[1].metadata.a[0]", 1),
        ("spec.triggers[1].metadata.a[1]", 2),
    ]
    assert list(places(document, "spec.on", {"kind": "A"})) == [("spec.on", True)]
    assert list(places(document, "spec.on", {"kind": "B"})) == []
    assert list(places(document, "", {"kind": "A"})) == [("", document)]
    assert list(places(document["spec"], "triggers[]", {"type": True})) == []


def scaled_object(*triggers: Any) -> Document:
    """A ScaledObject with these triggers."""
    spec = {"scaleTargetRef": {"name": "a"}, "minReplicaCount": 1, "triggers": list(triggers)}
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a"}, "spec": spec}


def test_a_trigger_is_held_to_the_schema_of_its_type() -> None:
    """A cpu trigger beside a temporal one is no false alarm, and a type that no KEDA has is told with the nearest."""
    claims = load_configuration(ROOT / "helm-nested.yaml").claims
    cpu = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "80"}}
    temporal = {"type": "temporal", "metadata": {"endpoint": "t:7233", "taskQueue": "q"}}
    assert problems("custom-schema", scaled_object(cpu, temporal), claims) == []
    (problem,) = problems("custom-schema", scaled_object(cpu, temporal | {"metadata": {"taskQueue": "q"}}), claims)
    assert problem.path == "spec.triggers[1].metadata"
    (problem,) = problems("custom-schema", scaled_object(temporal | {"type": "temporl"}), claims)
    assert (problem.path, problem.advice) == ("spec.triggers[0].type", "Did you mean 'temporal'?")
    assert "v2.18.3/trigger-type.json, v2.19.0/trigger-type.json" in problem.message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", 1),
        ("1000m", 1),
        ("0.5", "500m"),
        ("1Gi", 1024**3),
        ("1.5Gi", "1536Mi"),
        ("1e3", "1k"),
        ("1E", "1e18"),
        (".5", 0.5),
    ],
)
def test_equal_quantities(one: object, other: object) -> None:
    """However a quantity is written, it means one number."""
    assert quantity(one) == quantity(other) is not None


@pytest.mark.parametrize("value", ["", "1GB", "1 Gi", "Gi", "1K", "one", "1e", "1.2.3", True, None, [], {}, "1e99"])
def test_no_quantities(value: object) -> None:
    """What Kubernetes refuses is no quantity."""
    assert quantity(value) is None


@pytest.mark.parametrize("minor", known_minors())
def test_built_in_groups_are_those_of_the_schemas(minor: str) -> None:
    """A group that comes with Kubernetes is never taken for a custom one."""
    root = files("kubernetes_validate") / "kubernetes-json-schema"
    (folder,) = (each for each in root.iterdir() if re.fullmatch(rf"v{re.escape(minor)}\.\d+-local-strict", each.name))
    text = (folder / "_definitions.json").read_text(encoding="utf-8")
    found = {
        version.rpartition("/")[0]
        for definition in json.loads(text)["$defs"].values()
        for version in definition.get("properties", {}).get("apiVersion", {}).get("enum", [])
    }
    assert len(found) > 10
    assert found <= BUILT_IN


@pytest.mark.parametrize(("api_version", "kind"), VERSIONS)
def test_removed_versions_are_gone_from_the_schemas(api_version: str, kind: str) -> None:
    """A version is in the schemas until the minor that is said to have dropped it."""
    version = VERSIONS[(api_version, kind)]
    document = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
    for minor in known_minors():
        number = int(minor.split(".")[1])
        if version.removed is not None and number >= version.removed:
            with pytest.raises(SchemaError):
                is_valid(document, minor)
        elif number >= version.deprecated:
            is_valid(document, minor)


# What examples do not show


def problems(name: str, document: Document, claims: Claims = CLAIMS, level: Any = "restricted") -> list[Problem]:
    """What a document check says of a document."""
    return list(CHECKS[name].run(DocumentSubject(document, claims, level)))


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a"},
    "spec": {"hostUsers": False, "containers": [{"name": "main"}]},
}


def test_no_level_is_not_checked() -> None:
    """Only what is claimed is checked."""
    assert problems("pod-security", POD, level=None) == problems("pod-security", POD, level="privileged") == []
    assert problems("pod-security", POD, level="baseline") == []
    assert len(problems("pod-security", POD)) == 4


def test_root_in_a_user_namespace_is_allowed_when_every_version_knows_it() -> None:
    """The permission holds from Kubernetes 1.35 on."""
    new = {problem.message for problem in problems("pod-security", POD, Claims(("1.35", "1.36")))}
    old = {problem.message for problem in problems("pod-security", POD, Claims(("1.34", "1.35")))}
    assert {message.split()[0] for message in old - new} == {"runAsNonRoot"}


def test_minors_are_named_when_not_all_refuse() -> None:
    """A field that older versions do not know is one problem, which names them."""
    document = copy.deepcopy(POD) | {"spec": {"hostnameOverride": "a", "containers": [{"name": "main"}]}}
    (problem,) = problems("kubernetes-schema", document, Claims(MINORS))
    assert problem.message.startswith("Kubernetes 1.29, 1.30, 1.31, 1.32, 1.33: ")
    assert problems("kubernetes-schema", document, Claims(("1.36",))) == []


def test_a_key_that_is_a_number_does_not_hide_the_rest() -> None:
    """What JSON cannot carry is reported, and the rest is checked all the same."""
    document: Document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {1: "a", "b": 2}}
    found = problems("kubernetes-schema", document)
    assert [problem.path for problem in found] == ["data[1]", "data.b"]


def test_a_missing_schema_is_an_error(tmp_path: Path) -> None:
    """What could not be checked is never valid."""
    claims = Claims(custom_schemas=(CustomSchema("example.com/v1", "Widget", tmp_path / "none.json"),))
    with pytest.raises(SchemaError, match=r"none\.json cannot be used"):
        problems("custom-schema", {"apiVersion": "example.com/v1", "kind": "Widget"}, claims)


def test_a_schema_that_refers_elsewhere_is_an_error(tmp_path: Path) -> None:
    """Nothing is fetched."""
    schema = tmp_path / "schema.yaml"
    schema.write_text("$ref: https://example.com/schema.json\n")
    claims = Claims(custom_schemas=(CustomSchema("example.com/v1", "Widget", schema),))
    with pytest.raises(SchemaError, match="nothing is fetched"):
        problems("custom-schema", {"apiVersion": "example.com/v1", "kind": "Widget"}, claims)


@pytest.mark.parametrize(
    ("minors", "name", "expected"),
    [
        (("1.36", "1.37"), "1st", ""),
        (("1.37",), "1", ""),
        (("1.35", "1.36"), "1st", "start with a letter and end with a letter or digit; Kubernetes 1.36 is the first"),
        (("1.29", "1.35"), "1st", "start with a letter and end with a letter or digit"),
        ((), "1st", "start with a letter and end with a letter or digit"),
        (("1.36",), "First", "a letter or digit at both ends"),
        (("1.36",), "a.b", "a letter or digit at both ends"),
        (("1.36",), "1" * 64, "64 characters long"),
    ],
)
def test_services_may_start_with_a_digit_from_1_36(minors: tuple[str, ...], name: str, expected: str) -> None:
    """Where all claimed versions take a Service's name nothing is said; where some do, the message says which."""
    found = problems("name-syntax", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}}, Claims(minors))
    assert len(found) == bool(expected)
    assert all(expected in problem.message for problem in found)


def test_annotations_have_a_limit() -> None:
    """262144 bytes of keys and values fit, one more does not."""
    fits = {"note": "é" * ((262_144 - 4) // 2)}
    assert problems("annotation-syntax", {"metadata": {"name": "a", "annotations": fits}}) == []
    (problem,) = problems("annotation-syntax", {"metadata": {"name": "a", "annotations": fits | {"b": ""}}})
    assert "262145" in problem.message


def test_the_release_namespace_is_where_objects_go() -> None:
    """An object without a namespace is in the release's; not knowing that, it may be anywhere."""
    settings: Document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}
    pod: Document = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "namespace": "workers"},
        "spec": {"containers": [{"name": "main", "envFrom": [{"configMapRef": {"name": "settings"}}]}]},
    }
    run = CHECKS["reference"].run
    assert list(run(BundleSubject([settings, pod], Claims()))) == []
    assert list(run(BundleSubject([settings, pod], Claims(), "workers"))) == []
    (problem,) = run(BundleSubject([settings, pod], Claims(), "release"))
    assert problem.document == 1
    assert "in the namespace workers, only in release" in problem.message


# The user's own checks

OWN = """
from helm_nested.checks import Check, Problem

def _run(subject):
    if "own" not in subject.document:
        yield Problem("", "there is nothing of our own")

CHECK = Check("{name}", "document", "Something of our own is there.", _run, ("own: 1",), ("other: 1",))
"""


def test_own_check_loads_from_a_file_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path to a .py file or a dotted name; the built-in ones come first."""
    (tmp_path / "own.py").write_text(OWN.format(name="our-own"))
    package = tmp_path / "our_own_checks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "second.py").write_text(OWN.format(name="second") + "CHECKS = [CHECK]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    checks = load_checks([str(tmp_path / "own.py"), "our_own_checks.second"])
    assert [check.name for check in checks] == [*CHECKS, "our-own", "second"]
    assert broken_examples(checks[-2:]) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no file"),
        ("", "it has neither CHECK nor CHECKS. Write in it:\n    CHECK = "),
        ("CHECK = 1", "is no check or list of checks. Write in it:"),
        ("CHECKS = []", "is no check or list of checks. Write in it:"),
        ("1 +", "line 1: SyntaxError"),
        ("1 / 0", "line 1: ZeroDivisionError: division by zero. Correct it"),
        ("import not_there_at_all", "line 1: ModuleNotFoundError: No module named 'not_there_at_all'. Correct it"),
        (OWN.format(name="reference"), "there is a check 'reference' already. Rename this one"),
    ],
)
def test_unusable_module_is_a_clear_error(tmp_path: Path, text: str | None, message: str) -> None:
    """The error says what to write."""
    path = tmp_path / "own.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match=re.escape(message)) as caught:
        load_checks([str(path)])
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["no_such_module", "helm_nested.no_such_module", "no.such.module"])
def test_unknown_module_is_a_clear_error(name: str) -> None:
    """The error says what a module can be."""
    with pytest.raises(ConfigurationError, match=r"there is no module '.*'\. Write the path of a \.py file"):
        load_checks([name])


def test_broken_examples_are_found() -> None:
    """A user's check with wrong examples is told so."""
    wrong = Check("wrong", "document", "Never.", lambda _: [], (), ("a: 1",))
    assert broken_examples([wrong]) == [
        "wrong: it needs an example that passes and one that fails",
        "wrong: should fail: a: 1",
    ]


def test_page_has_every_check() -> None:
    """Every check, message and example is on the page, and nothing of the machine it was made on."""
    page = check_page()
    for name, check in CHECKS.items():
        assert f"\n### {name}\n\n{check.message}\n" in page
        assert all(text in page for text in examples(name))
    assert str(ROOT) not in page


# The chart


@cache
def rendering(file: Path) -> Rendering:
    """Both stages of a scenario of this repository's chart."""
    configuration = load_configuration(ROOT / "helm-nested.yaml")
    contract = load_contract(configuration.contract)
    renderer = Renderer(
        engine=open_engine(IN_PROCESS, load_chart(configuration.chart)),
        release=configuration.release,
        selectors=configuration.selectors,
        contract=contract,
        argument_sets=load_argument_sets(configuration.argument_sets, contract),
        encoder=ENCODERS["json"],
    )
    return renderer.render(load_scenario([file]))


@cache
def chart_claims() -> Claims:
    """Every schema there is, and everything that a document may refer to is there."""
    schemas = [
        CustomSchema("keda.sh/v1alpha1", kind, folder / f"{kind.lower()}.json")
        for folder in sorted((ROOT / "schemas" / "keda").glob("v*"))
        for kind in ("ScaledObject", "TriggerAuthentication", "ClusterTriggerAuthentication")
    ]
    return Claims(
        MINORS, tuple(schemas), (External("*", "*", "the platform"),), {"VerticalPodAutoscaler": "none is at hand"}
    )


def bundles(rendered: Rendering) -> Mapping[str, list[Document]]:
    """The documents of both stages, for each argument set."""
    found: dict[str, list[Document]] = defaultdict(lambda: list(rendered.objects))
    for each in rendered.filled:
        found[each.argument_set.name] += each.documents
    return found


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_nothing_is_found_in_the_chart(file: Path) -> None:
    """No check finds anything in any scenario, with any argument set."""
    rendered = rendering(file)
    contract = load_contract(ROOT / "schemas" / "contract.schema.json")
    claims = chart_claims()
    levels = {"root-images": "baseline", "kubernetes-defaults": "privileged"}
    level: Any = levels.get(file.stem, "restricted")
    found = []
    for name in of_scope("template"):
        for template in rendered.service_templates:
            found += [(name, template.key, each) for each in CHECKS[name].run(TemplateSubject(template, contract))]
    for argument_set, documents in bundles(rendered).items():
        for name in of_scope("document"):
            for document in documents:
                subject = DocumentSubject(document, claims, level)
                found += [(name, argument_set, each) for each in CHECKS[name].run(subject)]
        for name in of_scope("bundle"):
            found += [(name, argument_set, each) for each in CHECKS[name].run(BundleSubject(documents, claims))]
    assert found == []


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_views_say_the_same_of_the_chart(file: Path) -> None:
    """With nothing external, what is said of the views is what is said of the documents."""
    for documents in bundles(rendering(file)).values():
        for name in of_scope("bundle"):
            check = CHECKS[name]
            views = [check.view(document) for document in documents]
            for namespace in (None, "launch"):
                expected = list(check.run(BundleSubject(documents, Claims(), namespace)))
                assert list(check.run(BundleSubject(views, Claims(), namespace))) == expected

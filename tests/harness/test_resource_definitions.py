"""Custom resources are judged by their CustomResourceDefinitions: of the configuration, of crds/, and rendered."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest

from helm_nested.chart_definitions import installed_files, with_own_definitions
from helm_nested.check_registry import load_checks
from helm_nested.checks import Claims, DocumentSubject
from helm_nested.configuration import load_configuration
from helm_nested.errors import ChartError, ConfigurationError, SchemaError
from helm_nested.kubernetes import validation
from helm_nested.kubernetes.resource_definition import ResourceDefinition
from helm_nested.kubernetes.structural_schema import strict
from nested_templates.yaml_documents import Document, parse_documents

from .checked_project import CONFIGURATION, Project, findings, project

__all__ = ["project"]

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = validation.find_program(REPOSITORY)
KEDA = {"v2.18.3", "v2.19.0", "v2.20.2", "v2.21.0"}
CHECKS = {check.name: check for check in load_checks()}

needs_program = pytest.mark.skipif(
    PROGRAM is None and not validation.is_required(),
    reason="Kubernetes' own validation was not run: `make tools` builds it",
)


def definition(highest: int = 9, version: str = "v1", rule: str = "self.low <= self.high") -> str:
    """A CustomResourceDefinition of gauges, with a bound and a rule."""
    return f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gauges.example.com}}
spec:
  group: example.com
  scope: Namespaced
  names: {{kind: Gauge, plural: gauges, singular: gauge, listKind: GaugeList}}
  versions:
    - name: {version}
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              x-kubernetes-validations: [{{rule: "{rule}", message: low is above high}}]
              properties:
                low: {{type: integer, minimum: 0, default: 0}}
                high: {{type: integer, maximum: {highest}}}
"""


def document(text: str) -> Document:
    """The one document of a text."""
    return parse_documents(text, "a test").documents[0]


def gauge(spec: str, version: str = "v1") -> Document:
    """A custom resource."""
    return document(f"apiVersion: example.com/{version}\nkind: Gauge\nmetadata: {{name: a}}\nspec: {spec}")


def found(resource: Document, claims: Claims) -> list[tuple[str, str]]:
    """Path and message of what both checks of custom resources say."""
    checks = (CHECKS["custom-schema"], CHECKS["kubernetes-validation"])
    return [(each.path, each.message) for check in checks for each in check.run(DocumentSubject(resource, claims))]


def files(folder: Path, **texts: str) -> tuple[Path, ...]:
    """A file for each of these texts, in folders of these names."""
    for name, text in texts.items():
        (folder / name).mkdir()
        (folder / name / "gauges.yaml").write_text(text, encoding="utf-8")
    return tuple(folder / name / "gauges.yaml" for name in texts)


@needs_program
def test_each_release_of_a_definition_judges_and_is_named(tmp_path: Path) -> None:
    """What one release takes and another refuses is a problem with the name of the one that refuses it."""
    claims = Claims(definition_files=files(tmp_path, old=definition(5), new=definition(9)), kubernetes_program=PROGRAM)
    assert found(gauge("{low: 1, high: 5}"), claims) == []
    ((path, message),) = found(gauge("{low: 1, high: 7}"), claims)
    assert path == "spec.high"
    assert message.endswith("(old/gauges.yaml)")
    ((path, message),) = found(gauge("{low: 5, high: 4}"), claims)
    assert path == "spec"
    assert "low is above high" in message
    assert message.endswith("(old/gauges.yaml, new/gauges.yaml)")
    # Both checks know it; what a schema can say is said once.
    ((path, message),) = found(gauge("{low: 1, high: 2, hihg: 7}"), claims)
    assert (path, "'hihg'" in message) == ("spec", True)
    assert len(found(gauge("{low: 3, high: 2, hihg: 7}"), claims)) == 2


@needs_program
def test_a_definition_that_kubernetes_cannot_use_is_told(tmp_path: Path) -> None:
    """Nothing is said to be right that could not be checked."""
    broken = definition(rule="self.lwo <= self.high")
    claims = Claims(definition_files=files(tmp_path, one=broken), kubernetes_program=PROGRAM)
    ((path, message),) = found(gauge("{}"), claims)
    assert path == "kind" or "lwo" in message


@needs_program
def test_no_default_is_missing(tmp_path: Path) -> None:
    """A required field with a default is filled in before anything is missed, with the program and without it."""
    text = definition().replace(
        "              properties:\n", "              required: [low]\n              properties:\n"
    )
    for program in (None, PROGRAM):
        folder = tmp_path / str(program is None)
        folder.mkdir()
        claims = Claims(definition_files=files(folder, one=text), kubernetes_program=program)
        assert found(gauge("{high: 5}"), claims) == []


def test_without_the_program_the_plain_half_is_checked(tmp_path: Path) -> None:
    """Types, bounds and unknown fields; a rule waits for the program, and null means that a field is not there."""
    claims = Claims(definition_files=files(tmp_path, old=definition(5), new=definition(9)))
    assert found(gauge("{low: 6, high: 5}"), claims) == []
    assert found(gauge("{low: null, high: 5}"), claims) == []
    ((path, message),) = found(gauge("{high: 7}"), claims)
    assert path == "spec.high"
    assert message.endswith("(old/gauges.yaml)")
    assert [path for path, _ in found(gauge("{hihg: 7}"), claims)] == ["spec"]


@pytest.mark.parametrize("program", [None, PROGRAM])
def test_a_version_that_no_definition_serves_has_no_schema(tmp_path: Path, program: Path | None) -> None:
    """Then it could not be checked, and that is said."""
    claims = Claims(definition_files=files(tmp_path, old=definition()), kubernetes_program=program)
    ((path, message),) = found(gauge("{}", "v2"), claims)
    assert path == "kind"
    assert "there is no schema for example.com/v2 Gauge" in message


@pytest.mark.parametrize("program", [None, PROGRAM])
def test_a_resource_suits_one_of_the_rendered_definitions(program: Path | None) -> None:
    """Each combination renders its own; those that differ in metadata only are one."""
    rendered = [document(definition(5)), document(definition(9)), document(definition(9))]
    rendered[2]["metadata"]["labels"] = {"a": "b"}
    claims = with_own_definitions(Claims(kubernetes_program=program), [], rendered)
    assert len(claims.definitions) == 2
    assert found(gauge("{high: 7}"), claims) == []
    ((_, message),) = found(gauge("{high: 10}"), claims)
    assert message.endswith("(the rendered gauges.example.com)")


def a_chart(folder: Path) -> Path:
    """A chart with definitions of its own and of charts below it, one of them packed."""
    below = folder / "chart" / "charts" / "below"
    packed = folder / "packed"
    for chart, version in ((folder / "chart", "v1"), (below, "v2"), (packed, "v3")):
        (chart / "crds" / "more").mkdir(parents=True)
        (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {chart.name}\nversion: 0.1.0\n", encoding="utf-8")
        (chart / "crds" / "more" / "gauges.yaml").write_text(definition(version=version), encoding="utf-8")
        (chart / "crds" / "README.md").write_text("- [a", encoding="utf-8")
    with tarfile.open(folder / "chart" / "charts" / "packed.tgz", "w:gz") as archive:
        archive.add(packed, "packed")
    return folder / "chart"


def test_the_definitions_of_a_chart_are_those_of_its_folders(tmp_path: Path) -> None:
    """As Helm installs them: crds/ and what is below it, also of the charts in charts/, packed or not."""
    chart = a_chart(tmp_path)
    with tarfile.open(tmp_path / "chart.tgz", "w:gz") as archive:
        archive.add(chart, "chart")
    for path in (chart, tmp_path / "chart.tgz"):
        claims = with_own_definitions(Claims(), installed_files(path), [])
        names = {each.name for each in claims.definitions}
        assert names == {
            "crds/more/gauges.yaml",
            "charts/below/crds/more/gauges.yaml",
            "charts/packed/crds/more/gauges.yaml",
        }
        for version in ("v1", "v2", "v3"):
            ((place, _),) = found(gauge("{high: 10}", version), claims)
            assert place == "spec.high"
    (chart / "crds" / "more" / "gauges.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ChartError, match=r"crds/more/gauges\.yaml"):
        with_own_definitions(Claims(), installed_files(chart), [])


def test_what_helm_ignores_is_no_definition(tmp_path: Path) -> None:
    """A file that .helmignore leaves out is not installed, whatever stands in it."""
    chart = a_chart(tmp_path)
    (chart / "crds" / "kustomization.yaml").write_text("a: [", encoding="utf-8")
    (chart / ".helmignore").write_text("kustomization.yaml\n", encoding="utf-8")
    assert len(with_own_definitions(Claims(), installed_files(chart), []).definitions) == 3


def test_files_of_definitions_are_named_relative_to_the_configuration(tmp_path: Path) -> None:
    """A pattern that finds nothing is refused, and a file without a definition is told when it is needed."""
    for name in ("values.yaml", "set.yaml", "contract.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    text = """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: a, keys: ["*"]}]
contract: contract.json
argumentSets: [set.yaml]
scenarios: [values.yaml]
checks: {customResourceDefinitions: ["*/gauges.yaml"]}
"""
    (tmp_path / "helm-nested.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"checks\.customResourceDefinitions: nothing matches"):
        load_configuration(tmp_path / "helm-nested.yaml")
    expected = files(tmp_path, one=definition(), two="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    claims = load_configuration(tmp_path / "helm-nested.yaml").claims
    assert claims.definition_files == expected
    with pytest.raises(SchemaError, match=r"two/gauges\.yaml holds no CustomResourceDefinition"):
        found(gauge("{}"), claims)


@needs_program
@pytest.mark.parametrize(
    ("spec", "path", "minors"),
    [
        # The rule came with 2.20.
        ({"minReplicaCount": 6, "maxReplicaCount": 5}, "spec", {"v2.20.2", "v2.21.0"}),
        ({"scaleTargetRef": {"name": "a", "knd": "Deployment"}}, "spec.scaleTargetRef", KEDA),
        ({"triggers": [{"type": "temporal", "metadata": {"targetQueueSize": 5}}]}, "targetQueueSize", KEDA),
    ],
)
def test_every_claimed_minor_of_keda_judges(spec: dict[str, Any], path: str, minors: set[str]) -> None:
    """This repository's configuration names KEDA's own definitions, and a message all that refuse an object."""
    claims = load_configuration(REPOSITORY / "helm-nested.yaml").claims
    whole = {"scaleTargetRef": {"name": "a"}, "triggers": [{"type": "cron", "metadata": {}}]} | spec
    resource = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a"}, "spec": whole}
    ((place, message),) = [each for each in found(resource, claims) if "keda.sh_scaledobjects.yaml" in each[1]]
    assert path in place
    assert {each for each in KEDA if f"{each}/keda.sh_scaledobjects.yaml" in message} == minors


def test_structural_schemas_become_strict() -> None:
    """What an API server prunes is refused, and words of OpenAPI that JSON Schema reads otherwise are translated."""
    assert strict({"type": "object", "properties": {"a": {"type": "string"}}})["additionalProperties"] is False
    assert "additionalProperties" not in strict({"properties": {"a": {}}, "x-kubernetes-preserve-unknown-fields": True})
    assert strict({"x-kubernetes-int-or-string": True, "anyOf": [{}]}) == {"type": ["integer", "string"]}
    assert strict({"type": "string", "nullable": True}) == {"type": ["string", "null"]}
    assert strict({"minimum": 1, "exclusiveMinimum": True}) == {"exclusiveMinimum": 1}
    assert strict({"minimum": 1, "exclusiveMinimum": False}) == {"minimum": 1}
    # What has a default is never missing.
    assert strict({"properties": {"a": {"default": 1}, "b": {}}, "required": ["a", "b"]})["required"] == ["b"]
    assert strict({"format": "int32"}) == {"minimum": -(2**31), "maximum": 2**31 - 1}
    embedded = strict({"properties": {"spec": {}}, "x-kubernetes-embedded-resource": True})
    assert set(embedded["properties"]) == {"apiVersion", "kind", "metadata", "spec"}


def test_definitions_are_told_apart_by_identity() -> None:
    """Two releases may have the same name in messages."""
    one, other = (ResourceDefinition("a", document(definition(each))) for each in (1, 2))
    assert one != other


@pytest.mark.parametrize("strength", ["all", "2"])
def test_what_stands_in_crds_is_checked_like_what_is_rendered(project: Project, strength: str) -> None:
    """Helm installs these files as they are, so an API version that is gone or a misspelt kind ends the install."""
    project.write("chart/crds/gauge.yaml", definition())
    assert findings(project, "--strength", strength) == []
    project.write("chart/crds/gauge.yaml", definition().replace("io/v1\n", "io/v1beta1\n", 1))
    project.change("values.schema.json", '"properties": {', '"properties": {"inner": {}, "global": {}, ')
    project.write("chart/charts/inner/Chart.yaml", "apiVersion: v2\nname: inner\nversion: 0.1.0\n")
    project.write("chart/charts/inner/crds/thing.yaml", "apiVersion: v1\nkind: Podd\nmetadata: {name: A}\n")
    told = [
        (each["checks"], each["keys"], each["path"], each["when"]) for each in findings(project, "--strength", strength)
    ]
    assert sorted(told) == [
        (["deprecated-api", "kubernetes-schema"], ["crds/gauge.yaml"], "apiVersion", ["always"]),
        (["kubernetes-schema"], ["charts/inner/crds/thing.yaml"], "apiVersion", ["always"]),
        (["name-syntax"], ["charts/inner/crds/thing.yaml"], "metadata.name", ["always"]),
    ]


def test_two_documents_of_one_file_in_crds_are_two_findings(project: Project) -> None:
    """What is wrong with the second one is not hidden behind the words of the first."""
    project.write(
        "chart/crds/two.yaml",
        "".join(f"---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: a}}\n" for kind in ("Podd", "Servic")),
    )
    told = [each["message"] for each in findings(project)]
    assert any("Podd" in str(each) for each in told)
    assert any("Servic" in str(each) for each in told)


def test_a_finding_in_crds_shows_the_file_and_no_command(project: Project) -> None:
    """No values lead to it, so none are said to show it again, and it can be accepted like another one."""
    project.write("chart/crds/thing.yaml", "apiVersion: v1\nkind: Podd\nmetadata: {name: a}\n")
    status, out, _ = project.check()
    assert status == 1
    assert "in:   crds/thing.yaml" in out
    assert "kind: Podd" in out
    assert "Helm installs this file as it is, whatever the values." in out
    assert "See it again" not in out
    assert not (project.folder / "findings").exists()
    accepted = "checks:\n  accepted: [{check: kubernetes-schema, path: apiVersion, reason: x}]\n"
    project.write("helm-nested.yaml", CONFIGURATION.replace("checks:\n", accepted))
    assert project.check()[0] == 0

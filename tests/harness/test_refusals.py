"""Whatever is wrong with the input: exit status 2, one message with what, where and what to do, nothing half-done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import Run

TEMPLATES = "chart/templates/templates-config-map.yaml"
ACCOUNT = "chart/templates/service-account.yaml"
PAGE = "chart/templates/_page.tpl"
SET = "argument-sets/everyday.yaml"
CONFIGURATION = "helm-nested.yaml"
CONTRACT = "contract.schema.json"
VALUES = "values/large.yaml"
SCHEMA = "chart/values.schema.json"


@dataclass(frozen=True)
class Defect:
    """One thing broken in the small chart: a text of one file replaced, and what the message has to contain."""

    name: str
    file: str
    old: str
    new: str
    said: tuple[str, ...]


DEFECTS = [
    # The service templates
    Defect("duplicate_key", PAGE, "  annotations:", "  labels:",
           ("ConfigMap/previews-templates[page.yaml] filled with 'everyday'", "line 7", "'labels' stands twice",
            "first in line 5", "Correct this line")),
    Defect("lone_dollar", PAGE, "$$ ${PRIORITY}", "$ 3",
           ("ConfigMap/previews-templates[page.yaml], line 8", "a lone '$'", 'cost: "$ 3"', "Write '$$'")),
    Defect("misspelt_placeholder", PAGE, "${ENVIRONMENT}", "${ENVIROMENT}",
           ("[page.yaml], line 13", "nobody fills ${ENVIROMENT}", "Did you mean 'ENVIRONMENT'?",
            "Correct the placeholder")),
    Defect("nobody_knows_the_placeholder", PAGE, "${ENVIRONMENT}", "${ZZZ}",
           ("nobody fills ${ZZZ}", "Known: ENVIRONMENT, LABEL, NAME, PRIORITY, TAG.")),
    Defect("missing_argument", SET, "  PRIORITY: 3\n", "",
           ("[page.yaml], line 8", "'everyday' has no PRIORITY", "Add it, or list the key under 'skip'")),
    Defect("broken_yaml_when_filled", PAGE, '"page-${NAME}"', '"page-${NAME}',
           ("[page.yaml] filled with 'everyday'", "line 8, column", "Correct this line")),
    Defect("no_map_when_filled", TEMPLATES, "    {{- include \"previews.page\" . | nindent 4 }}", "    - 1",
           ("[page.yaml] filled with 'everyday'", "document 1 is a list, not a map", "Write a map there")),
    Defect("not_a_text", TEMPLATES, "  README.md:", "  a.yaml: {b: 1}\n  README.md:",
           ("ConfigMap/previews-templates[a.yaml] is a dict, not a text", "Write it as a block scalar: 'a.yaml: |-'")),
    Defect("data_is_no_map", TEMPLATES, "\ndata:", "\ndata: [1]\nunused:",
           ("ConfigMap/previews-templates: data is a list", "Write it as a map")),
    Defect("no_service_template", CONFIGURATION, '"*-templates"', '"*-template"',
           ("no service template found", "ConfigMap/previews-templates", "ServiceAccount/previews",
            "Correct 'serviceTemplates'")),
    Defect("no_service_template_in_nameless_objects", TEMPLATES, "metadata:\n  name: {{ .Release.Name }}-templates",
           "metadata:\nunused:", ("no service template found", "ConfigMap/.", "Correct 'serviceTemplates'")),
    Defect("no_argument_set_for_a_key", SET, "arguments:", 'skip: ["clean-*"]\narguments:',
           ("no argument set is for ConfigMap/previews-templates[clean-up.yaml]", "Add a set for it")),
    # Stage one
    Defect("template_fails", TEMPLATES, "\ndata:", '\ndata:\n  {{ fail "set size.cpu: 100m, or remove size" }}',
           ("the chart refuses these values", "previews/templates/templates-config-map.yaml, line 7",
            "set size.cpu: 100m, or remove size")),
    Defect("required_value_is_missing", "chart/values.yaml", "image: registry.example.com/preview\n", "",
           ("the chart refuses these values (previews/templates/templates-config-map.yaml, line 8)",
            "set image, for example: image: registry.example.com/preview")),
    Defect("template_fails_in_what_it_includes", PAGE, "toYaml .Values.size", "toYaml .Values.size.cpu.more",
           ("a template failed (previews/templates/_page.tpl, line 17)", "can't evaluate field more")),
    Defect("template_does_not_parse", PAGE, "{{- end }}", "{{- ende }}",
           ("a template failed (previews/templates/_page.tpl, line 18)", 'function "ende" not defined',
            "Correct the template")),
    Defect("broken_yaml_in_stage_one", ACCOUNT, "  labels:", "  labels: [",
           ("previews/templates/service-account.yaml as rendered", "line 7", "that starts in line 5",
            "Correct what stands above")),
    Defect("duplicate_key_in_stage_one", ACCOUNT, "  labels:", "  name: again\n  labels:",
           ("previews/templates/service-account.yaml as rendered", "line 5", "'name' stands twice: first in line 4",
            "Correct this line")),
    Defect("control_character_in_stage_one", TEMPLATES, "  README.md: not", "  README.md: \x07 not",
           ("previews/templates/templates-config-map.yaml as rendered", "U+0007", "Write it as an escape")),
    Defect("chart_without_a_version", "chart/Chart.yaml", "version: 1.2.3\n", "",
           ("Helm cannot load the chart at chart", "version", "Try: helm lint chart")),
    Defect("chart_without_a_name", "chart/Chart.yaml", "name: previews\n", "",
           ("chart/Chart.yaml names no chart", "Add 'name:'")),
    Defect("chart_metadata_broken", "chart/Chart.yaml", "name: previews", "name: [previews",
           ("the chart at chart cannot be read", "chart/Chart.yaml: line", "Correct this line")),
    # The values
    Defect("schema_refuses", VALUES, "memory: 1Gi", "memory: 1",
           ("scenario 'large'", "values.schema.json refuses these values", 'size.memory: 1 is not of type "string"',
            "Correct them in the values file")),
    Defect("schema_unknown_value", VALUES, "memory: 1Gi", "memroy: 1Gi",
           ("scenario 'large'", "size.memroy: there is no such value. Did you mean 'memory'?", "Correct them")),
    Defect("schema_unknown_value_at_the_top", VALUES, "schedule:", "shedule:",
           ("shedule: there is no such value. Did you mean 'schedule'?",)),
    Defect("schema_is_no_json", SCHEMA, '"definitions": {', '"definitions": ',
           ("Helm cannot load the chart at chart: invalid JSON in values.schema.json", "Try: helm lint chart")),
    Defect("schema_is_no_schema", SCHEMA, '["string", "null"]', '"text"',
           ("the chart's values.schema.json cannot be used", "Correct the schema")),
    Defect("schema_refers_to_the_network", SCHEMA, "#/definitions/size", "https://schemas.example.com/size.json",
           ("https://schemas.example.com/size.json", "nothing is fetched", "Correct the schema")),
    Defect("values_are_no_map", VALUES, "size:\n  memory: 1Gi\nschedule: null", "- 1",
           ("the values file values/large.yaml: line 2: not a map", "Write 'name: value'")),
    Defect("values_are_broken", VALUES, "schedule: null", "schedule: [",
           ("the values file values/large.yaml: line 5", "Correct what stands above")),
    Defect("values_are_two_documents", VALUES, "schedule: null", "---\nschedule: null",
           ("values/large.yaml: a second document starts at line 5", "Make it one")),
    Defect("values_have_a_control_character", VALUES, "schedule: null", "schedule: \0",
           ("values/large.yaml: line 4: U+0000", "Write it as an escape")),
    Defect("values_are_no_json", VALUES, "schedule: null", "schedule: .inf",
           ("values/large.yaml: schedule: inf is not a number that JSON knows", "put it in quotes")),
    # The configuration
    Defect("unknown_configuration_key", CONFIGURATION, "argumentSets:", "argumentsets:",
           ("helm-nested.yaml is not understood", "argumentsets: unknown key. Did you mean 'argumentSets'?",
            "Correct the file")),
    Defect("unknown_key_of_a_selector", CONFIGURATION, '    keys: ["*.yaml"]', '    key: ["*.yaml"]',
           ("serviceTemplates[0].key: unknown key. Did you mean 'keys'?", '"keys" is a required property')),
    Defect("unknown_dialect", CONFIGURATION, '    keys: ["*.yaml"]', '    keys: ["*.yaml"]\n    dialect: jinja',
           ("serviceTemplates[0].dialect: 'jinja' is not a known dialect. Did you mean 'jinja2'?", "file.py:function")),
    Defect("configuration_is_a_list", CONFIGURATION, "chart: chart", "- chart: chart",
           ("the configuration cannot be read", "helm-nested.yaml")),
    Defect("configuration_has_a_key_twice", CONFIGURATION, "chart: chart", "chart: chart\nchart: other",
           ("helm-nested.yaml: line 3", "'chart' stands twice")),
    Defect("pattern_finds_nothing", CONFIGURATION, "values/*.yaml", "value/*.yaml",
           ("scenarios: nothing matches 'value/*.yaml'", "Correct the pattern")),
    Defect("pattern_finds_folders_only", CONFIGURATION, "values/*.yaml", "val*",
           ("scenarios: 'val*' matches values", "a folder, not a file", "narrow the pattern")),
    Defect("pattern_is_absolute", CONFIGURATION, "values/*.yaml", "/values/*.yaml",
           ("scenarios: '/values/*.yaml' is not a pattern", "Write one relative to that file")),
    Defect("release_name_that_helm_refuses", CONFIGURATION, "name: previews", "name: Previews",
           ("release.name: 'Previews' is not a release name: lower-case", "Correct the file")),
    Defect("namespace_that_kubernetes_refuses", CONFIGURATION, "namespace: web", "namespace: web.site",
           ("release.namespace: 'web.site' is not a namespace",)),
    Defect("kubernetes_version_is_a_number", CONFIGURATION, "kubeVersion: v1.33.0", "kubeVersion: 1.33",
           ("release.kubeVersion: 1.33 is not a Kubernetes version in quotes",)),
    Defect("missing_chart", CONFIGURATION, "chart: chart", "chart: charts",
           ("no chart at charts: no such directory", "Name a directory that holds a Chart.yaml")),
    Defect("chart_is_a_file", CONFIGURATION, "chart: chart", "chart: contract.schema.json",
           ("no chart at contract.schema.json: that is a file", "Name a directory")),
    Defect("chart_is_the_folder_above", CONFIGURATION, "chart: chart", "chart: .",
           ("it has no Chart.yaml", "Did you mean chart?")),
    Defect("missing_contract", CONFIGURATION, "contract.schema.json", "contract.json",
           ("no contract at contract.json", "Correct 'contract:'")),
    # The contract and the argument sets
    Defect("contract_without_position", CONTRACT, '{"type": "integer", "x-position": "scalar"}', '{"type": "integer"}',
           ("contract.schema.json: PRIORITY has x-position None", "Set it to one of scalar, line, value, entry")),
    Defect("argument_described_by_a_boolean", CONTRACT, '{"type": "integer", "x-position": "scalar"}', "true",
           ("contract.schema.json: PRIORITY has x-position None",)),
    Defect("remote_schema_reference", CONTRACT, "#/definitions/line", "https://schemas.example.com/line.json",
           ("refers to https://schemas.example.com/line.json", "nothing is fetched", "Copy that schema")),
    Defect("dangling_schema_reference", CONTRACT, "#/definitions/line", "#/definitions/lines",
           ("refers to #/definitions/lines, which is not in it", "Correct the reference")),
    Defect("contract_is_broken_json", CONTRACT, '"definitions": {', '"definitions": ',
           ("contract.schema.json is not JSON", "line", "Correct it")),
    Defect("contract_has_a_key_twice", CONTRACT, '"TAG":', '"NAME":',
           ("contract.schema.json is not JSON", "'NAME' stands twice")),
    Defect("contract_is_no_schema", CONTRACT, '"type": "integer"', '"type": "integre"',
           ("is not a JSON Schema: properties.PRIORITY.type", '"integre" is not valid', "Correct it")),
    Defect("contract_with_a_broken_pattern", CONTRACT, "^[-a-z0-9]+$", "^[-a-z0-9+$",
           ("is not a JSON Schema: properties.NAME.pattern", "Correct it")),
    Defect("argument_breaks_the_contract", SET, "NAME: fix-typo", "NAME: Fix-Typo",
           ("the argument set 'everyday' breaks the contract", 'NAME: "Fix-Typo" does not match',
            "Correct the argument set")),
    Defect("unknown_argument", SET, "  TAG:", "  TAGS: x\n  TAG:",
           ("TAGS: no such argument. Did you mean 'TAG'?",)),
    Defect("unknown_key_deep_in_an_argument", SET, "value: hello}", "value: hello, valu: x}",
           ("ENVIRONMENT[0]: Additional properties are not allowed ('valu' was unexpected)",)),
    Defect("argument_is_a_date", SET, "NAME: fix-typo", "NAME: 2024-01-01",
           ("NAME: datetime.date(2024, 1, 1) is a date; put it in quotes",)),
    Defect("argument_is_no_number", SET, "PRIORITY: 3", "PRIORITY: .nan",
           ("PRIORITY: nan is no JSON number",)),
    Defect("argument_named_by_a_number", SET, "  TAG:", "  1: x\n  TAG:", ("1: no such argument.",)),
    Defect("unknown_key_of_an_argument_set", SET, "description:", "descriptions:",
           ("argument-sets/everyday.yaml: unknown key 'descriptions'. Did you mean 'description'?",
            "Correct the file")),
    Defect("skip_is_a_text", SET, "arguments:", 'skip: "page.*"\narguments:',
           ("argument-sets/everyday.yaml: 'skip' is not a list", "Write one")),
    Defect("argument_set_without_arguments", SET, "arguments:", "skip:",
           ("argument-sets/everyday.yaml has no map 'arguments'", "Add one")),
    Defect("argument_set_has_a_key_twice", SET, "  TAG:", "  NAME: x\n  TAG:",
           ("the argument set argument-sets/everyday.yaml cannot be read", "line 5", "'NAME' stands twice")),
]  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_is_refused_and_explained(defect: Defect, small: Path, run: Run) -> None:
    """A broken input ends in exit status 2 and one message with all that is needed, and changes no file."""
    assert run("render", "--out", "out").status == 0
    before = files(small / "out")
    patch(small / defect.file, defect.old, defect.new)

    outcome = run("render", "--out", "out")

    assert (outcome.status, outcome.err.count("helm-nested: ")) == (2, 1), outcome.err
    for text in defect.said:
        assert text in outcome.err
    assert outcome.err.startswith("helm-nested: ")
    assert "Traceback" not in outcome.err
    assert files(small / "out") == before
    assert not list(small.glob(".*"))


def patch(file: Path, old: str, new: str) -> None:
    """Replace a text that stands in the file exactly once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

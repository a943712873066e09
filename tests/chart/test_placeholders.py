"""Placeholders: the contract and the service templates agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nested_templates.dialect import Placeholder, parse

from .bundle import KEDA, SCENARIOS, Bundle, contract, merged, render, render_file

PER_ENDPOINT = {"temporal": {"scaling": "keda", "connection": {"addressFrom": "argument", "namespaceFrom": "argument"}}}
WITH_INFRA_CONFIG = {"serviceTemplate": {"mountInfraConfig": True}, "config": {"values": {"infra": {"a": "b"}}}}
# Opt-in placeholders that llm-engine's control plane does not fill.
OPT_IN = {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}


def placeholders(bundle: Bundle) -> set[str]:
    """The names of all placeholders in the bundle's service templates."""
    return {
        segment.name
        for template in bundle.templates.values()
        for segment in parse(template.text, template.where)
        if isinstance(segment, Placeholder)
    }


def test_every_argument_is_used_or_marked_unused() -> None:
    """An argument of the contract is in some service template, or the contract says why it is in none."""
    used = placeholders(render(merged(PER_ENDPOINT, WITH_INFRA_CONFIG)))
    unused = {name for name, argument in contract().arguments.items() if argument.unused}
    assert used | unused == set(contract().arguments)
    assert not used & unused


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_no_placeholder_by_default_that_llm_engine_does_not_fill(file: Path) -> None:
    """In every scenario but the one that asks for it, llm-engine's control plane supplies every placeholder."""
    if file.stem == "per-endpoint-values":
        assert placeholders(render_file(file)) >= OPT_IN
        return
    suppliers = {contract().arguments[name].supplier for name in placeholders(render_file(file))}
    assert suppliers == {"llm-engine"}


def test_text_stands_in_double_quotes_and_the_rest_bare() -> None:
    """A scalar stands inside double quotes or is a number; a line, a whole value and an entry stand alone."""
    bundle = render(merged(PER_ENDPOINT, WITH_INFRA_CONFIG))
    numbers = {"MIN_WORKERS", "MAX_WORKERS"}
    for template in bundle.templates.values():
        lines = template.text.splitlines()
        for number, line in enumerate(lines, start=1):
            for name in re.findall(r"\$\{(\w+)\}", line):
                where = f"{template.key}, line {number}: {line.strip()}"
                position = contract().arguments[name].position
                before = line[: line.index("${" + name)]
                inside_quotes = len(re.findall(r'(?<!\\)"', before)) % 2 == 1
                if position == "entry":
                    assert line.strip() == f"${{{name}}}", where
                elif position == "line":
                    above = re.fullmatch(r"( *(?:- )?)\S+: \|2-", lines[number - 2])
                    assert above, where
                    assert line == f"{' ' * (len(above[1]) + 2)}${{{name}}}", where
                elif position == "value":
                    assert re.fullmatch(rf"\s+\w+: \$\{{{name}\}}", line), where
                else:
                    assert inside_quotes or (name in numbers and line.endswith(f": ${{{name}}}")), where


def test_values_are_data() -> None:
    """A dollar sign in any free value reaches the document as it is, and only four identifiers are filled."""
    hostile = "$5 ${HOME} $$ $IMAGE ${main_env}"
    values = merged(
        KEDA,
        {
            "temporal": {
                "keda": {"annotations": {"a": hostile}},
                "podAnnotations": {"a": hostile, "b": "${ENDPOINT_NAME}", "c": "at ${RESOURCE_NAME}."},
                "preStop": {"exec": {"command": [hostile]}},
                "probes": {"readiness": {"exec": {"command": [hostile]}}},
                "extraVolumes": [{"name": "v", "csi": {"driver": "a", "volumeAttributes": {"a": hostile}}}],
                "extraVolumeMounts": [{"name": "v", "mountPath": hostile}],
                "podSecurityContext": {"seLinuxOptions": {"level": hostile}},
            },
        },
    )
    bundle = render(values)
    deployment = bundle.deployment("gpu")
    metadata, pod = deployment["spec"]["template"]["metadata"], deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert metadata["annotations"]["a"] == hostile
    assert metadata["annotations"]["b"] == deployment["metadata"]["labels"]["endpoint_name"]
    assert metadata["annotations"]["c"] == f"at {deployment['metadata']['name']}."
    assert container["lifecycle"]["preStop"]["exec"]["command"] == [hostile]
    assert container["readinessProbe"]["exec"]["command"] == [hostile]
    assert container["volumeMounts"][-1]["mountPath"] == hostile
    assert pod["volumes"][-1]["csi"]["volumeAttributes"] == {"a": hostile}
    assert pod["securityContext"]["seLinuxOptions"]["level"] == hostile
    assert bundle.scaled_object()["metadata"]["annotations"]["a"] == hostile


def test_values_are_the_same_text_to_pyyaml() -> None:
    """A text that YAML's readers take for different things is what it was, read as the consumer reads it."""
    command = ["=", "<<", "0x_", "-0b_", "0x10000000000000000", ".1_", "1.5e+400", "2024-13-45", "2024-01-01", "1:30"]
    command += ["2001-12-14 21:59:43.10 -5", 'a"=', "a", "1", "on", ',"=', "x=", "1e+06"]
    values = {"temporal": {"podAnnotations": {"a": "=", "0x_a": "<<"}, "preStop": {"exec": {"command": command}}}}
    template = render(values).deployment("cpu")["spec"]["template"]
    assert template["spec"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"] == command
    assert {key: template["metadata"]["annotations"][key] for key in ("a", "0x_a")} == {"a": "=", "0x_a": "<<"}

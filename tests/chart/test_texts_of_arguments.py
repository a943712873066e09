"""Texts that a control plane fills in reach Kubernetes, KEDA and workers as they are, whichever encoder it has."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from helm_nested.errors import ContractError
from nested_templates.contract import ArgumentSet
from nested_templates.encoder import ENCODERS
from nested_templates.fill import fill
from nested_templates.yaml_documents import load_all

from .bundle import Bundle, argument_sets, configuration, contract, deployment_key, merged, render
from .judged import BASE

VALUES = merged(
    BASE,
    {
        "temporal": {"connection": {"addressFrom": "argument", "namespaceFrom": "argument"}},
        "config": {"values": {"infra": {"cloud": "aws"}}},
        "serviceTemplate": {"mountInfraConfig": True},
    },
)
TEXTS = (
    'say "hi"', "C:\\new\\table", "\\", '"', '\\"', "it's", "'", "it's \"so\"", " both ends ", "#", "a # b", "a: b",
    "---", "...", "{a", "[a", "]", "%a", "@", "`", "|", ">-", "&a", "*a", "!a", "?", "= ", "null", "1234", "1e3", "~",
    "- a", "$HOME", "${RESOURCE_NAME}", "$$", "{{ a }}", "字幕", "é", "\U0001f680", "x" * 900,
)  # fmt: skip
KEDA_KEY = "keda-scaled-object-temporal.yaml"


def main(document: Any) -> Any:
    """The worker's container."""
    (container,) = document["spec"]["template"]["spec"]["containers"]
    return container


def trigger(document: Any) -> Any:
    """What KEDA's scaler is told."""
    return document["spec"]["triggers"][0]["metadata"]


# Where each of them ends up: by argument, the key of a template, and what is read there.
PLACES: dict[str, list[tuple[str, Callable[[Any], str]]]] = {
    "CHANGE_CAUSE_MESSAGE": [
        (deployment_key("cpu"), lambda document: document["metadata"]["annotations"]["kubernetes.io/change-cause"])
    ],
    "TEMPORAL_TASK_QUEUE": [
        (deployment_key("cpu"), lambda document: document["metadata"]["annotations"]["temporal.scaleml.io/taskQueue"]),
        (deployment_key("cpu"), lambda document: main(document)["env"][-1]["value"]),
        (KEDA_KEY, lambda document: trigger(document)["taskQueue"]),
    ],
    "TEMPORAL_NAMESPACE": [(KEDA_KEY, lambda document: trigger(document)["namespace"])],
    "INFRA_SERVICE_CONFIG_VOLUME_MOUNT_PATH": [
        (
            deployment_key("cpu"),
            lambda document: next(
                mount["mountPath"]
                for mount in main(document)["volumeMounts"]
                if mount["name"] == "infra-service-config-volume"
            ),
        )
    ],
}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """Templates that take all of these arguments."""
    return render(VALUES)


def with_text(name: str, text: str) -> ArgumentSet:
    """An argument set with that text, which a worker's environment has as well if it is the queue."""
    base = argument_sets()["converted-artifact"]
    arguments = {**base.arguments, name: text}
    if name == "TEMPORAL_TASK_QUEUE":
        arguments["MAIN_ENV"] = [*arguments["MAIN_ENV"], {"name": name, "value": text}]
    return ArgumentSet("text", "", base.skip, arguments)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("text", TEXTS, ids=ascii)
@pytest.mark.parametrize("name", PLACES)
def test_a_text_that_the_contract_takes_arrives_everywhere(name: str, text: str, encoder: str, bundle: Bundle) -> None:
    """What the contract lets through is read in the end, with PyYAML and as Kubernetes reads; else it is named."""
    written = f"/{text}" if name == "INFRA_SERVICE_CONFIG_VOLUME_MOUNT_PATH" else text
    argument_set = with_text(name, written)
    if is_refused(name, text):
        with pytest.raises(ContractError, match=rf"\n  - {name}: "):
            contract().check(argument_set)
        return
    contract().check(argument_set)
    for key, read in PLACES[name]:
        filled = fill(bundle.templates[key], argument_set, contract(), ENCODERS[encoder])
        assert [read(document) for document in filled.documents] == [written]
        assert [read(document) for document in load_all(filled.text, key)] == [written]


def is_refused(name: str, text: str) -> bool:
    """Whether an argument may not have that text: docs/beside-llm-engine.md lists which characters each may have."""
    if name == "TEMPORAL_TASK_QUEUE":
        return text != text.strip() or "\\" in text or {"'", '"'} <= set(text)
    if name == "TEMPORAL_NAMESPACE":
        return text != text.strip() or not text.isascii()
    return name == "INFRA_SERVICE_CONFIG_VOLUME_MOUNT_PATH" and ":" in text


def test_every_character_of_a_queue_is_the_same_in_the_environment() -> None:
    """Python's repr writes some characters as escapes, which YAML's single quotes do not read: no queue has them."""
    schema = json.loads(configuration().contract.read_text(encoding="utf-8"))
    rules = schema["properties"]["TEMPORAL_TASK_QUEUE"]
    parts = [rules, *(schema["definitions"][part["$ref"].rsplit("/", 1)[-1]] for part in rules["allOf"])]
    patterns = [re.compile(part["pattern"]) for part in parts]
    assert len(patterns) > 2
    lost = []
    for code in range(0x20, 0x110000):
        character = chr(code)
        if unicodedata.category(character) in ("Cn", "Cs"):  # without a meaning, or no character at all
            continue
        if all(pattern.search(f"a{character}a") for pattern in patterns) and repr(character)[1:-1] != character:
            lost.append(hex(code))
    assert lost == []

"""The contract of all arguments, and the argument sets that stand for the endpoints it allows."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from jsonschema_rs import Draft7Validator

from helm_nested.errors import ContractError
from nested_templates.contract import ArgumentSet, Contract

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
CONTRACT: dict[str, Any] = json.loads((SCHEMAS / "contract.schema.json").read_text(encoding="utf-8"))
PROPERTIES: dict[str, dict[str, Any]] = CONTRACT["properties"]
GPU_ONLY = {"GPU_TYPE", "GPUS"}
USED = {name for name, each in PROPERTIES.items() if "x-unused" not in each}
SETS: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((SCHEMAS / "argument-sets").glob("*.yaml"))
}


def faults(arguments: dict[str, Any]) -> list[str]:
    """Return what the contract has against these arguments, one line each."""
    return [
        f"{'.'.join(map(str, error.instance_path))}: {error.message}"
        for error in Draft7Validator(CONTRACT).iter_errors(arguments)
    ]


def test_contract_is_a_schema() -> None:
    """The contract is valid draft-07."""
    jsonschema_rs.meta.validate(CONTRACT)
    assert CONTRACT["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_argument_is_described(name: str) -> None:
    """Every argument says what it is, where it stands, what it counts, who supplies it, and what it looks like."""
    argument = PROPERTIES[name]
    assert argument["description"]
    assert argument["x-position"] in {"scalar", "line", "value", "entry"}
    assert argument["x-supplier"] in {"llm-engine", "temporal-endpoints"}
    assert argument["x-unit"] is None or argument["x-unit"]
    assert argument["examples"]
    assert argument.get("x-unused", "a reason") != ""


def test_what_an_update_never_changes() -> None:
    """These stay as long as the endpoint is there; whatever else a user or a release may set says that it changes."""
    stays = {name for name, each in PROPERTIES.items() if not each.get("x-changes")}
    assert stays == {
        *("RESOURCE_NAME", "NAMESPACE", "ENDPOINT_ID", "ENDPOINT_NAME", "OWNER", "CREATED_BY"),
        *("AWS_ROLE", "RESULTS_S3_BUCKET"),
    }


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_example_is_valid(name: str) -> None:
    """Every example of an argument is one the contract takes."""
    for example in PROPERTIES[name]["examples"]:
        assert faults({name: example}) == []


@pytest.mark.parametrize("name", SETS)
def test_every_set_keeps_the_contract(name: str) -> None:
    """Every argument set is one the contract takes."""
    assert faults(SETS[name]["arguments"]) == []


@pytest.mark.parametrize("name", SETS)
def test_every_set_is_full(name: str) -> None:
    """A set supplies each argument that some template uses, GPU ones if and only if it is for GPU templates."""
    arguments = SETS[name]["arguments"]
    is_gpu = "deployment-*-cpu.yaml" in SETS[name]["skip"]
    assert set(arguments) == (USED if is_gpu else USED - GPU_ONLY)
    assert SETS[name]["skip"] == ["deployment-*-cpu.yaml" if is_gpu else "deployment-*-gpu.yaml"]


@pytest.mark.parametrize("name", SETS)
def test_every_set_says_who_it_stands_for(name: str) -> None:
    """A set's file opens with a comment on its user, and its description is not empty."""
    text = (SCHEMAS / "argument-sets" / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert set(SETS[name]) - {"bundles"} == {"description", "skip", "arguments"}
    assert SETS[name]["description"]


@pytest.mark.parametrize("name", SETS)
def test_arguments_of_a_set_belong_together(name: str) -> None:
    """The arguments of a set that derive from one another agree, as a control plane would supply them."""
    arguments = SETS[name]["arguments"]
    assert arguments["RESOURCE_NAME"] == "launch-endpoint-id-" + arguments["ENDPOINT_ID"].replace("_", "-")
    assert arguments["MIN_WORKERS"] <= arguments["MAX_WORKERS"]
    environment = {each["name"]: each["value"] for each in arguments["MAIN_ENV"]}
    assert len(environment) == len(arguments["MAIN_ENV"])
    assert environment["TEMPORAL_TASK_QUEUE"] == arguments["TEMPORAL_TASK_QUEUE"]
    if not arguments["IMAGE_HASH"].isdecimal():
        assert arguments["IMAGE_HASH"] == hashlib.sha256(arguments["IMAGE"].encode()).hexdigest()[:32]


def test_sets_cover_every_gpu_type() -> None:
    """There is a set for each GPU type that the contract knows."""
    assert {each["arguments"].get("GPU_TYPE") for each in SETS.values()} - {None} == set(PROPERTIES["GPU_TYPE"]["enum"])


@pytest.mark.parametrize(
    ("name", "hostile"),
    [
        ("TEAM", "speech\n"),
        ("TEAM", "speech\nowner: somebody-else"),
        ("OWNER", ""),
        ("PRODUCT", "a" * 64),
        ("GIT_TAG", 1234),
        ("RESOURCE_NAME", "a" * 55),
        ("RESOURCE_NAME", "Upper"),
        ("NAMESPACE", "a.b"),
        ("CHANGE_CAUSE_MESSAGE", "two\u2028lines"),
        ("CHANGE_CAUSE_MESSAGE", "two\nlines"),
        ("CHANGE_CAUSE_MESSAGE", "\ttab"),
        ("PRIORITY", "high priority"),
        ("IMAGE", "registry.example.com/worker:1 # latest"),
        ("IMAGE_HASH", 12345678901234567890123456789012),
        ("IMAGE_HASH", "abc"),
        ("COMMAND", "python -m worker"),
        ("COMMAND", ["a\0b"]),
        ("MAIN_ENV", {"NAME": "value"}),
        ("MAIN_ENV", [{"name": "COUNT", "value": 1}]),
        ("MAIN_ENV", [{"name": "1ST", "value": ""}]),
        ("MAIN_ENV", [{"name": "A", "value": "", "valueFrom": {}}]),
        ("CPUS", "0"),
        ("CPUS", "0.0"),
        ("CPUS", True),
        ("CPUS", "2\n"),
        ("MEMORY", "8 Gi"),
        ("MEMORY", "0Gi"),
        ("STORAGE_DICT", "ephemeral-storage: 8Gi"),
        ("STORAGE_DICT", 'ephemeral-storage: "8Gi"\nmemory: 1'),
        ("GPU_TYPE", "nvidia-tesla-k80"),
        ("GPUS", 0),
        ("GPUS", "1"),
        ("MIN_WORKERS", -1),
        ("MAX_WORKERS", 251),
        ("MAX_WORKERS", 0),
        ("MAX_WORKERS", True),
        ("PER_WORKER", 0),
        ("TEMPORAL_TASK_QUEUE", ""),
        ("TEMPORAL_TASK_QUEUE", " queue"),
        ("TEMPORAL_TASK_QUEUE", 'it\'s a "queue"'),
        ("TEMPORAL_TASK_QUEUE", "a\u00a0queue"),
        ("TEMPORAL_TASK_QUEUE", "queue\U000e0001"),
        ("TEMPORAL_TASK_QUEUE", "queue\\"),
        ("TEMPORAL_TASK_QUEUE", "queue\x7f"),
        ("TEMPORAL_TASK_QUEUE", "q" * 1001),
        ("TEMPORAL_TASK_QUEUE", None),
        ("INFRA_SERVICE_CONFIG_VOLUME_MOUNT_PATH", "relative"),
        ("INFRA_SERVICE_CONFIG_VOLUME_MOUNT_PATH", "/a:b"),
        ("CONFIG_DATA_SERIALIZED", "not base64"),
        ("TEMPORAL_ADDRESS", "temporal.example.com"),
        ("TEMPORAL_ADDRESS", "temporal.example.com:65536"),
        ("TEMPORAL_NAMESPACE", "größer"),
        ("TASK_QUEUE", "unknown"),
    ],
)
def test_hostile_arguments_are_refused(name: str, hostile: object) -> None:
    """An argument that could change the document's structure or its own type, or that no API would take, is refused."""
    assert faults({name: hostile}) != []


@pytest.mark.parametrize(
    ("name", "hostile", "wanted"),
    [
        (
            "TEMPORAL_TASK_QUEUE",
            "a\\b",
            "'a\\\\b' is refused; wanted is text that Python's repr leaves as it is: no backslash, ",
        ),
        ("TEAM", 'a"b', "'a\"b' is refused; wanted is text that means itself inside YAML's double quotes: "),
        ("CHANGE_CAUSE_MESSAGE", "a\nb", "'a\\nb' is not on one line, or has characters that YAML refuses there; "),
    ],
)
def test_a_text_that_is_refused_is_told_what_is_wanted(name: str, hostile: str, wanted: str) -> None:
    """The message says in words which characters an argument may have, and not by a pattern alone."""
    with pytest.raises(ContractError) as refused:
        Contract(CONTRACT, "the contract").check(ArgumentSet("hostile", "", (), {name: hostile}))
    assert f"\n  - {name}: {wanted}" in str(refused.value)


def test_one_argument_is_judged_by_itself() -> None:
    """Its faults are those that a set would have because of it; that others are required is not its fault."""
    contract = Contract({**CONTRACT, "required": ["TEAM"]}, "the contract")
    assert contract.faults_of("GPUS", 1) == []
    assert contract.faults_of("GPUS", 0) == ["GPUS: 0 is less than the minimum of 1"]
    assert contract.faults_of("GPUSS", 1) == ["GPUSS: no such argument. Did you mean 'GPUS'?"]
    assert contract.faults_of("CHANGE_CAUSE_MESSAGE", "a\nb") != []


def test_a_set_whose_least_workers_exceed_the_most_is_refused() -> None:
    """What a JSON Schema cannot compare, x-at-most says: MIN_WORKERS above MAX_WORKERS breaks the contract."""
    contract = Contract(CONTRACT, "the contract")
    arguments = SETS["gpu-h100"]["arguments"]
    contract.check(ArgumentSet("equal", "", (), {**arguments, "MIN_WORKERS": 4, "MAX_WORKERS": 4}))
    with pytest.raises(ContractError, match="MIN_WORKERS: 5 exceeds MAX_WORKERS, which is 4"):
        contract.check(ArgumentSet("above", "", (), {**arguments, "MIN_WORKERS": 5, "MAX_WORKERS": 4}))


def test_a_bound_that_is_no_argument_is_refused() -> None:
    """x-at-most names an argument of the contract, and a misspelt one is told with the nearest name."""
    schema = {"properties": {"LEAST": {"x-position": "scalar", "x-at-most": "MOTS"}, "MOST": {"x-position": "scalar"}}}
    with pytest.raises(
        ContractError,
        match=r"LEAST has x-at-most 'MOTS', which is not an argument of the contract. Did you mean 'MOST'\?",
    ):
        Contract(schema, "contract.json")

"""llm-engine: its values files, its way of filling, its read-back, its include."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from helm_nested.chart import load_chart
from helm_nested.engine import IN_PROCESS, Release, open_engine
from helm_nested.errors import RenderError

from .bundle import (
    CHART,
    DEVICES,
    KEDA,
    LLM_ENGINE_SCENARIOS,
    ROOT,
    Bundle,
    argument_sets,
    default_argument_set,
    deployment_key,
    merged,
    render,
    render_file,
    render_layers,
)
from .including import copy_into_parent
from .llm_engine import (
    REVISIONS,
    LlmEngineError,
    Revision,
    arguments_of,
    fill,
    prepare_deployment,
    read_autoscaler,
    read_back,
)

if TYPE_CHECKING:
    from helm_nested.properties.documents import CorpusDocuments

# What llm-engine falls back to for what a Deployment does not tell.
INFRA_CONFIG = {"s3_bucket": "results", "profile_ml_inference_worker": "default"}
ENV_THAT_BREAKS_ITS_REPR = "env-quotes-and-newlines"
SUITED = [
    (device, name)
    for device in DEVICES
    for name, each in argument_sets().items()
    if each.suits(deployment_key(device)) and name != ENV_THAT_BREAKS_ITS_REPR
]


@pytest.fixture(params=LLM_ENGINE_SCENARIOS, ids=lambda file: file.stem)
def scenario(request: pytest.FixtureRequest) -> Bundle:
    """The chart rendered with one of llm-engine's kinds of values, unchanged."""
    return render_file(request.param)


@pytest.fixture(params=REVISIONS, ids=lambda revision: revision.branch)
def revision(request: pytest.FixtureRequest) -> Revision:
    """Each revision of llm-engine that the model follows."""
    found: Revision = request.param
    return found


@pytest.mark.parametrize(("device", "name"), SUITED)
def test_its_filling_and_read_back_work(scenario: Bundle, revision: Revision, device: str, name: str) -> None:
    """What llm-engine's control plane fills, prepares and reads back is what it put in, for both devices."""
    arguments = argument_sets()[name].arguments
    filled = fill(scenario.templates[deployment_key(device)].text, arguments_of(dict(arguments)), revision)
    prepared = prepare_deployment(filled, revision)
    assert prepared["spec"]["template"]["spec"]["volumes"] == filled["spec"]["template"]["spec"]["volumes"]
    state = read_back(prepared, INFRA_CONFIG)
    assert state.min_workers == arguments["MIN_WORKERS"]
    assert state.max_workers == arguments["MAX_WORKERS"]
    assert state.per_worker == arguments["PER_WORKER"]
    assert state.image == arguments["IMAGE"]
    assert state.cpus == str(arguments["CPUS"])
    assert state.memory == str(arguments["MEMORY"])
    assert state.gpus == (arguments["GPUS"] if device == "gpu" else 0)
    assert state.gpu_type == (arguments["GPU_TYPE"] if device == "gpu" else None)
    assert state.labels["team"] == arguments["TEAM"]
    assert state.labels["endpoint_name"] == arguments["ENDPOINT_NAME"]


@pytest.mark.parametrize("device", DEVICES)
def test_its_filling_is_the_same_over_the_matrix(helm_nested_documents: CorpusDocuments, device: str) -> None:
    """Under any two choices llm-engine makes of a template what filling in JSON makes of it, and reads it back."""
    documents = helm_nested_documents
    arguments = argument_sets()[default_argument_set(device)].arguments
    texts = documents.texts("filled", sorted(documents.sample), default_argument_set(device))
    judged = 0
    for text in (each for each in texts if each.slot.name == deployment_key(device)):
        (expected,) = documents.parsed(text)
        for revision in REVISIONS:
            found = fill(text.slot.texts[text.identity - 1], arguments_of(dict(arguments)), revision)
            assert found == expected
            prepared = prepare_deployment(found, revision)
            assert read_back(prepared, INFRA_CONFIG).max_workers == arguments["MAX_WORKERS"]
            assert prepared["spec"]["template"]["spec"]["volumes"] == found["spec"]["template"]["spec"]["volumes"]
        judged += 1
    assert judged > 1


def test_its_other_keys_fill(scenario: Bundle, revision: Revision) -> None:
    """The keys that llm-engine's control plane uses besides the Deployment fill and name the endpoint."""
    arguments = arguments_of(dict(argument_sets()["looks-like-numbers"].arguments))
    for key in (
        "user-config.yaml",
        "endpoint-config.yaml",
        "pod-disruption-budget.yaml",
        "vertical-pod-autoscaler.yaml",
    ):
        document = fill(scenario.templates[key].text, arguments, revision)
        assert document["metadata"]["name"].startswith(arguments["RESOURCE_NAME"])
        assert document["metadata"]["namespace"] == arguments["NAMESPACE"]


@pytest.mark.parametrize("least", [None, {"cpu": None}, {"cpu": None, "memory": None}, {"cpu": "1", "memory": "1Gi"}])
def test_the_autoscalers_bounds_are_read_back(revision: Revision, least: object) -> None:
    """Whatever is set or null of the least that may be recommended, llm-engine finds all four bounds."""
    bundle = render({"temporal": {"verticalPodAutoscaler": {"minAllowed": least}}})
    arguments = arguments_of(dict(argument_sets()["gpu-h100"].arguments))
    bounds = read_autoscaler(fill(bundle.templates["vertical-pod-autoscaler.yaml"].text, arguments, revision))
    assert bounds is not None
    assert bounds["min_cpu"] == ("1" if least == {"cpu": "1", "memory": "1Gi"} else "0")
    assert bounds["max_memory"] == str(arguments["MEMORY"])


def test_its_python_repr_breaks_on_some_values_and_says_so() -> None:
    """Env values with both kinds of quotes fail in llm-engine's own encoding; the json encoder carries them."""
    arguments = argument_sets()[ENV_THAT_BREAKS_ITS_REPR].arguments
    bundle = render()
    with pytest.raises((LlmEngineError, yaml.YAMLError)):
        fill(bundle.templates[deployment_key("cpu")].text, arguments_of(dict(arguments)))
    assert bundle.container("cpu", ENV_THAT_BREAKS_ITS_REPR)["env"] == arguments["MAIN_ENV"]


def test_nothing_of_its_release_is_owned_twice(scenario: Bundle) -> None:
    """Beside llm-engine the chart installs its ConfigMap and the test pod, neither with a name of llm-engine's."""
    names = {(each["kind"], each["metadata"]["name"]) for each in scenario.objects}
    assert names == {
        ("ConfigMap", "temporal-endpoints-service-template-config"),
        ("Pod", "temporal-endpoints-test"),
    }


def test_its_names_are_referred_to() -> None:
    """Service account, infra configuration and managed-by follow llm-engine's own fullname rule."""
    base = {"serviceTemplate": {"mountInfraConfig": True}, "config": {"values": {"infra": {"a": "b"}}}}
    for values, name in (
        ({}, "model-engine"),
        ({"serviceIdentifier": "blue"}, "model-engine-blue"),
        ({"fullnameOverride": "launch"}, "launch"),
        ({"temporal": {"launchName": "mine"}, "fullnameOverride": "launch"}, "mine"),
    ):
        bundle = render(merged(base, values))
        pod = bundle.pod("cpu")
        assert pod["serviceAccountName"] == name
        volume = next(each for each in pod["volumes"] if each["name"] == "infra-service-config-volume")
        assert volume["configMap"]["name"] == f"{name}-service-config"
        assert bundle.deployment("cpu")["metadata"]["labels"]["managed-by"] == name


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """llm-engine's ConfigMap in small, with the service templates copied beside its own."""
    return copy_into_parent(tmp_path_factory.mktemp("parent"))


def test_include_yields_only_the_temporal_keys(parent: Path) -> None:
    """One line in llm-engine's ConfigMap adds the keys with `temporal`, and leaves its own keys alone."""
    bundle = render({"context": "production"}, chart=parent)
    data = bundle.one("ConfigMap", "model-engine-service-template-config")["data"]
    assert set(data) == {
        "user-config.yaml",
        "deployment-runnable-image-temporal-cpu.yaml",
        "deployment-runnable-image-temporal-gpu.yaml",
        "keda-scaled-object-temporal.yaml",
        "keda-trigger-authentication-temporal.yaml",
        "worker-settings-temporal.yaml",
    }
    assert data["user-config.yaml"] == "llm-engine's own"


@pytest.mark.parametrize("file", LLM_ENGINE_SCENARIOS, ids=lambda file: file.stem)
@pytest.mark.parametrize("device", DEVICES)
def test_include_gives_what_the_chart_gives(parent: Path, file: Path, device: str) -> None:
    """With llm-engine's values and nothing of `temporal`, the included template is this chart's own, to the letter."""
    layer = file.read_text(encoding="utf-8")
    included = render_layers(layer, chart=parent).templates[deployment_key(device)].text
    assert included == render_layers(layer).templates[deployment_key(device)].text


def test_include_takes_the_parents_values_and_null(parent: Path) -> None:
    """Inside the parent `temporal:` works as in this chart, and null leaves a field out instead of its default."""
    values = {"temporal": {"terminationGracePeriodSeconds": None, "gpu": {"nodeSelectorKey": "gpu.example.com/type"}}}
    pod = render(values, chart=parent).pod("gpu")
    assert "terminationGracePeriodSeconds" not in pod
    assert pod["nodeSelector"] == {"gpu.example.com/type": "nvidia-hopper-h100"}
    assert pod == render(values).pod("gpu")


def test_include_brings_the_connection_with_a_second_line(parent: Path) -> None:
    """The connection ConfigMap that included templates refer to is the one the parent's second line installs."""
    bundle = render(KEDA, chart=parent)
    _settings, source = bundle.container("cpu")["envFrom"]
    connection = bundle.one("ConfigMap", source["configMapRef"]["name"])
    assert connection["metadata"]["name"] == "model-engine-temporal-connection"
    assert connection["data"]["TEMPORAL_ADDRESS"] == "temporal-frontend.temporal:7233"
    kept = {"helm.sh/resource-policy": "keep"}
    assert connection["metadata"]["annotations"] == kept, "endpoints name it after the release is gone"
    metadata = {"name", "namespace", "annotations"}
    assert set(connection["metadata"]) == metadata, "the labels of the release are the parent's affair"


def test_include_brings_no_connection_of_which_nothing_is_said(parent: Path) -> None:
    """Without an address or TLS setting the second line yields nothing."""
    assert [each["metadata"]["name"] for each in render(chart=parent).all("ConfigMap")] == [
        "model-engine-service-template-config"
    ]


@pytest.mark.parametrize("key", ["Values", "Release", "fullname"])
def test_what_the_scope_is_made_of_is_asked_for_by_name(key: str, tmp_path: Path) -> None:
    """Whoever makes a scope without one of its three parts is told which one, and what to pass."""
    shutil.copytree(CHART, tmp_path / "chart")
    parts = ["Values", "Release", "fullname"]
    given = " ".join(f'"{part}" (dict)' for part in parts if part != key)
    (tmp_path / "chart" / "templates" / "own.yaml").write_text(
        f'{{{{- include "temporal-endpoints.scope" (dict {given}) }}}}', encoding="utf-8"
    )
    with pytest.raises(
        RenderError, match=f'the key "{key}" is missing. Pass a dict with Values, Release and fullname[.]$'
    ):
        render(chart=tmp_path / "chart")


def test_include_validates(parent: Path) -> None:
    """A combination that this chart refuses is refused inside the parent too."""
    with pytest.raises(Exception, match="With `scaling: keda` KEDA must know"):
        render({"temporal": {"scaling": "keda"}}, chart=parent)


def test_include_reads_neither_chart_nor_files() -> None:
    """Only this chart's own objects read .Chart, for labels and an image; no included define does, nor .Files."""
    for file in (CHART / "templates").rglob("*.tpl"):
        if file.parent.name == "control-plane":
            # No chart that includes the templates has it: test_control_plane.py.
            continue
        text = re.sub(r"\{\{-? ?/\*.*?\*/ ?-?\}\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        for define in re.findall(r'define "([^"]+)"(.*?)(?=\{\{- define|\Z)', text, flags=re.DOTALL):
            if define[0] in {"temporal-endpoints.labels", "temporal-endpoints.chartLabel"}:
                continue
            assert ".Chart" not in define[1], (file, define[0])
            assert ".Files" not in define[1], (file, define[0])


def test_release_name_does_not_reach_the_workers() -> None:
    """Without a connection of its own, what workers get does not depend on how the release is called."""
    first = render(release=Release(name="a")).templates[deployment_key("cpu")].text
    assert first == render(release=Release(name="b")).templates[deployment_key("cpu")].text


def test_every_scenario_of_llm_engine_is_there() -> None:
    """AWS, Azure, on premises and CI are all tried."""
    assert {file.stem for file in LLM_ENGINE_SCENARIOS} == {
        "llm-engine-aws",
        "llm-engine-azure",
        "llm-engine-ci",
        "llm-engine-on-premises",
    }
    assert ROOT.is_dir()


def test_include_falls_back_to_the_values_of_this_chart(tmp_path: Path) -> None:
    """What the including chart's values lack is as in this chart's values.yaml, value by value."""
    shutil.copytree(CHART, tmp_path / "chart")
    (tmp_path / "chart" / "templates" / "defaults.yaml").write_text(
        '{{- include "temporal-endpoints.defaults" . }}', encoding="utf-8"
    )
    stage_one = open_engine(IN_PROCESS, load_chart(tmp_path / "chart")).render([], Release())
    (found,) = [each.text for each in stage_one.manifests if each.source.endswith("templates/defaults.yaml")]
    assert yaml.safe_load(found) == yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

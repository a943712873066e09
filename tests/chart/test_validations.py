"""Validations: what spans fields is refused, all problems at once, each with the YAML to set, which then works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from helm_nested.errors import RenderError
from helm_nested.findings.refusal import Refusal, load_refusals

from .bundle import API_KEY, KEDA, MUTUAL_TLS, ROOT, merged, render

REFUSED = [each for each in load_refusals(ROOT / "values" / "matrix" / "refused.yaml") if each.by == "chart"]
ADVICE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("advice.yaml").read_text(encoding="utf-8"))
_NUMBER = re.compile(r"^\d+\. ", re.MULTILINE)


def advice(message: str) -> dict[str, Any]:
    """The YAML that a refusal says to set, that of all its problems."""
    problems = _NUMBER.split(message)[1:]
    return merged(*(yaml.safe_load(problem.split("Set:\n")[1].split("\n\n\n")[0]) for problem in problems))


def sentences(message: str) -> list[str]:
    """What a refusal says of each of its problems."""
    return [problem.split(" Set:\n")[0] for problem in _NUMBER.split(message)[1:]]


@pytest.mark.parametrize("refusal", REFUSED, ids=lambda refusal: refusal.name)
def test_refused_in_these_words_and_the_yaml_it_says_to_set_works(refusal: Refusal) -> None:
    """Values that do not go together are refused, and with the YAML that the refusal says to set they are accepted."""
    with pytest.raises(RenderError) as refused:
        render(refusal.values)
    message = str(refused.value)
    said = sentences(message)
    count = f"({len(said)} {'problem' if len(said) == 1 else 'problems'})"
    assert f"\ntemporal-endpoints cannot use these values {count}:\n\n1. " in message
    assert refusal.message in said or refusal.message == count
    assert re.search(r" Set:\n\n {5}\S", message), "the YAML stands in a column of its own"
    values = merged(refusal.values, advice(message))
    try:
        rendered = render(values)
    except RenderError as again:
        # What another value hid comes to light only now: it has advice of its own.
        rendered = render(merged(values, advice(str(again))))
    assert rendered.templates


def test_all_problems_at_once() -> None:
    """Two problems in one values file are one message with both."""
    with pytest.raises(RenderError, match=r"\(2 problems\)") as refused:
        render({"temporal": {"scaling": "keda", "fullnameOverride": "model-engine"}})
    assert "\n1. " in str(refused.value)
    assert "\n2. " in str(refused.value)


def tls(**settings: Any) -> dict[str, Any]:
    """Values with these TLS settings."""
    return {"temporal": {"connection": {"tls": settings}}}


@pytest.mark.parametrize(
    "values",
    [
        merged(API_KEY, tls(serverName="t", disableHostVerification=True)),
        merged(API_KEY, tls(enabled=False), {"temporal": {"keda": {"enableTLS": False}}}),
        merged(MUTUAL_TLS, tls(enabled=True, ca=True, serverName="t")),
        tls(enabled=True, serverName="t"),
    ],
    ids=["API key", "API key in the clear, as asked", "mutual TLS", "server TLS without KEDA"],
)
def test_what_keda_can_do_is_accepted(values: dict[str, Any]) -> None:
    """TLS that KEDA follows, and TLS where KEDA has no part, are accepted."""
    assert render(values).templates


@pytest.mark.parametrize("name", ["readiness", "liveness", "startup"])
def test_a_probe_of_a_port_that_is_not_there_is_named(name: str) -> None:
    """Each probe that asks the port `metrics` is refused by its name while there is no such port."""
    values = {"temporal": {"probes": {name: {"httpGet": {"path": "/", "port": "metrics"}}}}}
    with pytest.raises(
        RenderError, match=rf"temporal[.]probes[.]{name} asks for the port metrics, but metrics[.]port is not set"
    ):
        render(values)


def test_the_shortest_grace_period_is_accepted_without_a_handler() -> None:
    """One second of grace is little, but where no handler sleeps it is the user's to give."""
    assert render({"temporal": {"terminationGracePeriodSeconds": 1}}).pod("cpu")["terminationGracePeriodSeconds"] == 1


@pytest.mark.parametrize("name", ADVICE)
def test_the_yaml_to_set_is_this(name: str) -> None:
    """The advice is what a person would set, to the letter."""
    (refusal,) = [each for each in REFUSED if each.name == name]
    with pytest.raises(RenderError) as refused:
        render(refusal.values)
    assert advice(str(refused.value)) == ADVICE[name]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("user-config", {}),
        ("endpoint-config", {}),
        ("dshm", {}),
        ("config-volume", {"aws": {"configMap": {"name": "aws"}}}),
        (
            "infra-service-config-volume",
            {"serviceTemplate": {"mountInfraConfig": True}, "config": {"values": {"infra": {"a": "b"}}}},
        ),
        ("temporal-tls", MUTUAL_TLS),
    ],
)
def test_the_charts_own_volumes_may_be_mounted_again(name: str, values: dict[str, Any]) -> None:
    """A volume that a worker has can be mounted at another path as well."""
    mount = {"name": name, "mountPath": "/again"}
    again = {"temporal": {"extraVolumeMounts": [mount]}}
    assert mount in render(merged(values, again)).container("cpu")["volumeMounts"]


def test_keda_and_workers_speak_the_same_way() -> None:
    """TLS for KEDA beside none for workers is a problem of its own."""
    values = merged(KEDA, tls(enabled=False), {"temporal": {"keda": {"enableTLS": True}}})
    with pytest.raises(RenderError) as refused:
        render(values)
    (said,) = sentences(str(refused.value))
    assert said.startswith("keda.enableTLS is true and connection.tls.enabled is false, ")
    assert said.endswith(", so KEDA would use TLS and the workers would not.")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            merged(KEDA, tls(enabled=True)),
            "secretName: temporal-api-key    # or tls.secretName, for a client certificate",
        ),
        (merged(API_KEY, tls(enabled=False)), "enabled: null    # or, in the clear: keda.enableTLS: false"),
    ],
    ids=["a certificate instead", "in the clear instead"],
)
def test_another_way_stands_beside_the_yaml_to_set(values: dict[str, Any], words: str) -> None:
    """Where there are two ways, the advice shows one and names the other in a comment at the end of its line."""
    with pytest.raises(RenderError) as refused:
        render(values)
    assert str(refused.value).splitlines()[-1].endswith(words)


def test_a_name_that_is_advised_fits() -> None:
    """The advised name is cut where its suffix needs the room, and has no hyphen before another one."""
    name = f"{'a' * 27}-team-seven"[:37]
    with pytest.raises(RenderError) as refused:
        render({"temporal": {"fullnameOverride": name, "launchName": name}})
    assert advice(str(refused.value)) == {"temporal": {"fullnameOverride": f"{'a' * 27}-temporal"}}

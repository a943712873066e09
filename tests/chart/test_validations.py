"""Validations: what spans fields is refused, all problems at once, each with the YAML to set, which then works."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from helm_nested.errors import RenderError, ValuesError

from .bundle import API_KEY, KEDA, MUTUAL_TLS, merged, render


def tls(**settings: Any) -> dict[str, Any]:
    """Values with these TLS settings."""
    return {"temporal": {"connection": {"tls": settings}}}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("keda without an address", {"temporal": {"scaling": "keda"}}, "KEDA must know where"),
    ("server TLS that KEDA cannot do", merged(KEDA, tls(enabled=True)), "speaks to Temporal in plain text"),
    ("server name that KEDA ignores", merged(KEDA, tls(serverName="t")), "speaks to Temporal in plain text"),
    ("unverified TLS that KEDA ignores", merged(KEDA, tls(disableHostVerification=True)), "in plain text"),
    ("authority without a certificate", merged(KEDA, tls(ca=True)), "there is no such Secret"),
    ("authority beside an API key", merged(API_KEY, tls(ca=True)), "there is no such Secret"),
    ("certificate with TLS off", merged(MUTUAL_TLS, tls(enabled=False)), "gives a client certificate"),
    ("API key with TLS off", merged(API_KEY, tls(enabled=False)), "would send the API key without TLS"),
    (
        "KEDA without TLS, workers with",
        merged(API_KEY, {"temporal": {"keda": {"enableTLS": False}}}),
        "in the clear while workers use TLS",
    ),
    (
        "queue to count on without counting",
        merged(KEDA, {"temporal": {"keda": {"workflowTaskQueueForCount": "q"}}}),
        "unless running workflows are counted",
    ),
    (
        "KEDA with TLS, workers without",
        merged(KEDA, tls(enabled=False), {"temporal": {"keda": {"enableTLS": True}}}),
        "same way",
    ),
    ("no API key to send", merged(KEDA, {"temporal": {"keda": {"enableTLS": False}}}), "there is none"),
    (
        "a probe of a port that is not there",
        {"temporal": {"probes": {"readiness": {"httpGet": {"path": "/", "port": "metrics"}}}}},
        "the port named metrics",
    ),
    (
        "a profile without a name",
        {"temporal": {"podSecurityContext": {"seccompProfile": {"type": "Localhost"}}}},
        "names no profile",
    ),
    (
        "privileged without gaining privileges",
        {
            "serviceTemplate": {"securityContext": {"privileged": True, "allowPrivilegeEscalation": False}},
            "temporal": {"podSecurity": "privileged"},
        },
        "may not gain privileges",
    ),
    (
        "paused twice",
        merged(KEDA, {"temporal": {"keda": {"pause": {"enabled": True, "replicas": 1}}}}),
        "would follow the second",
    ),
    (
        "fallback to nothing",
        merged(KEDA, {"temporal": {"keda": {"fallback": {"enabled": True, "replicas": 0}}}}),
        "takes every worker down",
    ),
    (
        "authentication without a name",
        merged(KEDA, {"temporal": {"keda": {"authenticationRef": {"kind": "TriggerAuthentication"}}}}),
        "names no TriggerAuthentication",
    ),
    ("llm-engine's own name", {"temporal": {"fullnameOverride": "model-engine"}}, "llm-engine's own ConfigMap"),
    ("the GPU label by hand", {"nodeSelector": {"k8s.amazonaws.com/accelerator": "x"}}, "no CPU worker should have"),
    (
        "the GPU label by hand under temporal",
        {"temporal": {"gpu": {"nodeSelectorKey": "gpu"}, "nodeSelector": {"gpu": "x"}}},
        "no CPU worker should have",
    ),
    (
        "a handler longer than the grace period",
        {"temporal": {"preStop": {"sleep": {"seconds": 1800}}}},
        "leaves nothing of the grace period",
    ),
    ("Recreate beside rollingUpdate", {"temporal": {"strategy": {"type": "Recreate"}}}, "takes no rollingUpdate"),
    (
        "a rollout that cannot move",
        {"temporal": {"strategy": {"rollingUpdate": {"maxSurge": 0}}}},
        "no rollout could go on",
    ),
    ("two budgets", {"temporal": {"podDisruptionBudget": {"minAvailable": 1}}}, "not both"),
    ("the chart's own label", {"temporal": {"podLabels": {"app": "x"}}}, "podLabels sets app"),
    (
        "the chart's own annotation",
        {"temporal": {"podAnnotations": {"ad.datadoghq.com/main.logs": "x"}}},
        "podAnnotations sets ad.datadoghq.com/main.logs",
    ),
    (
        "the chart's own volume name",
        {"temporal": {"extraVolumes": [{"name": "dshm", "emptyDir": {}}]}},
        "a name of the chart's own",
    ),
    (
        "two volumes of a name",
        {"temporal": {"extraVolumes": [{"name": "a", "emptyDir": {}}] * 2}},
        "two volumes named a",
    ),
    (
        "a mount without a volume",
        {"temporal": {"extraVolumeMounts": [{"name": "a", "mountPath": "/a"}]}},
        "there is no such volume",
    ),
    (
        "a mount over another",
        {"temporal": {"extraVolumeMounts": [{"name": "dshm", "mountPath": "/app/user_config"}]}},
        "something is mounted already",
    ),
    ("AWS without a ConfigMap", {"aws": {"profileName": "x"}}, "names no ConfigMap"),
    ("a broken claim", {"serviceTemplate": {"securityContext": {"privileged": True}}}, "does not allow"),
]


@pytest.mark.parametrize(("values", "words"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_refused_with_the_yaml_to_set_and_that_yaml_works(values: dict[str, Any], words: str) -> None:
    """The combination is refused in these words, and with the YAML it says to set it is refused no more."""
    with pytest.raises(RenderError, match=words) as refused:
        render(values)
    message = str(refused.value)
    assert "(1 problem)" in message
    advice = yaml.safe_load(message.split("Set:\n")[1])
    if any(isinstance(value, list) for value in advice.get("temporal", {}).values()):
        return  # a list is replaced whole: the advice shows the shape, not the whole list
    assert render(merged(values, advice)).templates


def test_all_problems_at_once() -> None:
    """Two problems in one values file are one message with both."""
    with pytest.raises(RenderError, match=r"\(2 problems\)") as refused:
        render({"temporal": {"scaling": "keda", "fullnameOverride": "model-engine"}})
    assert "\n1. " in str(refused.value)
    assert "\n2. " in str(refused.value)


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


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"temporal": {"scalling": "keda"}}, "temporal.scalling: there is no such value. Did you mean 'scaling'?"),
        ({"temporall": {}}, "temporall: there is no such value. Did you mean 'temporal'?"),
        ({"temporal": {"keda": {"coolDownPeriod": 1}}}, "Did you mean 'cooldownPeriod'?"),
        ({"temporal": {"scaling": "hpa"}}, '"fixed"'),
        ({"temporal": {"terminationGracePeriodSeconds": "1800"}}, "temporal.terminationGracePeriodSeconds"),
        ({"temporal": {"keda": {"queueTypes": ["activities"]}}}, "temporal.keda.queueTypes.0"),
        ({"temporal": {"connection": {"address": "https://t:7233"}}}, "temporal.connection.address"),
        ({"temporal": {"connection": {"apiKey": {"value": "secret"}}}}, "temporal.connection.apiKey.value"),
        ({"temporal": {"gpu": {"nodeSelectorKey": ""}}}, "temporal.gpu.nodeSelectorKey"),
        ({"extraPodEnvFrom": [{"configMap": {"name": "a"}}]}, "extraPodEnvFrom.0.configMap"),
    ],
    ids=json.dumps,
)
def test_what_the_schema_refuses_is_named(values: dict[str, Any], words: str) -> None:
    """Wrong types, words and keys are refused with their place, and the nearest known key."""
    with pytest.raises(ValuesError) as refused:
        render(values)
    assert words in str(refused.value)

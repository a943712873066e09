"""Notes: what Helm prints after an installation says what is there, what is needed from elsewhere, and what is next."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.engine import Release, open_in_process

from .bundle import API_KEY, CHART, KEDA, MUTUAL_TLS, SCENARIOS, configuration, merged, render_layers
from .connection import config_map_name, installs_connection
from .names import account_name, endpoint_namespace, full_name, launch_name

INSTALL: dict[str, Any] = {
    "install": {"priorityClasses": True, "networkPolicy": True},
    "serviceAccount": {"create": True},
}
MONITORING: dict[str, Any] = {
    "install": {"podMonitor": True, "prometheusRule": True, "dashboards": True},
    "metrics": {"port": 9000},
}
CONTROL_PLANE: dict[str, Any] = {
    "enabled": True,
    "image": {"repository": "registry.example.com/temporal-endpoints"},
    "authentication": {"keysSecretName": "keys"},
}
# Beside the scenarios: what the lines depend on, each on and off.
EXAMPLES: dict[str, dict[str, Any]] = {
    "default": {},
    "everything installed": {"temporal": INSTALL},
    "everything, with a connection": merged(KEDA, {"temporal": INSTALL}),
    "nothing is kept": merged(KEDA, {"temporal": merged(INSTALL, {"install": {"keep": False}})}),
    "monitoring": merged(KEDA, {"temporal": MONITORING}),
    "an account": {"temporal": {"serviceAccount": {"create": True, "name": "own"}}},
    "two extra objects": {
        "temporal": {
            "extraObjects": [
                {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"}},
                {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "b"}},
            ]
        }
    },
    "runtime classes": {"temporal": {"runtimeClassName": "gvisor", "gpu": {"runtimeClassName": "nvidia"}}},
    "no word about scaling": {"temporal": {"scaling": None}},
    "a hook": {"temporal": {"configMap": {"hook": True}}},
    "keda": dict(KEDA),
    "keda with an API key": dict(API_KEY),
    "keda with an API key in the clear": merged(
        API_KEY, {"temporal": {"connection": {"tls": {"enabled": False}}, "keda": {"enableTLS": False}}}
    ),
    "keda with more variables": merged(KEDA, {"extraPodEnvFrom": [{"secretRef": {"name": "own", "optional": True}}]}),
    "keda with a certificate": dict(MUTUAL_TLS),
    "a certificate with its authority": merged(MUTUAL_TLS, {"temporal": {"connection": {"tls": {"ca": True}}}}),
    "an existing ConfigMap": merged(KEDA, {"temporal": {"connection": {"existingConfigMap": "theirs"}}}),
    "an address for each endpoint": {"temporal": {"scaling": "keda", "connection": {"addressFrom": "argument"}}},
    "an API key and no address": {"temporal": {"connection": {"apiKey": {"secretName": "key"}}}},
    "AWS": {"aws": {"configMap": {"name": "aws"}}},
    "the service configuration": {
        "serviceTemplate": {"mountInfraConfig": True},
        "config": {"values": {"launch": {"endpoint_namespace": "endpoints"}}},
    },
    "no grace period": merged(KEDA, {"temporal": {"terminationGracePeriodSeconds": None}}),
    "an hour of grace": merged(KEDA, {"temporal": {"terminationGracePeriodSeconds": 3600}}),
    "a control plane": merged(KEDA, {"temporal": {"controlPlane": CONTROL_PLANE}}),
    "a control plane with everything": {
        "config": {"values": {"launch": {"endpoint_namespace": "endpoints"}}},
        "temporal": {
            "install": {"networkPolicy": True},
            "controlPlane": {
                **CONTROL_PLANE,
                "image": {"repository": "registry.example.com/temporal-endpoints@sha256:" + "0" * 64, "tag": ""},
                "authentication": {"tokenReview": True},
                "database": {"secretName": "database"},
                "podMonitor": True,
                "port": 9090,
            },
        },
    },
    "a control plane with a claim": {
        "temporal": {
            "controlPlane": {
                **CONTROL_PLANE,
                "image": {"repository": "a", "tag": "b"},
                "database": {"existingClaim": "c"},
            }
        }
    },
    "a cooldown": merged(KEDA, {"temporal": {"keda": {"cooldownPeriod": 60}}}),
}


class Values:
    """The values as the templates see them, by dotted path; None where nothing is set."""

    def __init__(self, layers: tuple[str, ...]) -> None:
        self._layers = layers

    @cached_property
    def _values(self) -> dict[str, Any]:
        in_process = open_in_process(load_chart(CHART))
        return in_process.effective(in_process.merged(self._layers))

    def __getitem__(self, path: str) -> Any:
        found: Any = self._values
        for step in path.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return found


def expected_lines(values: Values, release: Release) -> list[str]:
    """Every line of the notes that is not empty, outer spaces apart."""
    parts = installed(values, release), needed(values, release), of_control_plane(values, release), of_scaling(values)
    return [*(line for part in parts for line in part), last(release)]


def installed(values: Values, release: Release) -> list[str]:
    """What the release has brought."""
    name, endpoints = full_name(values, release), endpoint_namespace(values, release)
    hook = " (a hook: `helm uninstall` leaves it)" if values["temporal.configMap.hook"] else ""
    scaling = values["temporal.scaling"] or "fixed"
    lines = [
        f"Installed in namespace {release.namespace}:",
        f"ConfigMap {name}-service-template-config   the service templates, scaling: {scaling}{hook}",
    ]
    if installs_connection(values):
        lines.append(f"ConfigMap {name}-connection in {endpoints}   the workers' connection to Temporal")
    if values["temporal.serviceAccount.create"]:
        lines.append(f"ServiceAccount {account_name(values)} in {endpoints}")
    if values["temporal.install.priorityClasses"]:
        lines.append("PriorityClasses model-engine-default-priority, model-engine-high-priority")
    if values["temporal.install.networkPolicy"]:
        lines.append(f"NetworkPolicy {name}-workers in {endpoints}")
    if values["temporal.install.podMonitor"]:
        lines.append(f"PodMonitor {name}-workers in {endpoints}")
    if values["temporal.install.prometheusRule"]:
        lines.append(f"PrometheusRule {name}-workers in {endpoints}")
    if values["temporal.install.dashboards"]:
        lines.append(f"ConfigMap {name}-dashboards   a dashboard for Grafana")
    lines += installed_control_plane(values, release)
    if values["temporal.extraObjects"]:
        lines.append(f"{len(values['temporal.extraObjects'])} more from temporal.extraObjects")
    kept = {
        "the connection's ConfigMap": installs_connection(values),
        "the service account": values["temporal.serviceAccount.create"],
        "the priority classes": values["temporal.install.priorityClasses"],
        "the control plane's records": f"PersistentVolumeClaim {name}-control-plane   its records" in lines,
    }
    if values["temporal.install.keep"] and any(kept.values()):
        names = ", ".join(name for name, is_there in kept.items() if is_there)
        lines.append(f"Helm leaves {names} in the cluster")
        lines.append("when this release is uninstalled or no longer installs them, because endpoints outlive it.")
    return lines


def installed_control_plane(values: Values, release: Release) -> list[str]:
    """What the release has brought of the control plane."""
    control_plane = "temporal.controlPlane"
    if not values[f"{control_plane}.enabled"]:
        return []
    full, endpoints = full_name(values, release), endpoint_namespace(values, release)
    name = f"{full}-control-plane"
    database = values[f"{control_plane}.database.secretName"] or values[f"{control_plane}.database.existingClaim"]
    optional = {
        f"Role {name}-templates   it may read the service templates": endpoints != release.namespace,
        f"ClusterRole {release.namespace}-{full}-token-review   it may ask whose a token is": values[
            f"{control_plane}.authentication.tokenReview"
        ],
        f"PersistentVolumeClaim {name}   its records": not database,
        f"NetworkPolicy {name}": values["temporal.install.networkPolicy"],
        f"PodMonitor {name}": values[f"{control_plane}.podMonitor"],
    }
    return [
        f"Deployment, Service and ServiceAccount {name}   the control plane",
        f"Role {name} in {endpoints}   what it may do there",
        *(line for line, is_there in optional.items() if is_there),
    ]


def of_control_plane(values: Values, release: Release) -> list[str]:
    """What the control plane needs that somebody else brings, and how to reach it."""
    control_plane = "temporal.controlPlane"
    if not values[f"{control_plane}.enabled"]:
        return []
    tag = values[f"{control_plane}.image.tag"]
    tag = load_chart(CHART).metadata["appVersion"] if tag is None else tag
    image = f"{values[f'{control_plane}.image.repository']}:{tag}".removesuffix(":")
    keys, database = f"{control_plane}.authentication.keysSecretName", f"{control_plane}.database"
    lines = ["The control plane also needs, and this release does not install:", f"- its image {image}"]
    if values[keys]:
        lines.append(f"- the Secret {values[keys]} with a key for each owner, which holds that owner's API keys")
    if values[f"{database}.secretName"]:
        lines.append(
            f"- the Secret {values[f'{database}.secretName']} with the key url, the URL of a PostgreSQL database"
        )
    if values[f"{database}.existingClaim"]:
        lines.append(f"- the PersistentVolumeClaim {values[f'{database}.existingClaim']}")
    name, port = f"{full_name(values, release)}-control-plane", values[f"{control_plane}.port"]
    return [
        *lines,
        f"It answers at http://{name}.{release.namespace}.svc:{port}, and on your machine after:",
        f"kubectl port-forward service/{name} {port} --namespace {release.namespace}",
        f"temporal-endpoints list --server http://127.0.0.1:{port}",
    ]


def needed(values: Values, release: Release) -> list[str]:
    """What workers need that somebody else brings."""
    connection = "temporal.connection"
    namespace = endpoint_namespace(values, release)
    lines = [f"Endpoints are in namespace {namespace}. Their workers also need, and this release does not install:"]
    if not values["temporal.serviceAccount.create"]:
        lines.append(f"- the service account {account_name(values)} (or set temporal.serviceAccount.create: true)")
    if not values["temporal.install.priorityClasses"]:
        classes = "model-engine-default-priority and model-engine-high-priority"
        lines.append(f"- the priority classes {classes}: without them no pod is created")
        lines.append("(llm-engine's chart has them; or set temporal.install.priorityClasses: true)")
    if values["temporal.runtimeClassName"]:
        lines.append(f"- the RuntimeClass {values['temporal.runtimeClassName']}: without it no pod is created")
    if values["temporal.gpu.runtimeClassName"]:
        name = values["temporal.gpu.runtimeClassName"]
        lines.append(f"- the RuntimeClass {name} for GPU workers: without it none of their pods is created")
    if values["aws"]:
        name = values["serviceTemplate.awsConfigMapName"] or values["aws.configMap.name"]
        lines.append(f"- the ConfigMap {name}")
    if values["serviceTemplate.mountInfraConfig"] and values["config.values"]:
        lines.append(f"- the ConfigMap {launch_name(values)}-service-config")
    if values[f"{connection}.existingConfigMap"]:
        lines.append(f"- the ConfigMap {values[f'{connection}.existingConfigMap']} with TEMPORAL_* variables")
    if values[f"{connection}.apiKey.secretName"]:
        lines.append(f"- the Secret {values[f'{connection}.apiKey.secretName']} with the key TEMPORAL_API_KEY")
    if values[f"{connection}.tls.secretName"]:
        authority = " and ca.crt" if values[f"{connection}.tls.ca"] else ""
        lines.append(f"- the Secret {values[f'{connection}.tls.secretName']} with tls.crt and tls.key{authority}")
    if not config_map_name(values, release) and not values[f"{connection}.apiKey.secretName"]:
        lines.append("- TEMPORAL_ADDRESS: temporal.connection.address is empty, so workers will try localhost:7233")
    return lines


def of_scaling(values: Values) -> list[str]:
    """What `scaling: keda` needs, what it does to activities, and how live endpoints change to it or from it."""
    is_ours = values["temporal.controlPlane.enabled"]
    if values["temporal.scaling"] != "keda":
        if is_ours:
            return []
        live = "For endpoints that KEDA scales now: first delete the ScaledObject, then apply the"
        return [
            f"scaling: fixed has no ScaledObject. {live}",
            "Deployment. A ScaledObject that stays keeps changing the number of workers",
        ]
    live = "first apply the ScaledObject, then wait until keda-hpa-<name> exists,"
    by_argument = values["temporal.connection.addressFrom"] == "argument"
    reached = "each endpoint's Temporal frontend" if by_argument else values["temporal.connection.address"]
    key = "keda-scaled-object-temporal.yaml"
    grace = values["temporal.terminationGracePeriodSeconds"]
    cooldown = values["temporal.keda.cooldownPeriod"]
    cooldown = max(300, grace or 0) if cooldown is None else cooldown
    of_another_control_plane = [
        f"- a control plane that applies the key {key}; llm-engine's does not, and without it the",
        "Deployments, which have no replicas field, stay at one worker",
        f"- for endpoints whose scaling is `fixed` now: {live}",
        "then apply the Deployment. The other way round the Deployment drops to one worker at once",
    ]
    return [
        "scaling: keda needs",
        f"- KEDA 2.18 or later, whose operator reaches {reached} itself",
        *([] if is_ours else of_another_control_plane),
        f"- cooldownPeriod {cooldown} s with a grace period of {grace or 30} s: an activity that runs longer than the",
        "grace period after its worker was told to stop is cut short and retried. Where MIN_WORKERS is 0, one",
        "that takes longer than both together may never finish",
        *pitfalls(values),
    ]


def pitfalls(values: Values) -> list[str]:
    """What keeps KEDA from scaling and shows only as an obscure message or not at all."""
    lines = []
    if values["extraPodEnvFrom"]:
        missing = "KEDA reads them too, and one that is missing stops scaling unless it is optional"
        lines.append(f"- every source in extraPodEnvFrom: {missing}")
    if values["temporal.connection.apiKey.secretName"]:
        said = "without it KEDA says only `error reading server preface: EOF`"
        lines.append(f"- the key TEMPORAL_API_KEY in its Secret: {said}")
    if values["temporal.connection.tls.secretName"]:
        untrusted = "without its Secret, or with one that the frontend does not trust, KEDA says only"
        lines.append(f"- the client certificate: {untrusted}")
        lines.append("`error reading server preface: EOF`. Once it is right KEDA scales by itself")
    if values["temporal.keda.enableTLS"] is False:
        lines.append("- a KEDA other than 2.21.0, which with enableTLS: false never reaches a frontend without TLS")
    return lines


def last(release: Release) -> str:
    """The command that comes next."""
    return f"Next: helm test {release.name} --namespace {release.namespace}"


@pytest.mark.parametrize("release", [configuration().release, Release("prod", "jobs")], ids=lambda each: each.name)
@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(json.dumps(values), id=name) for name, values in EXAMPLES.items()),
        *(pytest.param(file.read_text(encoding="utf-8"), id=file.stem) for file in SCENARIOS),
    ],
)
def test_notes_say_what_is_there_and_what_comes_next(text: str, release: Release) -> None:
    """The notes name what was installed, what must come from elsewhere, what keda needs, and the next command."""
    notes = render_layers(text, release=release).notes
    assert [line.strip() for line in notes.splitlines() if line.strip()] == expected_lines(Values((text,)), release)

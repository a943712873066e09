"""The control plane in the chart: off by default, hardened, told all that it must know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.engine import Release
from helm_nested.errors import RenderError
from helm_nested.pytest_plugin import over

from .bundle import CHART, KEDA, merged, render
from .connection import TLS_DIRECTORY, variables
from .free_values import entries
from .including import copy_into_parent
from .labels import release_labels
from .names import endpoint_namespace, full_name
from .test_labels import is_of_the_control_plane

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Document = Mapping[str, Any]

VALUES = "temporal.controlPlane"
MINIMAL: dict[str, Any] = {
    "temporal": {
        "controlPlane": {
            "enabled": True,
            "image": {"repository": "registry.example.com/temporal-endpoints"},
            "authentication": {"keysSecretName": "keys"},
        }
    }
}
NOBODY = 65534
PORT, SIZE, LOG_LEVEL = 8080, "1Gi", "info"
ALL_VERBS = ["get", "list", "watch", "create", "patch", "delete"]


def selector(release: Release) -> dict[str, str]:
    """Which pods are the control plane."""
    return {
        "app.kubernetes.io/name": "temporal-endpoints",
        "app.kubernetes.io/instance": release.name,
        "app.kubernetes.io/component": "control-plane",
    }


def spec_of(document: Document) -> Any:
    """The pod's."""
    return document["spec"]["template"]["spec"]


def scaler_token(values: Document) -> str | None:
    """The Secret with the token by which KEDA asks, if it does."""
    asks = values["temporal.scaling"] == "keda" and values["temporal.keda.busyWorkers.enabled"]
    return values["temporal.keda.busyWorkers.tokenSecretName"] if asks else None


def connection_variables(values: Document) -> list[Document]:
    """The variables by which it connects to Temporal, beside the address and the namespace, which are arguments."""
    told = {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}
    plain = [{"name": name, "value": value} for name, value in sorted(variables(values).items()) if name not in told]
    secret = values["temporal.connection.apiKey.secretName"]
    key = {"secretKeyRef": {"name": secret, "key": "TEMPORAL_API_KEY"}}
    return [*plain, *([{"name": "TEMPORAL_API_KEY", "valueFrom": key}] if secret else [])]


@over(kind="Deployment", stage="installed")
def test_deployment_selects_its_pods_and_runs_as_many_as_its_database_bears(
    document: Document, values: Document, release: Release
) -> None:
    """Over SQLite one pod ends before the next begins; over PostgreSQL a rollout keeps serving."""
    spec = document["spec"]
    is_shared = bool(values[f"{VALUES}.database.secretName"])
    assert set(spec) == {"replicas", "strategy", "selector", "template"}
    assert spec["replicas"] == values[f"{VALUES}.replicas"]
    assert is_shared or spec["replicas"] <= 1
    assert spec["strategy"] == {"type": "RollingUpdate" if is_shared else "Recreate"}
    assert spec["selector"] == {"matchLabels": selector(release)}
    assert spec["template"]["metadata"] == {"labels": selector(release)}
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(release)},
    }
    assert spec_of(document).get("topologySpreadConstraints") == ([spread] if is_shared else None)


@over(kind="Deployment", stage="installed")
def test_pod_may_do_nothing_that_it_need_not(document: Document) -> None:
    """It runs as nobody, writes only to its volumes, gains no privilege, and takes no variables of Services."""
    spec = spec_of(document)
    (container,) = spec["containers"]
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": NOBODY,
        "runAsGroup": NOBODY,
        "fsGroup": NOBODY,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is True
    assert spec["enableServiceLinks"] is False
    # One request to the API server may take ten seconds, and what runs is ended before it leaves.
    assert spec["terminationGracePeriodSeconds"] == 60


@over(kind="Deployment", stage="installed")
def test_pod_is_placed_and_sized_as_the_values_say(document: Document, values: Document, release: Release) -> None:
    """Image, pull secrets, node labels, tolerations and resources are the values', and nothing else is set."""
    spec = spec_of(document)
    (container,) = spec["containers"]
    tag = values[f"{VALUES}.image.tag"]
    tag = load_chart(CHART).metadata["appVersion"] if tag is None else tag
    assert container["image"] == f"{values[f'{VALUES}.image.repository']}:{tag}".removesuffix(":")
    cpu, memory = values[f"{VALUES}.resources.cpu"], values[f"{VALUES}.resources.memory"]
    requests = {"cpu": cpu, "memory": memory}
    resources = {
        "requests": {name: value for name, value in requests.items() if value},
        "limits": {"memory": memory} if memory else {},
    }
    assert container["resources"] == {name: value for name, value in resources.items() if value}
    optional = {
        "imagePullSecrets": values[f"{VALUES}.image.pullSecrets"],
        "nodeSelector": entries(values[f"{VALUES}.nodeSelector"]),
        "tolerations": values[f"{VALUES}.tolerations"],
    }
    assert {name: spec.get(name) for name in optional} == {name: value or None for name, value in optional.items()}
    assert spec["serviceAccountName"] == f"{full_name(values, release)}-control-plane"
    always = {"serviceAccountName", "automountServiceAccountToken", "enableServiceLinks", "containers", "volumes"}
    always |= {"terminationGracePeriodSeconds", "securityContext"}
    assert set(spec) - {*optional, "topologySpreadConstraints"} == always


@over(kind="Deployment", stage="installed")
def test_control_plane_is_told_where_everything_is(document: Document, values: Document, release: Release) -> None:
    """Its arguments name the endpoints' namespace, this release's templates, the frontend, and the user's own."""
    (container,) = spec_of(document)["containers"]
    name, address = full_name(values, release), values["temporal.connection.address"]
    port = values[f"{VALUES}.port"] or PORT
    assert container["name"] == "control-plane"
    assert container["command"] == ["temporal-endpoints", "serve"]
    assert container["args"] == [
        "--host=0.0.0.0",
        f"--port={port}",
        f"--namespace={endpoint_namespace(values, release)}",
        f"--templates={release.namespace}/{name}-service-template-config",
        f"--log-level={values[f'{VALUES}.logLevel'] or LOG_LEVEL}",
        *(["--keys=/etc/temporal-endpoints/keys"] if values[f"{VALUES}.authentication.keysSecretName"] else []),
        *(["--token-review"] if values[f"{VALUES}.authentication.tokenReview"] else []),
        *([f"--temporal-address={address}"] if address else []),
        f"--temporal-namespace={values['temporal.connection.namespace'] or 'default'}",
        *(["--scaler-token=/etc/temporal-endpoints/scaler/token"] if scaler_token(values) else []),
        *(["--hold-drains"] if values[f"{VALUES}.holdDrains"] else []),
        *(values[f"{VALUES}.extraArgs"] or []),
    ]
    assert container["ports"] == [{"name": "http", "containerPort": port, "protocol": "TCP"}]


@over(kind="Deployment", stage="installed")
def test_records_and_keys_come_from_volumes_and_secrets(document: Document, values: Document, release: Release) -> None:
    """No secret is in the Deployment: the database's URL and the API keys are references to Secrets."""
    spec = spec_of(document)
    (container,) = spec["containers"]
    database, keys = values[f"{VALUES}.database.secretName"], values[f"{VALUES}.authentication.keysSecretName"]
    file = {"value": "sqlite:////var/lib/temporal-endpoints/records.db"}
    source = {"valueFrom": {"secretKeyRef": {"name": database, "key": "url"}}} if database else file
    assert container["env"] == [
        {"name": "HOME", "value": "/var/tmp"},
        {"name": "TMPDIR", "value": "/var/tmp"},
        {"name": "TEMPORAL_ENDPOINTS_DATABASE", **source},
        *connection_variables(values),
    ]
    claim = values[f"{VALUES}.database.existingClaim"] or f"{full_name(values, release)}-control-plane"
    volumes: list[dict[str, Any]] = [{"name": "temporary", "emptyDir": {"sizeLimit": "64Mi"}}]
    mounts: list[dict[str, Any]] = [{"name": "temporary", "mountPath": "/var/tmp"}]
    if not database:
        volumes.append({"name": "records", "persistentVolumeClaim": {"claimName": claim}})
        mounts.append({"name": "records", "mountPath": "/var/lib/temporal-endpoints"})
    if keys:
        volumes.append({"name": "keys", "secret": {"secretName": keys, "defaultMode": 0o440}})
        mounts.append({"name": "keys", "mountPath": "/etc/temporal-endpoints/keys", "readOnly": True})
    if scaler_token(values):
        volumes.append({"name": "scaler", "secret": {"secretName": scaler_token(values), "defaultMode": 0o440}})
        mounts.append({"name": "scaler", "mountPath": "/etc/temporal-endpoints/scaler", "readOnly": True})
    certificate = values["temporal.connection.tls.secretName"]
    if certificate:
        volumes.append({"name": "temporal-tls", "secret": {"secretName": certificate, "defaultMode": 0o440}})
        mounts.append({"name": "temporal-tls", "mountPath": TLS_DIRECTORY, "readOnly": True})
    assert (spec["volumes"], container["volumeMounts"]) == (volumes, mounts)


@over(kind="Deployment", stage="installed")
def test_probes_ask_the_health_routes(document: Document) -> None:
    """It is started when it answers, ready while its tables are right, and has ten minutes to migrate them."""
    (container,) = spec_of(document)["containers"]
    alive = {"httpGet": {"path": "/healthz", "port": "http"}}
    assert container["startupProbe"] == {**alive, "periodSeconds": 2, "failureThreshold": 300}
    assert container["livenessProbe"] == {**alive, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6}
    ready = {"httpGet": {"path": "/readyz", "port": "http"}}
    assert container["readinessProbe"] == {**ready, "periodSeconds": 5, "timeoutSeconds": 5}
    fields = {"name", "image", "command", "args", "env", "ports", "securityContext", "resources", "volumeMounts"}
    assert set(container) == fields | {"startupProbe", "livenessProbe", "readinessProbe"}


@over(kind="Service", stage="installed")
def test_service_leads_to_the_pods(document: Document, values: Document, release: Release) -> None:
    """The Service has the port of the pods, by its name."""
    port = values[f"{VALUES}.port"] or PORT
    assert document["apiVersion"] == "v1"
    assert document["spec"] == {
        "selector": selector(release),
        "ports": [{"name": "http", "port": port, "targetPort": "http", "protocol": "TCP"}],
    }


@over(kind="ServiceAccount", stage="installed")
def test_account_mounts_no_token_elsewhere(document: Document) -> None:
    """Only a pod that asks for it gets the token of the control plane's account."""
    if is_of_the_control_plane(document):
        assert set(document) == {"apiVersion", "kind", "metadata", "automountServiceAccountToken"}
        assert document["automountServiceAccountToken"] is False


@over(kind="Role", stage="installed")
def test_role_allows_what_an_endpoint_is_made_of(document: Document, values: Document, release: Release) -> None:
    """In the endpoints' namespace the kinds of the templates, and pods to see and mark; elsewhere one ConfigMap."""
    assert document["apiVersion"] == "rbac.authorization.k8s.io/v1"
    assert set(document) == {"apiVersion", "kind", "metadata", "rules"}
    if document["metadata"]["name"].endswith("-templates"):
        name = f"{full_name(values, release)}-service-template-config"
        rule = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [name], "verbs": ["get"]}
        assert document["rules"] == [rule]
        return
    assert document["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ALL_VERBS},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ALL_VERBS},
        {"apiGroups": ["policy"], "resources": ["poddisruptionbudgets"], "verbs": ALL_VERBS},
        {"apiGroups": ["keda.sh"], "resources": ["scaledobjects", "triggerauthentications"], "verbs": ALL_VERBS},
        {"apiGroups": ["autoscaling.k8s.io"], "resources": ["verticalpodautoscalers"], "verbs": ALL_VERBS},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch", "patch"]},
    ]


@over(kind="ClusterRole", stage="installed")
def test_in_the_whole_cluster_it_may_review_tokens_alone(document: Document) -> None:
    """Nothing else is allowed outside of its namespaces."""
    assert document["apiVersion"] == "rbac.authorization.k8s.io/v1"
    assert set(document) == {"apiVersion", "kind", "metadata", "rules"}
    rule = {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}
    assert document["rules"] == [rule]


@over(stage="installed")
def test_bindings_give_each_role_to_the_control_plane_alone(
    document: Document, values: Document, release: Release
) -> None:
    """A binding is named as its role, and names one subject."""
    if not document["kind"].endswith("Binding"):
        return
    account = f"{full_name(values, release)}-control-plane"
    kind = document["kind"].removesuffix("Binding")
    assert document["apiVersion"] == "rbac.authorization.k8s.io/v1"
    assert set(document) == {"apiVersion", "kind", "metadata", "roleRef", "subjects"}
    name = document["metadata"]["name"]
    assert document["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
    assert document["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": release.namespace}]


@over(kind="PersistentVolumeClaim", stage="installed")
def test_volume_is_as_the_values_say(document: Document, values: Document) -> None:
    """One node at a time writes it, and a storage class is named only if one is set."""
    storage_class = values[f"{VALUES}.database.storageClassName"]
    size = values[f"{VALUES}.database.size"] or SIZE
    assert document["apiVersion"] == "v1"
    assert document["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
        **({"storageClassName": storage_class} if storage_class is not None else {}),
    }


@over(kind="PodMonitor", stage="installed")
def test_pod_monitor_reads_the_control_plane(document: Document, values: Document, release: Release) -> None:
    """It reads the port of the API, at the interval that is set for workers too."""
    if not is_of_the_control_plane(document):
        return
    interval = values["temporal.monitoring.scrapeInterval"]
    assert document["apiVersion"] == "monitoring.coreos.com/v1"
    assert document["spec"] == {
        "selector": {"matchLabels": selector(release)},
        "podMetricsEndpoints": [{"port": "http", **({"interval": interval} if interval else {})}],
    }


@over(kind="NetworkPolicy", stage="installed")
def test_network_policy_lets_it_reach_what_it_needs(document: Document, values: Document, release: Release) -> None:
    """Traffic comes in to its port alone, and out to DNS, the API server, Temporal, PostgreSQL, and what is added."""
    if not is_of_the_control_plane(document):
        return
    peers = values["temporal.networkPolicy.apiFrom"]
    port = {"port": values[f"{VALUES}.port"] or PORT, "protocol": "TCP"}
    database = [{"ports": [{"port": 5432, "protocol": "TCP"}]}] if values[f"{VALUES}.database.secretName"] else []
    address = values["temporal.connection.address"]
    temporal = [{"ports": [{"port": int(address.rpartition(":")[2]), "protocol": "TCP"}]}] if address else []
    assert document["apiVersion"] == "networking.k8s.io/v1"
    assert document["spec"] == {
        "podSelector": {"matchLabels": selector(release)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": [port], **({"from": peers} if peers else {})}],
        "egress": [
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
            {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]},
            *temporal,
            *database,
            *(values["temporal.networkPolicy.controlPlaneEgress"] or []),
        ],
    }


def test_it_is_off_by_default_and_changes_nothing_else() -> None:
    """Without it no object of it is there; with it the service templates and every other object stay as they are."""
    without, with_it = render(KEDA), render(merged(KEDA, MINIMAL))
    assert not [each for each in without.objects if is_of_the_control_plane(each)]
    assert [each for each in with_it.objects if not is_of_the_control_plane(each)] == list(without.objects)
    assert {key: each.text for key, each in with_it.templates.items()} == {
        key: each.text for key, each in without.templates.items()
    }


def test_its_objects_have_the_labels_of_the_release() -> None:
    """Every object of it has them, and those that Helm leaves say so."""
    release = Release("prod", "jobs")
    for document in render(MINIMAL, release=release).objects:
        if is_of_the_control_plane(document):
            assert document["metadata"]["labels"] == release_labels(release, "control-plane")


@pytest.mark.parametrize("storage_class", ["", "fast"])
def test_a_storage_class_without_a_name_is_one_that_provides_nothing(storage_class: str) -> None:
    """To Kubernetes an empty class is another one than none, so it is there when it is set."""
    values = merged(MINIMAL, {"temporal": {"controlPlane": {"database": {"storageClassName": storage_class}}}})
    assert render(values).one("PersistentVolumeClaim")["spec"]["storageClassName"] == storage_class


@pytest.mark.parametrize(("replicas", "expected"), [(0, 0), (1, 1), (None, 1)])
def test_it_can_be_stopped(replicas: int | None, expected: int) -> None:
    """Nought is a number of pods as well, and null is one."""
    values = merged(MINIMAL, {"temporal": {"controlPlane": {"replicas": replicas}}})
    assert render(values).one("Deployment")["spec"]["replicas"] == expected


def test_keda_asks_the_releases_own_control_plane_unless_another_is_named() -> None:
    """Without a URL it is the Service's; with one it is that, with or without a slash at its end."""
    asks = {"enabled": True, "tokenSecretName": "token"}
    own = merged(KEDA, MINIMAL, {"temporal": {"keda": {"busyWorkers": asks}}})
    named = merged(own, {"temporal": {"keda": {"busyWorkers": {"url": "http://elsewhere/"}}}})
    for values, url in (
        (own, "http://prod-temporal-endpoints-control-plane.jobs.svc:8080"),
        (named, "http://elsewhere"),
    ):
        triggers = render(values, release=Release("prod", "jobs")).scaled_object()["spec"]["triggers"]
        assert triggers[1]["metadata"]["url"].startswith(f"{url}/v1/scaling/")


def test_an_address_that_it_fills_in_is_one_that_it_is_told() -> None:
    """Where templates ask for the frontend by placeholder, the control plane gets it as its argument."""
    connection = {"address": "t:7233", "addressFrom": "argument"}
    bundle = render(merged(MINIMAL, {"temporal": {"scaling": "keda", "connection": connection}}))
    (container,) = bundle.one("Deployment")["spec"]["template"]["spec"]["containers"]
    assert "--temporal-address=t:7233" in container["args"]


def test_a_chart_that_copies_the_templates_gets_none_of_it(tmp_path: Path) -> None:
    """Its objects are not there, nor the templates that they are made of; the library leaves these out as well."""
    included, asking = (copy_into_parent(tmp_path / name) for name in ("included", "asking"))
    assert {each["kind"] for each in render(KEDA, chart=included).objects} == {"ConfigMap"}
    text = '{{ include "temporal-endpoints.controlPlaneLabels" (dict "Release" .Release) }}'
    (asking / "templates" / "asking.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RenderError, match=r"no template .*temporal-endpoints[.]controlPlaneLabels"):
        render(KEDA, chart=asking)

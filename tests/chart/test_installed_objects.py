"""What the release installs besides the service templates: each a switch, and off beside llm-engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.pytest_plugin import over

from .bundle import DEVICES, KEDA, merged, render
from .free_values import entries
from .names import full_name, launch_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helm_nested.corpus import Corpus
    from helm_nested.engine import Release

    Document = Mapping[str, Any]

TEMPORAL_PORT = 7233
PRIORITIES = {"model-engine-default-priority": 1, "model-engine-high-priority": 2}
NOBODY = 65534
EVERYTHING = merged(
    KEDA,
    {
        "config": {"values": {"launch": {"endpoint_namespace": "endpoints"}}},
        "serviceTemplate": {
            "serviceAccountName": "worker",
            "serviceAccountAnnotations": {"eks.amazonaws.com/role-arn": "arn", "helm.sh/hook": "pre-install"},
        },
        "temporal": {
            "install": {"priorityClasses": True, "networkPolicy": True},
            "serviceAccount": {"create": True},
            "metrics": {"port": 9000},
        },
    },
)


@over(kind="ConfigMap", stage="installed")
def test_service_templates_are_all_that_the_config_map_holds(document: Document, helm_nested_corpus: Corpus) -> None:
    """The service-template ConfigMap holds the keys and nothing besides."""
    if document["metadata"]["labels"]["app.kubernetes.io/component"] != "service-templates":
        return
    assert set(document) == {"apiVersion", "kind", "metadata", "data"}
    assert document["apiVersion"] == "v1"
    assert set(document["metadata"]) == {"name", "namespace", "labels", "annotations"}
    assert set(document["data"]) == set(helm_nested_corpus.templates)


@over(kind="ServiceAccount", stage="installed")
def test_service_account_has_no_rights_and_no_token(document: Document, values: Document) -> None:
    """The workers' account has llm-engine's annotations but for Helm's own, and the chart's; it mounts no token."""
    if document["metadata"]["labels"]["app.kubernetes.io/component"] != "workers":
        return
    annotations = entries(values["serviceTemplate.serviceAccountAnnotations"])
    expected = {
        **entries(values["temporal.install.annotations"]),
        **{key: value for key, value in annotations.items() if not key.startswith("helm.sh/")},
        **entries(values["temporal.serviceAccount.annotations"]),
        **({"helm.sh/resource-policy": "keep"} if values["temporal.install.keep"] else {}),
    }
    assert document["apiVersion"] == "v1"
    assert document["metadata"].get("annotations", {}) == expected
    assert ("annotations" in document["metadata"]) == bool(expected)
    assert document["automountServiceAccountToken"] is False
    assert set(document) == {"apiVersion", "kind", "metadata", "automountServiceAccountToken"}


@over(stage="installed")
def test_only_the_control_plane_gets_rights(document: Document) -> None:
    """The release brings roles and bindings for its control plane alone, and what workers run as has none."""
    if "Role" in document["kind"]:
        assert document["metadata"]["labels"]["app.kubernetes.io/component"] == "control-plane"


@over(kind="PriorityClass", stage="installed")
def test_priority_classes_never_preempt(document: Document) -> None:
    """Both classes that the control plane names are there, the high one above, and neither preempts a worker."""
    name = document["metadata"]["name"]
    word = name.removeprefix("model-engine-").removesuffix("-priority")
    assert set(document["metadata"]) - {"annotations"} == {"name", "labels"}
    assert {key: value for key, value in document.items() if key != "metadata"} == {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "value": PRIORITIES[name],
        "preemptionPolicy": "Never",
        "globalDefault": False,
        "description": f"Workers of endpoints with {word} priority",
    }


@over(kind="NetworkPolicy", stage="installed")
def test_network_policy_selects_exactly_the_workers(document: Document, values: Document) -> None:
    """It selects this llm-engine's Temporal workers, for traffic both ways."""
    if document["metadata"]["labels"]["app.kubernetes.io/component"] != "workers":
        return
    selector = document["spec"]["podSelector"]
    assert document["apiVersion"] == "networking.k8s.io/v1"
    assert selector == {"matchLabels": {"endpoint_type": "temporal", "managed-by": launch_name(values)}}
    assert document["spec"]["policyTypes"] == ["Ingress", "Egress"]
    # A port to let in to is `ingress`; without one Kubernetes keeps no such field.
    assert set(document["spec"]) - {"ingress"} == {"podSelector", "policyTypes", "egress"}
    assert set(document) == {"apiVersion", "kind", "metadata", "spec"}


@over(kind="NetworkPolicy", stage="installed")
def test_network_policy_lets_in_nothing_but_metrics(document: Document, values: Document) -> None:
    """Nothing comes in but to the metrics port, if there is one, and there from whom `metricsFrom` names."""
    if document["metadata"]["labels"]["app.kubernetes.io/component"] != "workers":
        return
    port, peers = values["temporal.metrics.port"], values["temporal.networkPolicy.metricsFrom"]
    rule = {"ports": [{"port": port, "protocol": "TCP"}], **({"from": peers} if peers else {})}
    assert document["spec"].get("ingress") == ([rule] if port else None)


@over(kind="NetworkPolicy", stage="installed")
def test_network_policy_lets_out_to_dns_and_temporal(document: Document, values: Document) -> None:
    """Workers reach DNS by both protocols and the frontend's port, and what `extraEgress` adds."""
    if document["metadata"]["labels"]["app.kubernetes.io/component"] != "workers":
        return
    port = re.search(r"[0-9]+$", values["temporal.connection.address"] or "")
    assert document["spec"]["egress"] == [
        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
        {"ports": [{"port": int(port[0]) if port else TEMPORAL_PORT, "protocol": "TCP"}]},
        *(values["temporal.networkPolicy.extraEgress"] or []),
    ]


@over(kind="Pod", stage="installed")
def test_helm_test_keeps_to_the_level_restricted(document: Document, values: Document) -> None:
    """The test pod is a hook that goes when it is done, runs as nobody, may do nothing, and asks for little.

    Helm prints its log before it goes, and `test.keepPod` leaves it until the next test.
    """
    spec = document["spec"]
    (container,) = spec["containers"]
    assert document["apiVersion"] == "v1"
    assert set(document["metadata"]) == {"name", "namespace", "labels", "annotations"}
    done = "" if values["temporal.test.keepPod"] else ",hook-succeeded,hook-failed"
    assert document["metadata"]["annotations"] == {
        **entries(values["temporal.install.annotations"]),
        "helm.sh/hook": "test",
        "helm.sh/hook-output-log-policy": "hook-succeeded,hook-failed",
        "helm.sh/hook-delete-policy": f"before-hook-creation{done}",
    }
    assert spec.get("imagePullSecrets", []) == (values["temporal.test.image.pullSecrets"] or [])
    rest = ("containers", "volumes", "imagePullSecrets")
    assert {key: value for key, value in spec.items() if key not in rest} == {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": NOBODY, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    assert container["name"] == "test"
    repository, tag = values["temporal.test.image.repository"], values["temporal.test.image.tag"]
    assert container["image"] == (f"{repository}:{tag}" if tag else repository)
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"] == {
        "requests": {"cpu": "10m", "memory": "16Mi"},
        "limits": {"cpu": "100m", "memory": "32Mi"},
    }


@over(kind="Pod", stage="installed")
def test_helm_test_looks_for_every_key(
    document: Document, values: Document, release: Release, helm_nested_corpus: Corpus
) -> None:
    """The test reads the mounted service-template ConfigMap and fails for a key that is not in it, which it names."""
    (container,) = document["spec"]["containers"]
    (volume,) = document["spec"]["volumes"]
    assert container["volumeMounts"] == [{"name": volume["name"], "mountPath": "/templates", "readOnly": True}]
    assert volume["configMap"] == {"name": f"{full_name(values, release)}-service-template-config"}
    assert container["command"][:2] == ["sh", "-euc"]
    lines = container["command"][2].splitlines()
    assert lines[0] == f"for key in {' '.join(sorted(helm_nested_corpus.templates))}; do"
    assert lines[1:4] == [
        '  test -s "/templates/$key" || { echo "the ConfigMap lacks $key"; exit 1; }',
        '  echo "found $key"',
        "done",
    ]


@over(kind="Pod", stage="installed")
def test_helm_test_tries_the_frontend(document: Document, values: Document) -> None:
    """If the values say where the frontend is, the test connects to it, and says so or why it failed.

    `test.connection: false` leaves that out.
    """
    (container,) = document["spec"]["containers"]
    address = values["temporal.connection.address"]
    tried = container["command"][2].splitlines()[4:]
    is_left_out = not values["temporal.test.connection"]
    if is_left_out or not address or values["temporal.connection.addressFrom"] == "argument":
        assert tried == []
        assert "env" not in container
        return
    host, _, port = address.rpartition(":")
    assert container["env"] == [
        {"name": "TEMPORAL_HOST", "value": host.strip("[]")},
        {"name": "TEMPORAL_PORT", "value": port},
    ]
    failure = '{ echo "no Temporal frontend at $TEMPORAL_HOST:$TEMPORAL_PORT"; exit 1; }'
    assert tried == [
        f'nc -z -w 10 "$TEMPORAL_HOST" "$TEMPORAL_PORT" || {failure}',
        'echo "reached the Temporal frontend"',
    ]


def test_network_policy_selects_the_pods_of_both_devices() -> None:
    """The labels that it selects by are on the pods."""
    bundle = render(EVERYTHING)
    selector = bundle.one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"]
    for device in DEVICES:
        assert selector.items() <= bundle.deployment(device)["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"to": None, "ports": None},
        {"ports": [{}]},
        {"to": [{"podSelector": {}, "namespaceSelector": {}}]},
        {"to": [{"podSelector": {"matchLabels": {"team": ""}}}]},
    ],
    ids=str,
)
def test_a_rule_that_says_all_by_what_it_lacks_stays_as_it_is(rule: dict[str, Any]) -> None:
    """Null is as if it were not there; an empty rule, port, selector or label says something, and is kept."""
    bundle = render(merged(EVERYTHING, {"temporal": {"networkPolicy": {"extraEgress": [rule]}}}))
    assert bundle.one("NetworkPolicy")["spec"]["egress"][-1] == rule


@pytest.mark.parametrize(("address", "host"), [("t:7234", "t"), ("[2001:db8::1]:7234", "2001:db8::1")])
def test_address_is_taken_apart(address: str, host: str) -> None:
    """An IPv6 address loses its brackets for the test, and its port is the policy's."""
    bundle = render(merged(EVERYTHING, {"temporal": {"connection": {"address": address}}}))
    (container,) = bundle.one("Pod")["spec"]["containers"]
    assert {each["name"]: each["value"] for each in container["env"]} == {
        "TEMPORAL_HOST": host,
        "TEMPORAL_PORT": "7234",
    }
    assert bundle.one("NetworkPolicy")["spec"]["egress"][1] == {"ports": [{"port": 7234, "protocol": "TCP"}]}


def test_helm_test_has_a_default_image_and_tries_no_frontend_of_an_endpoint() -> None:
    """Null over the image is the default one; an address that each endpoint brings is none for the release to try."""
    connection = {"address": "t:7233", "addressFrom": "argument"}
    for image in (None, {"repository": None, "tag": None}):
        (container,) = render({"temporal": {"test": {"image": image}, "connection": connection}}).one("Pod")["spec"][
            "containers"
        ]
        assert container["image"] == "docker.io/library/busybox:1.37.0"
    assert "env" not in container
    assert "nc " not in container["command"][-1]

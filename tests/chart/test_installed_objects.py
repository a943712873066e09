"""What the release installs besides the service templates: each a switch, and off beside llm-engine."""

from __future__ import annotations

import pytest

from .bundle import KEDA, merged, render

EVERYTHING = merged(
    KEDA,
    {
        "config": {"values": {"launch": {"endpoint_namespace": "endpoints"}}},
        "serviceTemplate": {
            "serviceAccountName": "worker",
            "serviceAccountAnnotations": {"eks.amazonaws.com/role-arn": "arn", "helm.sh/hook": "pre-install"},
        },
        "temporal": {
            "install": {"serviceAccount": True, "priorityClasses": True, "networkPolicy": True},
            "metrics": {"port": 9000},
        },
    },
)


def test_by_default_only_the_service_templates() -> None:
    """The default installs the ConfigMap, in the release's namespace and as a part of the release, and a test."""
    bundle = render()
    assert {each["kind"] for each in bundle.objects} == {"ConfigMap", "Pod"}
    metadata = bundle.one("ConfigMap")["metadata"]
    assert metadata["namespace"] == "launch-endpoints"
    assert not [key for key in metadata["annotations"] if key.startswith("helm.sh/")]


def test_config_map_as_a_hook_is_a_value() -> None:
    """`configMap.hook` makes it a hook before install and upgrade, as llm-engine's is."""
    annotations = render({"temporal": {"configMap": {"hook": True, "annotations": {"a": "b"}}}}).one("ConfigMap")[
        "metadata"
    ]["annotations"]
    assert annotations["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert annotations["a"] == "b"


def test_service_account_has_no_rights_and_no_token() -> None:
    """The account is in the endpoints' namespace with its annotations, is no hook, mounts no token, has no role."""
    bundle = render(EVERYTHING)
    account = bundle.one("ServiceAccount")
    assert (account["metadata"]["name"], account["metadata"]["namespace"]) == ("worker", "endpoints")
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn"}
    assert account["automountServiceAccountToken"] is False
    assert bundle.pod("cpu")["serviceAccountName"] == "worker"
    assert not [each for each in bundle.objects if "Role" in each["kind"]]


def test_priority_classes_never_preempt() -> None:
    """Both classes that the control plane names are there, high above default, and neither preempts a worker."""
    classes = {each["metadata"]["name"]: each for each in render(EVERYTHING).all("PriorityClass")}
    assert set(classes) == {"model-engine-default-priority", "model-engine-high-priority"}
    assert all(each["preemptionPolicy"] == "Never" and not each["globalDefault"] for each in classes.values())
    assert classes["model-engine-high-priority"]["value"] > classes["model-engine-default-priority"]["value"]


def test_network_policy_lets_in_nothing_but_metrics() -> None:
    """It selects exactly the workers; nothing comes in but to the metrics port, if there is one."""
    bundle = render(EVERYTHING)
    policy = bundle.one("NetworkPolicy")
    labels = bundle.deployment("gpu")["spec"]["template"]["metadata"]["labels"]
    selector = policy["spec"]["podSelector"]["matchLabels"]
    assert selector.items() <= labels.items()
    assert selector["endpoint_type"] == "temporal"
    assert policy["metadata"]["namespace"] == "endpoints"
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert policy["spec"]["ingress"] == [{"ports": [{"port": 9000, "protocol": "TCP"}]}]
    closed = render(merged(EVERYTHING, {"temporal": {"metrics": {"port": None}}})).one("NetworkPolicy")
    assert closed["spec"]["ingress"] == []


def test_network_policy_lets_out_to_dns_and_temporal() -> None:
    """Workers reach DNS and the frontend's port, and what `extraEgress` adds; metrics only from `metricsFrom`."""
    peers = [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]
    extra = [{"ports": [{"port": 443, "protocol": "TCP"}]}]
    more = {"connection": {"address": "t:7234"}, "networkPolicy": {"extraEgress": extra, "metricsFrom": peers}}
    spec = render(merged(EVERYTHING, {"temporal": more})).one("NetworkPolicy")["spec"]
    assert spec["egress"] == [
        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
        {"ports": [{"port": 7234, "protocol": "TCP"}]},
        *extra,
    ]
    assert spec["ingress"][0]["from"] == peers


def test_helm_test_is_restricted_and_tries_the_frontend() -> None:
    """The test pod keeps to the level restricted, looks for every key, and for the frontend if there is an address."""
    pod = render(KEDA).one("Pod")
    (container,) = pod["spec"]["containers"]
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    for key in render().templates:
        assert key in container["command"][-1]
    assert {each["name"]: each["value"] for each in container["env"]} == {
        "TEMPORAL_HOST": "temporal-frontend.temporal",
        "TEMPORAL_PORT": "7233",
    }
    assert "nc " not in render().one("Pod")["spec"]["containers"][0]["command"][-1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["scaling: fixed", "without them no pod is created", "TEMPORAL_ADDRESS from somewhere", "helm test"]),
        (KEDA, ["scaling: keda needs", "KEDA 2.18 or later", "cooldownPeriod 1800 s", "llm-engine's does not"]),
        (EVERYTHING, ["ServiceAccount worker in endpoints", "NetworkPolicy temporal-endpoints-workers"]),
    ],
    ids=["default", "keda", "everything"],
)
def test_notes_say_what_is_there_and_what_comes_next(values: dict[str, object], expected: list[str]) -> None:
    """NOTES.txt names what was installed, what must come from elsewhere, what keda needs and the next command."""
    notes = render(values).notes
    for text in expected:
        assert text in notes


@pytest.mark.parametrize(
    ("release", "override", "name"),
    [
        ("temporal-endpoints", "", "temporal-endpoints"),
        ("prod", "", "prod-temporal-endpoints"),
        ("prod", "mine", "mine"),
        ("a" * 53, "", "a" * 37),
        ("a" * 36 + "." + "b" * 16, "", "a" * 36),
        ("a" * 34 + "-" * 3 + "b" * 16, "", "a" * 34),
    ],
)
def test_names_follow_the_release(release: str, override: str, name: str) -> None:
    """The ConfigMap is named after the release, `fullnameOverride` under `temporal:` wins, and long names are cut."""
    from helm_nested.engine import Release

    bundle = render({"temporal": {"fullnameOverride": override}}, release=Release(name=release))
    assert bundle.one("ConfigMap")["metadata"]["name"] == f"{name}-service-template-config"


@pytest.mark.parametrize("endpoints", ["", "endpoints"])
def test_a_namespace_that_looks_like_a_number_stays_text(endpoints: str) -> None:
    """A release may go to the namespace 2024; every object that names a namespace names that one or the endpoints'."""
    from helm_nested.engine import Release

    values = merged(EVERYTHING, {"config": {"values": {"launch": {"endpoint_namespace": endpoints}}}})
    named = [each["metadata"].get("namespace") for each in render(values, release=Release(namespace="2024")).objects]
    assert set(named) == {"2024", endpoints or "2024", None}

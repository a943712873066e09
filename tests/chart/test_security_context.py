"""securityContext: restricted by default, each setting honoured and nothing else changed, the claim kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.checks import Claims, DocumentSubject
from helm_nested.checks.pod_security import CHECK
from helm_nested.errors import RenderError
from helm_nested.pytest_plugin import over

from .bundle import configuration, merged, render
from .free_values import filled
from .worker import container, pod

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]

POD = {"fsGroup": 65534, "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def without_null(settings: Document) -> dict[str, Any]:
    """The settings that are there: null over one leaves it out."""
    return {
        key: without_null(value) if isinstance(value, dict) else value
        for key, value in settings.items()
        if value is not None
    }


def in_capitals(settings: Document) -> dict[str, Any]:
    """The settings with the names of capabilities as Kubernetes spells them."""
    names = settings.get("capabilities") or {}
    capitals = {key: [name.upper() for name in each] if each else each for key, each in names.items()}
    return {**settings, **({"capabilities": capitals} if names else {})}


@over(kind="Deployment", stage="filled", choices={"pod-security": "restricted", "container-security": "default"})
def test_default_is_restricted(document: Document) -> None:
    """Without any setting both blocks are those of the level restricted."""
    assert pod(document)["securityContext"] == POD
    assert container(document)["securityContext"] == CONTAINER


@over(kind="Deployment", stage="filled")
def test_pod_settings_are_merged_over_the_default(document: Document, values: Document, arguments: Document) -> None:
    """What is set of the pod's block is there, and what is not set stays the default of the level; null leaves out.

    Only `podSecurity: restricted` says runAsNonRoot, so images that run as root need one line.
    """
    default = {key: value for key, value in POD.items() if key != "runAsNonRoot"}
    if values["temporal.podSecurity"] == "restricted":
        default = POD
    settings = filled(values["temporal.podSecurityContext"] or {}, arguments)
    assert pod(document)["securityContext"] == without_null(merged(default, settings))


@over(kind="Deployment", stage="filled")
def test_container_settings_are_merged_over_the_default(
    document: Document, values: Document, arguments: Document
) -> None:
    """What is set of the container's block is there, and what is not set stays the default; null leaves out.

    Capability names are upper case, as llm-engine writes `drop: [all]` and Pod Security takes only ALL. A privileged
    container may gain privileges, for Kubernetes refuses one that may not.
    """
    settings = in_capitals(filled(values["serviceTemplate.securityContext"] or {}, arguments))
    default = CONTAINER
    if settings.get("privileged"):
        default = {"capabilities": CONTAINER["capabilities"]}
    assert container(document)["securityContext"] == without_null(merged(default, settings))


@over(kind="Deployment", stage="filled")
def test_the_claimed_level_holds(document: Document, values: Document) -> None:
    """Pods keep to the Pod Security level that `podSecurity` claims, in every Kubernetes version that is claimed."""
    claims = Claims(configuration().claims.kubernetes_minors)
    subject = DocumentSubject(dict(document), claims, values["temporal.podSecurity"])
    assert [problem.message for problem in CHECK.run(subject)] == []


@pytest.mark.parametrize("none", [{}, None])
def test_nothing_said_is_restricted(none: object) -> None:
    """Blocks that are empty or null, and a level that is null, are those of the level restricted."""
    values = {"serviceTemplate": {"securityContext": none}, "temporal": {"podSecurityContext": none}}
    values["temporal"]["podSecurity"] = None
    deployment = render(values).deployment("cpu")
    assert (pod(deployment)["securityContext"], container(deployment)["securityContext"]) == (POD, CONTAINER)


@pytest.mark.parametrize("capabilities", [None, {"drop": None}], ids=["all", "dropped"])
def test_null_leaves_capabilities_alone(capabilities: object) -> None:
    """Null over the capabilities, or over those that are dropped, leaves out what the default says of them."""
    values = {
        "serviceTemplate": {"securityContext": {"capabilities": capabilities}},
        "temporal": {"podSecurity": "baseline"},
    }
    expected: dict[str, Any] = {} if capabilities is None else {"capabilities": {}}
    context = container(render(values).deployment("cpu"))["securityContext"]
    assert context == {"allowPrivilegeEscalation": False} | expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"privileged": True}, {"privileged": True, "capabilities": {"drop": ["ALL"]}}),
        ({"capabilities": {"add": ["sys_admin"]}}, {"capabilities": {"add": ["SYS_ADMIN"], "drop": ["ALL"]}}),
        ({"capabilities": {"add": ["SYS_ADMIN"]}}, {"capabilities": {"add": ["SYS_ADMIN"], "drop": ["ALL"]}}),
        (
            {"capabilities": {"add": ["chown"]}},
            {"allowPrivilegeEscalation": False, "capabilities": {"add": ["CHOWN"], "drop": ["ALL"]}},
        ),
    ],
    ids=str,
)
def test_only_who_has_every_privilege_may_gain_them(setting: dict[str, Any], expected: dict[str, Any]) -> None:
    """A privileged container or system administrator has no allowPrivilegeEscalation: false, which is refused there."""
    values = {"serviceTemplate": {"securityContext": setting}, "temporal": {"podSecurity": "privileged"}}
    assert container(render(values).deployment("cpu"))["securityContext"] == expected


BREAKS_RESTRICTED: list[dict[str, Any]] = [
    {"serviceTemplate": {"securityContext": {"runAsUser": 0}}},
    {"serviceTemplate": {"securityContext": {"runAsNonRoot": False}}},
    {"serviceTemplate": {"securityContext": {"allowPrivilegeEscalation": True}}},
    {"serviceTemplate": {"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}},
    {"serviceTemplate": {"securityContext": {"capabilities": {"add": ["chown"]}}}},
    {"temporal": {"podSecurityContext": {"runAsUser": 0}}},
    {"temporal": {"podSecurityContext": {"runAsNonRoot": None}}},
    {"temporal": {"podSecurityContext": {"seccompProfile": None}}},
    {"temporal": {"extraVolumes": [{"name": "n", "nfs": {"server": "s", "path": "/"}}]}},
]
BREAKS_BASELINE: list[dict[str, Any]] = [
    {"serviceTemplate": {"securityContext": {"privileged": True}}},
    {"serviceTemplate": {"securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}}}},
    {"serviceTemplate": {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}},
    {"serviceTemplate": {"securityContext": {"seLinuxOptions": {"user": "u"}}}},
    {"temporal": {"podSecurityContext": {"seccompProfile": {"type": "Unconfined"}}}},
    {"temporal": {"podSecurityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}}},
    {"temporal": {"podSecurityContext": {"appArmorProfile": {"type": "Unconfined"}}}},
    {"temporal": {"extraVolumes": [{"name": "h", "hostPath": {"path": "/"}}]}},
    {"temporal": {"podAnnotations": {"container.apparmor.security.beta.kubernetes.io/main": "unconfined"}}},
    {"temporal": {"probes": {"liveness": {"httpGet": {"host": "h", "path": "/", "port": 1}}}}},
    {"temporal": {"preStop": {"httpGet": {"host": "h", "path": "/", "port": 1}}}},
]


@pytest.mark.parametrize("values", BREAKS_RESTRICTED, ids=str)
def test_what_breaks_restricted_is_refused_under_that_claim(values: dict[str, Any]) -> None:
    """A setting that the level restricted forbids is refused, with the level that allows it; baseline takes it."""
    with pytest.raises(RenderError, match="does not allow") as refused:
        render(values)
    assert "podSecurity: baseline" in str(refused.value)
    values = {**values, "temporal": {**values.get("temporal", {}), "podSecurity": "baseline"}}
    assert render(values).deployment("cpu")


@pytest.mark.parametrize("values", BREAKS_BASELINE, ids=str)
def test_what_breaks_baseline_is_refused_under_that_claim(values: dict[str, Any]) -> None:
    """A setting that the level baseline forbids is refused too, and privileged takes it."""
    for level in ("restricted", "baseline"):
        claimed = {**values, "temporal": {**values.get("temporal", {}), "podSecurity": level}}
        with pytest.raises(RenderError, match="does not allow") as refused:
            render(claimed)
        assert "podSecurity: privileged" in str(refused.value)
    values = {**values, "temporal": {**values.get("temporal", {}), "podSecurity": "privileged"}}
    assert render(values).deployment("cpu")


@pytest.mark.parametrize(
    ("context", "annotations"),
    [
        ({}, {"seccomp.security.alpha.kubernetes.io/pod": "runtime/default"}),
        ({}, {"seccomp.security.alpha.kubernetes.io/pod": "docker/default"}),
        ({}, {"container.seccomp.security.alpha.kubernetes.io/main": "localhost/a"}),
        (
            {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.b"}},
            {"container.seccomp.security.alpha.kubernetes.io/main": "localhost/a.b"},
        ),
    ],
)
def test_an_annotation_that_says_what_the_field_says_is_accepted(
    context: dict[str, Any], annotations: dict[str, str]
) -> None:
    """Kubernetes refuses an old seccomp annotation only where it says something else than the field."""
    bundle = render({"serviceTemplate": {"securityContext": context}, "temporal": {"podAnnotations": annotations}})
    assert annotations.items() <= bundle.deployment("cpu")["spec"]["template"]["metadata"]["annotations"].items()

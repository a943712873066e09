"""securityContext: restricted by default, each setting honoured and nothing else changed, the claim kept."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.errors import RenderError

from .bundle import DEVICES, render

POD = {"fsGroup": 65534, "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def contexts(values: dict[str, Any], device: str = "cpu") -> tuple[Any, Any]:
    """The pod's and the container's securityContext."""
    bundle = render(values)
    return bundle.pod(device).get("securityContext"), bundle.container(device).get("securityContext")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("none", [{}, None])
def test_default_is_restricted(device: str, none: object) -> None:
    """Without any setting, empty or null, both blocks are those of the level restricted."""
    values = {"serviceTemplate": {"securityContext": none}, "temporal": {"podSecurityContext": none}}
    assert contexts(values, device) == (POD, CONTAINER)


def test_capability_names_are_upper_case() -> None:
    """llm-engine's `drop: [all]` reaches the pod as ALL, the only spelling the level restricted accepts."""
    _, container = contexts({"serviceTemplate": {"securityContext": {"capabilities": {"drop": ["all"]}}}})
    assert container == CONTAINER


def test_settings_are_merged_over_the_default() -> None:
    """What is set is there, and what is not set stays the default."""
    values = {
        "serviceTemplate": {"securityContext": {"readOnlyRootFilesystem": True, "runAsUser": 1000}},
        "temporal": {"podSecurityContext": {"fsGroup": 2000, "supplementalGroups": [1]}},
    }
    assert contexts(values) == (
        POD | {"fsGroup": 2000, "supplementalGroups": [1]},
        CONTAINER | {"readOnlyRootFilesystem": True, "runAsUser": 1000},
    )


def test_images_that_run_as_root_need_one_line() -> None:
    """`podSecurity: baseline` leaves runAsNonRoot out and keeps the rest."""
    pod, container = contexts({"temporal": {"podSecurity": "baseline"}})
    assert pod == {key: value for key, value in POD.items() if key != "runAsNonRoot"}
    assert container == CONTAINER


def test_null_leaves_a_field_out() -> None:
    """A null inside the block removes the default's field."""
    pod, _ = contexts({"temporal": {"podSecurityContext": {"fsGroup": None}}})
    assert pod == {key: value for key, value in POD.items() if key != "fsGroup"}


def test_privileged_containers_may_gain_privileges() -> None:
    """A privileged container gets no allowPrivilegeEscalation: false, which Kubernetes would refuse beside it."""
    values = {"serviceTemplate": {"securityContext": {"privileged": True}}, "temporal": {"podSecurity": "privileged"}}
    _, container = contexts(values)
    assert container == {"privileged": True, "capabilities": {"drop": ["ALL"]}}


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
    {"serviceTemplate": {"securityContext": {"procMount": "Unmasked"}}},
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


def test_system_administrators_may_gain_privileges() -> None:
    """With SYS_ADMIN added there is no allowPrivilegeEscalation: false, which Kubernetes would refuse beside it."""
    context = {"capabilities": {"add": ["sys_admin"]}}
    _, container = contexts(
        {"serviceTemplate": {"securityContext": context}, "temporal": {"podSecurity": "privileged"}}
    )
    assert container == {"capabilities": {"add": ["SYS_ADMIN"], "drop": ["ALL"]}}


def test_token_is_not_mounted_unless_asked_for() -> None:
    """Workers get no service account token by default."""
    assert render().pod("cpu")["automountServiceAccountToken"] is False
    assert (
        render({"temporal": {"automountServiceAccountToken": True}}).pod("cpu")["automountServiceAccountToken"] is True
    )

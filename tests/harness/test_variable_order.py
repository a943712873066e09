"""The check `variable-order`: a variable refers to variables that stand before it."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.checking.model import Claims, DocumentSubject
from helm_nested.checks.variable_order import CHECK

LATER: dict[str, Any] = {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}


def told(env: list[dict[str, Any]], role: str = "containers", **container: Any) -> list[tuple[str, str]]:
    """Where the check finds something in a Deployment whose container has these variables, and what it says."""
    pod = {"containers": [{"name": "beside"}], role: [{"name": "main", "env": env, **container}]}
    document = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": pod}}}
    return [(each.path, each.message) for each in CHECK.run(DocumentSubject(document, Claims(), None, ()))]


def refers(name: str) -> dict[str, Any]:
    """A variable that refers to that one."""
    return {"name": "PLACE", "value": f"/var/$({name})/db"}


@pytest.mark.parametrize("role", ["containers", "initContainers"])
def test_a_later_variable_stays_as_it_is(role: str) -> None:
    """Whatever sets it, a variable that stands further down is named with the place that refers to it."""
    for later in (LATER, {"name": "NODE", "value": "a"}):
        ((path, message),) = told([refers("NODE"), later], role)
        assert path == f"spec.template.spec.{role}[0].env[0].value"
        assert "$(NODE) refers to a variable that is not defined before it" in message


def test_a_variable_does_not_refer_to_itself() -> None:
    """Nothing of the image's own environment is filled in."""
    ((path, message),) = told([{"name": "PATH", "value": "/own:$(PATH)"}])
    assert path.endswith("env[0].value")
    assert "$(PATH) refers to a variable that is not defined before it" in message


def test_a_name_that_nothing_brings_stays_as_it_is() -> None:
    """A misspelt name, or one of another container, is named; each place by itself."""
    env = [{"name": "HOST", "value": "a"}, refers("HOTS"), {"name": "URL", "value": "$(HOST)$(PORT_)"}]
    assert [message.split()[0] for _, message in told(env)] == ["$(HOTS)", "$(PORT_)"]


@pytest.mark.parametrize(
    ("env", "container"),
    [
        ([LATER, refers("NODE")], {}),
        ([{"name": "TEXT", "value": "$$(NODE) $(not a name) $NODE ${NODE}"}, LATER], {}),
        ([refers("KUBERNETES_SERVICE_HOST")], {}),
        ([refers("NODE"), LATER], {"envFrom": [{"secretRef": {"name": "settings"}}]}),
        ([{"name": "NODE", "value": "first"}, refers("NODE"), LATER], {}),
    ],
    ids=["before", "escaped", "of a Service", "perhaps of envFrom", "set twice"],
)
def test_what_is_filled_in_or_no_reference_is_no_finding(env: list[dict[str, Any]], container: dict[str, Any]) -> None:
    """What stands before, is escaped, comes of a Service or may come of envFrom is left alone."""
    assert told(env, **container) == []


@pytest.mark.parametrize(
    ("mode", "place", "is_there"),
    [("Indexed", "args", True), ("NonIndexed", "args", False), ("Indexed", "value", False)],
)
@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_a_job_that_counts_its_pods_brings_their_number(mode: str, place: str, is_there: bool, kind: str) -> None:
    """It stands behind all other variables, so arguments may refer to it and variables may not."""
    text = "$(JOB_COMPLETION_INDEX)"
    container = {"args": [text]} if place == "args" else {"env": [{"name": "PART", "value": text}]}
    spec: dict[str, Any] = {
        "completionMode": mode,
        "template": {"spec": {"containers": [{"name": "main", **container}]}},
    }
    document = {
        "apiVersion": "batch/v1",
        "kind": kind,
        "spec": {"jobTemplate": {"spec": spec}} if kind == "CronJob" else spec,
    }
    assert (not list(CHECK.run(DocumentSubject(document, Claims(), None, ())))) is is_there


def test_the_index_of_a_scaled_job_that_counts_its_pods() -> None:
    """KEDA makes a Job of what stands under jobTargetRef."""
    pod = {"containers": [{"name": "main", "image": "a:1", "args": ["$(JOB_COMPLETION_INDEX)"]}]}
    for mode, times in (("Indexed", 0), ("NonIndexed", 1)):
        job = {"completionMode": mode, "template": {"spec": pod}}
        document = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledJob", "spec": {"jobTargetRef": job}}
        assert len(list(CHECK.run(DocumentSubject(document, Claims())))) == times

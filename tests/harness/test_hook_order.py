"""The check `hook-order`: what a Helm hook uses is there at every event of the hook."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checks import BundleSubject, Claims, External, Problem
from helm_nested.kubernetes.helm_hook import helm_hook
from nested_templates.yaml_documents import Document

from .checked_project import Project, findings, project

__all__ = ["project"]

CHECK = next(check for check in load_checks() if check.name == "hook-order")


def an_object(kind: str, name: str, hook: str = "", weight: str = "0", policy: str = "", **more: Any) -> Document:
    """An object, and the hook that it is."""
    annotations = {"helm.sh/hook": hook, "helm.sh/hook-weight": weight, "helm.sh/hook-delete-policy": policy}
    annotations = {key: value for key, value in annotations.items() if hook and value}
    api_version = "batch/v1" if kind in ("Job", "CronJob") else "v1"
    metadata = {"name": name, "namespace": "web", "annotations": annotations}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}


def a_job(hook: str, weight: str = "0", name: str = "migrate", **spec: Any) -> Document:
    """A Job with one container, and more in its pods' spec."""
    spec = {"template": {"spec": {"containers": [{"name": "main", "image": "a:1"}], **spec}}}
    return an_object("Job", name, hook, weight, spec=spec)


NOTHING_CLAIMED = Claims()


def found(*documents: Document, claims: Claims = NOTHING_CLAIMED, namespace: str | None = "web") -> list[Problem]:
    """What the check finds, in the documents and in its views of them."""
    problems = list(CHECK.run(BundleSubject(documents, claims, namespace)))
    assert list(CHECK.run(BundleSubject([CHECK.view(each) for each in documents], claims, namespace))) == problems
    return problems


def test_only_what_helm_sees_is_a_hook() -> None:
    """A filled document is applied by somebody else, whatever its annotations say; nor is one waited for by a hook."""
    documents = a_job("pre-install", **ACCOUNT), an_object("ServiceAccount", "settings")
    assert list(CHECK.run(BundleSubject(documents, NOTHING_CLAIMED, "web"))) != []
    for filled in ({0}, {1}, {0, 1}):
        assert list(CHECK.run(BundleSubject(documents, NOTHING_CLAIMED, "web", frozenset(filled)))) == []


def test_a_filled_pod_with_a_hooks_annotation_is_no_hook(project: Project) -> None:
    """Else its service account, which the chart makes, would be said to come too late."""
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: settings}\n"
    project.write("chart/templates/account.yaml", account)
    annotated = '      name: "${NAME}"\n      annotations: {helm.sh/hook: pre-install}\n'
    project.change("templates/templates.yaml", '      name: "${NAME}"\n      labels', f"{annotated}      labels")
    project.change("templates/templates.yaml", "    spec:\n", "    spec:\n      serviceAccountName: settings\n")
    assert [each for each in findings(project) if "hook-order" in str(each["checks"])] == []


ACCOUNT: dict[str, Any] = {"serviceAccountName": "settings"}
VARIABLES: dict[str, Any] = {"containers": [{"name": "main", "envFrom": [{"configMapRef": {"name": "settings"}}]}]}
PASSWORD: dict[str, Any] = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "settings", "key": "a"}}}
KEY: dict[str, Any] = {"containers": [{"name": "main", "env": [PASSWORD]}]}
CLAIM: dict[str, Any] = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "settings"}}]}


@pytest.mark.parametrize(
    ("kind", "use"),
    [("ServiceAccount", ACCOUNT), ("ConfigMap", VARIABLES), ("Secret", KEY), ("PersistentVolumeClaim", CLAIM)],
)
def test_a_pre_install_hook_finds_nothing_of_the_release(kind: str, use: dict[str, Any]) -> None:
    """Each object that pods name must be a hook of a lower weight; before an upgrade it is there."""
    (problem,) = found(a_job("pre-install,pre-upgrade", **use), an_object(kind, "settings"))
    assert problem.message == (
        f"at pre-install the {kind} 'settings' is not there: it is not a hook, so Helm creates it only after the hooks."
    )
    assert problem.document == 0
    assert found(a_job("pre-upgrade", **use), an_object(kind, "settings")) == []
    assert found(a_job("pre-install", **use), an_object(kind, "settings", "pre-install", "-1")) == []


@pytest.mark.parametrize(
    ("job", "other", "expected"),
    [
        ("pre-install", ("pre-install", "1"), "its weight 1 is above 0"),
        ("pre-install", ("pre-install", "0"), "of equal weights the names decide"),
        ("pre-install", ("post-install", "-1"), "it is a hook of post-install only"),
        ("pre-install", ("pre-instal", "-1"), "does not know the hook 'pre-instal'"),
        ("post-install", ("pre-install", "0", "hook-succeeded"), "Helm deletes it after pre-install"),
        ("test", ("pre-install", "0", "before-hook-creation, Hook-Succeeded"), "Helm deletes it after pre-install"),
        ("pre-upgrade", ("pre-upgrade", "3"), "its weight 3 is above 0"),
        ("post-delete", ("",), "Helm has deleted it with the release"),
        ("pre-install", ("pre-install", "ten"), "of equal weights the names decide"),
    ],
)
def test_what_is_not_there_is_told_with_the_reason(job: str, other: tuple[str, ...], expected: str) -> None:
    """Created later, at another event, never, or deleted before."""
    (problem,) = found(a_job(job, **VARIABLES), an_object("ConfigMap", "settings", *other))
    assert expected in problem.message


@pytest.mark.parametrize(
    ("job", "other"),
    [
        (("post-install",), ("",)),
        (("pre-rollback",), ("",)),
        (("pre-delete",), ("",)),
        (("test",), ("",)),
        (("post-install",), ("pre-install", "5")),
        (("post-install", "5"), ("post-install", "-5")),
        # What no policy deletes is there from the install.
        (("pre-upgrade",), ("pre-install,pre-upgrade", "9")),
        (("post-delete",), ("pre-delete", "9")),
        # Deleted only after all hooks of the event.
        (("pre-install", "1"), ("pre-install", "0", "hook-succeeded")),
        (("pre-install", "10"), ("PRE-INSTALL , pre-upgrade", "9")),
        (("pre-install", "0", "worker"), ("pre-install", "0")),
        # The job's own event is unknown: Helm never creates it.
        (("pre-instal",), ("",)),
    ],
)
def test_what_is_there_is_no_problem(job: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Created earlier and not deleted since."""
    assert found(a_job(*job, **VARIABLES), an_object("ConfigMap", "settings", *other)) == []


def test_names_decide_before_kinds() -> None:
    """Of equal weights Helm's code compares names, and kinds only where they are equal: accounts before jobs."""
    job, account = a_job("pre-install", **ACCOUNT), an_object("ServiceAccount", "settings", "pre-install")
    assert len(found(job, account)) == 1
    job["metadata"]["name"] = "settings"
    assert found(account, job) == []
    claim = a_job("pre-install", name="settings", **CLAIM)
    assert found(claim, an_object("PersistentVolumeClaim", "settings", "pre-install")) == []


def test_what_is_elsewhere_is_no_problem() -> None:
    """Optional, external, in every cluster, of another namespace, or made by a CronJob later."""
    account = an_object("ServiceAccount", "settings")
    external = Claims(external=(External("ServiceAccount", "set*", "the platform"),))
    assert found(a_job("pre-install", **ACCOUNT), account, claims=external) == []
    optional: dict[str, Any] = {
        "containers": [{"name": "m", "envFrom": [{"configMapRef": {"name": "settings", "optional": True}}]}]
    }
    assert found(a_job("pre-install", **optional), an_object("ConfigMap", "settings")) == []
    default = a_job("pre-install", serviceAccountName="default")
    assert found(default, an_object("ServiceAccount", "default")) == []
    account["metadata"]["namespace"] = "other"
    assert found(a_job("pre-install", **ACCOUNT), account) == []
    plain = a_job("", **ACCOUNT)
    assert found(plain, an_object("ServiceAccount", "settings")) == []
    later = an_object("CronJob", "a", "pre-install", spec={"jobTemplate": {"spec": plain["spec"]}})
    assert found(later, an_object("ServiceAccount", "settings")) == []


def test_one_of_several_objects_is_enough() -> None:
    """A ServiceAccount for the hooks beside the release's own of the same name."""
    accounts = [an_object("ServiceAccount", "settings"), an_object("ServiceAccount", "settings", "pre-install", "-1")]
    assert found(a_job("pre-install", **ACCOUNT), *accounts) == []


def test_a_hook_needs_its_namespace() -> None:
    """A Namespace of the release comes after the hooks; the release's own is there before."""
    job, place = a_job("pre-install"), an_object("Namespace", "web")
    del place["metadata"]["namespace"]
    (problem,) = found(job, place, namespace="release")
    assert problem.path == "metadata.namespace"
    assert found(job, place, namespace="web") == []


def test_a_hook_needs_the_definition_of_its_kind() -> None:
    """A CustomResourceDefinition that is a template comes after the hooks; of the folder crds/ it comes first."""
    widget = an_object("Widget", "a", "pre-install") | {"apiVersion": "example.com/v1"}
    definition = an_object("CustomResourceDefinition", "widgets.example.com")
    definition["spec"] = {"group": "example.com", "names": {"kind": "Widget"}}
    (problem,) = found(widget, definition)
    assert problem.path == "kind"
    assert found(widget) == []
    definition["metadata"]["annotations"] = {"helm.sh/hook": "pre-install", "helm.sh/hook-weight": "-1"}
    assert found(widget, definition) == []


@pytest.mark.parametrize(
    ("written", "weight"),
    [("-5", -5), ("+5", 5), ("007", 7), (" 5", 0), ("5.0", 0), ("1_0", 0), ("", 0), ("٣", 0), (str(2**63), 0)],
)
def test_weights_are_read_as_go_reads_them(written: str, weight: int) -> None:
    """What Go's Atoi does not take counts as 0."""
    hook = helm_hook({"metadata": {"annotations": {"helm.sh/hook": "test", "helm.sh/hook-weight": written}}})
    assert hook is not None
    assert hook.weight == weight

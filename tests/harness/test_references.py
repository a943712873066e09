"""What one object of a bundle needs of another is looked for, whatever kind names it; what may be missing is not."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.checking.model import BundleSubject, Claims
from nested_templates.yaml_documents import parse_documents

from .every_check import CHECKS

BROUGHT = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: b}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: worker}
---
"""
POD = "{restartPolicy: Never, containers: [{name: main%s}]%s}"


def made(kind: str, more: str = "", container: str = "", fields: str = "") -> str:
    """An object of that kind whose pods have this more."""
    spec = f"template: {{spec: {POD % (container, more)}}}"
    if kind == "CronJob":
        spec = f"jobTemplate: {{spec: {{{spec}}}}}"
    return f"apiVersion: batch/v1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {{{spec}{fields}}}\n"


def volume(source: str, sub_path: str = "") -> str:
    """A DaemonSet with that volume, and a mount of a part of it."""
    mount = f"{{name: v, mountPath: /v, subPath: {sub_path}}}"
    more = f", volumes: [{{name: v, {source}}}]"
    return made("DaemonSet", more, f", volumeMounts: [{mount}]" if sub_path else "").replace("batch/", "apps/")


def ingress(backend: str) -> str:
    """An Ingress with that backend."""
    return (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x}\n"
        f"spec: {{tls: [{{}}], rules: [{{http: {{paths: [{{backend: {{service: {backend}}}}}]}}}}]}}\n"
    )


def binding(role: str, account: str, kind: str = "RoleBinding") -> str:
    """A binding of that role to that account."""
    return (
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: x}}\n"
        f"roleRef: {{{role}}}\nsubjects: [{{kind: ServiceAccount, {account}}}]\n"
    )


def webhook(name: str) -> str:
    """A webhook behind that Service."""
    return (
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: x}\n"
        f"webhooks: [{{clientConfig: {{service: {{name: {name}, namespace: here}}}}}}]\n"
    )


def told(name: str, text: str) -> list[tuple[str, str]]:
    """What the check says of these objects beside those that are brought."""
    documents: tuple[dict[str, Any], ...] = parse_documents(BROUGHT + text, "a test").documents
    check = CHECKS[name]
    # As in a run: of each document the check sees its view alone.
    subject = BundleSubject([check.view(document) for document in documents], Claims(), "here")
    return [(problem.path, problem.message) for problem in check.run(subject)]


ENVIRONMENT = ", envFrom: [{prefix: A_, configMapRef: {name: gone%s}}], env: [{name: A, valueFrom: {secretKeyRef: %s}}]"


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (
            made("CronJob", "", ENVIRONMENT % ("", "{name: gone, key: a}")),
            ["containers[0].envFrom[0].configMapRef.name", "containers[0].env[0].valueFrom.secretKeyRef.name"],
        ),
        (made("Job", ", initContainers: [{name: i, envFrom: [{secretRef: {name: gone}}]}]"), ["secretRef.name"]),
        (made("StatefulSet", fields=", serviceName: gone"), ["spec.serviceName"]),
        (volume("azureFile: {secretName: gone}"), ["volumes[0].azureFile.secretName"]),
        (volume("cephfs: {secretRef: {name: gone}}"), ["volumes[0].cephfs.secretRef.name"]),
        (volume("configMap: {name: settings, items: [{key: z, path: z}]}"), ["items[0].key"]),
        (volume("configMap: {name: settings, items: [{key: a, path: x/y}]}", "a"), ["volumeMounts[0].subPath"]),
        (volume("configMap: {name: settings, items: [{key: a, path: x/y}]}", "x/y"), []),
        (ingress("{name: gone, port: {number: 80}}"), ["backend.service.name"]),
        (ingress("{name: web, port: {number: 81}}"), ["backend.service.port.number"]),
        (ingress("{name: web, port: {name: https}}"), ["backend.service.port.name"]),
        (ingress("{name: web, port: {name: http}}"), []),
        (ingress("{name: web, port: {number: 80}}").replace("{}", "{secretName: gone}"), ["spec.tls[0].secretName"]),
        (binding("kind: Role, name: gone", "name: worker, namespace: here"), ["roleRef.name"]),
        (binding("kind: ClusterRole, name: view", "name: gone, namespace: here"), ["subjects[0].name"]),
        (binding("kind: ClusterRole, name: view", "name: worker, namespace: there"), ["subjects[0].name"]),
        (binding("kind: ClusterRole, name: 'system:auth-delegator'", "name: of-others, namespace: there"), []),
        (webhook("gone"), ["webhooks[0].clientConfig.service.name"]),
        (webhook("web"), []),
        (
            made(
                "Job",
                ", volumes: [{name: v, projected: {sources: [{secret: {name: gone, optional: true}}]}}]",
                ENVIRONMENT % (", optional: true", "{name: gone, key: a, optional: true}"),
            ),
            [],
        ),
    ],
)
def test_what_is_named_must_be_there(text: str, paths: list[str]) -> None:
    """Every name leads to an object, and to a key, file or port that it has."""
    found = [path for path, _ in told("reference", text)]
    assert len(found) == len(paths)
    assert all(path.endswith(end) for path, end in zip(found, paths, strict=True)), found


def test_a_hook_does_not_wait_for_what_is_reached_later() -> None:
    """Helm creates an Ingress without asking for its Service; a binding that comes first allows nothing yet."""
    hook = "metadata: {name: x, annotations: {helm.sh/hook: pre-install}}"
    text = ingress("{name: web, port: {number: 80}}") + "---\n" + binding("kind: Role, name: own", "name: worker")
    text = text.replace("metadata: {name: x}", hook)
    role = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: own}\n"
    assert [path for path, _ in told("hook-order", text + role)] == ["roleRef.name", "subjects[0].name"]

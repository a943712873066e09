"""The check `name-syntax`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.api_group import api_group
from helm_nested.kubernetes.bundle_object import autoscaler_name
from helm_nested.kubernetes.document_part import map_of, maps_in, what
from helm_nested.kubernetes.name import (
    LABEL_LENGTH,
    dns_label_fault,
    path_segment_fault,
    service_name_fault,
    subdomain_fault,
)
from helm_nested.kubernetes.pod_spec import CONTAINER_LISTS, pod_template
from nested_templates.document_path import nearest
from nested_templates.yaml_documents import Document

# Kinds whose names are no DNS subdomains:
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_SYNTAX: dict[tuple[str, str], Callable[[str], str | None]] = {
    ("", "Namespace"): dns_label_fault,
    ("", "Service"): service_name_fault,
    **{
        ("rbac.authorization.k8s.io", kind): path_segment_fault
        for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
    },
}
# How long a name may be, and why, where it is less than its syntax allows.
_LENGTHS: dict[tuple[str, str], tuple[int, str]] = {
    ("batch", "Job"): (63, "it becomes the label job-name of its pods"),
    # 63 - 11: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/validation/validation.go
    ("batch", "CronJob"): (52, "its jobs are named after it with 11 characters more"),
    # 63 - 11, a dash and a hash of 10: https://github.com/kubernetes/kubernetes/issues/64023
    ("apps", "StatefulSet"): (52, "it becomes the label controller-revision-hash of its pods with 11 characters more"),
}
# The minor since which a Service's name may start with a digit:
# https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/features/kube_features.go (RelaxedServiceNameValidation)
_RELAXED_SERVICES = 36
# 63 - 9 for `keda-hpa-`:
# https://github.com/kedacore/keda/blob/v2.21.0/apis/keda/v1alpha1/scaledobject_webhook.go
_SCALED_OBJECT = 54
# Kinds that are asked, not stored.
_NAMELESS = ("Review", "List")


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document = subject.document
    metadata = map_of(document.get("metadata"))
    kind = str(document.get("kind"))
    if "name" in metadata:
        yield from _name(document, kind, metadata["name"], subject.claims.kubernetes_minors)
    elif "generateName" not in metadata and not kind.endswith(_NAMELESS):
        yield Problem(nearest("", document, ["metadata"]), "there is no metadata.name")
    if "namespace" in metadata:
        yield from _label(metadata["namespace"], "metadata.namespace")
    if (api_group(document), kind) == ("keda.sh", "ScaledObject"):
        yield from _autoscaler(document)
    template = pod_template(document)
    if template is not None:
        for key in (*CONTAINER_LISTS, "volumes"):
            for path, each in maps_in(template.spec.get(key), f"{template.path}.{key}"):
                if "name" in each:
                    yield from _label(each["name"], f"{path}.name")


def _name(document: Document, kind: str, name: object, minors: tuple[str, ...]) -> Iterator[Problem]:
    if not isinstance(name, str) or not name:
        yield Problem("metadata.name", "the name is empty" if name == "" else f"the name is {what(name)}, not a text")
        return
    group = api_group(document)
    fault = _SYNTAX.get((group, kind), subdomain_fault)(name)
    if fault and (group, kind) == ("", "Service"):
        fault = _relaxed(fault, dns_label_fault(name), minors)
    if fault:
        yield Problem("metadata.name", f"the name {name!r} {fault}")
        return
    longest, reason = _LENGTHS.get((group, kind), (0, ""))
    if (group, kind) == ("keda.sh", "ScaledObject"):
        longest, reason = _scaled_object(document)
    if longest and len(name) > longest:
        yield Problem("metadata.name", f"the name {name!r} is {len(name)} characters long, but {reason}: {longest} fit")


def _relaxed(before: str, since: str | None, minors: tuple[str, ...]) -> str | None:
    """What is wrong with a Service's name in the claimed versions, some of which may take more than the others."""
    newer = [int(minor.split(".")[1]) >= _RELAXED_SERVICES for minor in minors]
    if newer and all(newer):
        return since
    return (
        f"{before}; Kubernetes 1.{_RELAXED_SERVICES} is the first to take it"
        if since is None and any(newer)
        else before
    )


def _autoscaler(document: Document) -> Iterator[Problem]:
    """The name that KEDA is to give the HorizontalPodAutoscaler, which it holds to the length of a label's value."""
    name = autoscaler_name(document)
    fault = subdomain_fault(name) if name else None
    if name and not fault and len(name) > LABEL_LENGTH:
        fault = f"is {len(name)} characters long, but KEDA takes no more than {LABEL_LENGTH}"
    if fault:
        yield Problem("spec.advanced.horizontalPodAutoscalerConfig.name", f"the name {name!r} {fault}")


def _scaled_object(document: Document) -> tuple[int, str]:
    if autoscaler_name(document):
        return 63, "it becomes a label's value"
    return _SCALED_OBJECT, "KEDA names the HorizontalPodAutoscaler keda-hpa-<name>"


def _label(name: object, path: str) -> Iterator[Problem]:
    if not isinstance(name, str):
        yield Problem(path, f"the name is {what(name)}, not a text.", advice="Put it in quotes.")
    elif fault := dns_label_fault(name):
        yield Problem(path, f"the name {name!r} {fault}")


CHECK = Check(
    name="name-syntax",
    scope="document",
    message=(
        "Objects, namespaces, containers and volumes have names that Kubernetes takes for their kind, and that still "
        "fit where they are used; otherwise the object is rejected or never becomes pods."
    ),
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings.example.com
  namespace: workers
""",
        """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: workers:Reader
""",
        """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: launch-endpoint-id-end-d10q7kvfdf4ts8mn51i0-and-some-more
spec:
  advanced:
    horizontalPodAutoscalerConfig:
      name: a
""",
    ),
    failing=(
        """\
# a capital letter
apiVersion: v1
kind: ConfigMap
metadata:
  name: Settings
""",
        """\
# a number
apiVersion: v1
kind: ConfigMap
metadata:
  name: 1234
""",
        """\
# no name
apiVersion: v1
kind: ConfigMap
metadata:
  labels: {}
""",
        """\
# a namespace with a dot
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: a.b
""",
        """\
# a Service that starts with a digit
apiVersion: v1
kind: Service
metadata:
  name: 1st
""",
        """\
# 53 characters
apiVersion: batch/v1
kind: CronJob
metadata:
  name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
""",
        """\
# too long for keda-hpa-<name>
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: launch-endpoint-id-end-d10q7kvfdf4ts8mn51i0-and-some-more
spec: {}
""",
        """\
# a container
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main_1
""",
    ),
)

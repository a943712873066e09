"""The check `selects-nothing`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helm_nested.checking.model import BundleSubject, Check, Problem
from helm_nested.kubernetes.bundle_object import BundleObject, identity, namespace_of
from helm_nested.kubernetes.document_part import list_of, map_of, maps_in
from helm_nested.kubernetes.label_selector import unmet, unmet_map
from helm_nested.kubernetes.pod_spec import PodTemplate, pod_template
from nested_templates.document_path import put
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import Document


@dataclass(frozen=True)
class _Pods:
    """The pods of one pod template: where they run, their labels, and their ports' names and protocols."""

    namespace: str | None
    labels: dict[Any, Any]
    ports: frozenset[tuple[str, str]]


def _run(subject: BundleSubject) -> Iterator[Problem]:
    selecting = [each for each in subject.objects() if each.kind in ("Service", "NetworkPolicy")]
    spreading = [(each, spreads) for each in subject.objects() if (spreads := _spreads(each.document))]
    # Other releases may bring the pods where the bundle has none at all, or the configuration says so.
    if not (selecting or spreading) or any(external.covers("Pod", "*") for external in subject.claims.external):
        return
    pods = list(_pods(subject))
    if not pods:
        return
    for workload, spreads in spreading:
        near = [pod for pod in pods if workload.is_in(pod.namespace)]
        for path, wanted in spreads:
            if all(any(unmet(wanted, "", pod.labels)) for pod in near):
                yield _nothing(path, "topology spread", workload.number)
    for selector in selecting:
        near = [pod for pod in pods if selector.is_in(pod.namespace)]
        if selector.kind == "Service":
            yield from _service(selector, near)
        else:
            yield from _policy(selector, near)


def _pods(subject: BundleSubject) -> Iterator[_Pods]:
    for document in subject.documents:
        template = pod_template(document)
        if template is not None:
            labels = map_of(template.metadata.get("labels"))
            yield _Pods(namespace_of(document, subject.namespace), labels, _named_ports(template))


def _named_ports(template: PodTemplate) -> frozenset[tuple[str, str]]:
    return frozenset((str(port["name"]), _protocol(port)) for port in template.ports() if port.get("name"))


def _spreads(document: Document) -> list[tuple[str, dict[Any, Any]]]:
    """What the topology spread of a pod counts, with its path."""
    template = pod_template(document)
    if template is None:
        return []
    place = f"{template.path}.topologySpreadConstraints"
    constraints = maps_in(template.spec.get("topologySpreadConstraints"), place)
    selectors = ((f"{path}.labelSelector", map_of(constraint.get("labelSelector"))) for path, constraint in constraints)
    return [(path, selector) for path, selector in selectors if selector]


def _service(service: BundleObject, pods: list[_Pods]) -> Iterator[Problem]:
    spec = map_of(service.document.get("spec"))
    wanted = map_of(spec.get("selector"))
    if not wanted or spec.get("type") == "ExternalName":
        return  # its endpoints are somebody else's
    selected = [pod for pod in pods if not any(unmet_map(wanted, "", pod.labels))]
    if not selected:
        yield _nothing("spec.selector", "Service", service.number)
        return
    for path, port in maps_in(spec.get("ports"), "spec.ports"):
        yield from _port(f"{path}.targetPort", port.get("targetPort"), _protocol(port), selected, service)


def _policy(policy: BundleObject, pods: list[_Pods]) -> Iterator[Problem]:
    spec = map_of(policy.document.get("spec"))
    selector = map_of(spec.get("podSelector"))
    if not selector:
        return  # every pod of the namespace, whoever brings it
    selected = [pod for pod in pods if not any(unmet(selector, "", pod.labels))]
    if not selected:
        yield _nothing("spec.podSelector", "NetworkPolicy", policy.number)
        return
    # The ports of an egress rule are those of the pods that are asked, which may be anybody's.
    for rule_path, rule in maps_in(spec.get("ingress"), "spec.ingress"):
        for path, port in maps_in(rule.get("ports"), f"{rule_path}.ports"):
            yield from _port(f"{path}.port", port.get("port"), _protocol(port), selected, policy)


def _protocol(port: dict[Any, Any]) -> str:
    return str(port.get("protocol") or "TCP")


def _port(path: str, port: object, protocol: str, selected: list[_Pods], selector: BundleObject) -> Iterator[Problem]:
    ports = frozenset[tuple[str, str]]().union(*(pod.ports for pod in selected))
    if not isinstance(port, str) or port.isdecimal() or (port, protocol) in ports:
        return
    others = sorted(other for name, other in ports if name == port)
    only = f" for {protocol}, only for {' and '.join(others)}" if others else ""
    message = f"no container of the pods that this {selector.kind} selects has a port that is named {port!r}{only}."
    yield Problem(path, message, selector.number, "" if only else did_you_mean(port, {name for name, _ in ports}))


def _nothing(path: str, kind: str, number: int) -> Problem:
    message = f"no pod template of the bundle has the labels that this {kind} selects, in its namespace."
    return Problem(path, message, number, "Select the labels of one.")


def _view(document: Document) -> Document:
    view = identity(document)
    template = pod_template(document)
    spec = map_of(document.get("spec"))
    if template is not None:
        put(view, f"{template.metadata_path}.labels", map_of(template.metadata.get("labels")))
        named = sorted(_named_ports(template))
        if named:
            ports = [{"name": name, "protocol": protocol} for name, protocol in named]
            put(view, f"{template.path}.containers", [{"ports": ports}])
        constraints = list_of(template.spec.get("topologySpreadConstraints"))
        if constraints:
            spread = [{"labelSelector": map_of(each).get("labelSelector")} for each in constraints]
            put(view, f"{template.path}.topologySpreadConstraints", spread)
    elif document.get("kind") == "Service":
        view["spec"] = {key: spec[key] for key in ("selector", "type", "ports") if key in spec}
    elif document.get("kind") == "NetworkPolicy":
        view["spec"] = {key: spec[key] for key in ("podSelector", "ingress") if key in spec}
    return view


CHECK = Check(
    name="selects-nothing",
    scope="bundle",
    message=(
        "A Service, network policy or topology spread selects pods of the bundle, "
        "by labels and port names that they have."
    ),
    run=_run,
    view=_view,
    passing=(
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
  labels: {app: a}
spec:
  containers:
    - name: main
      ports: [{name: metrics, containerPort: 9000}]
---
apiVersion: v1
kind: Service
metadata:
  name: a
spec:
  selector: {app: a}
  ports: [{port: 80, targetPort: metrics}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: all
spec:
  podSelector: {}
""",
        """\
# no selector: its endpoints are somebody else's
apiVersion: v1
kind: Service
metadata:
  name: a
spec:
  ports: [{port: 80}]
""",
    ),
    failing=(
        """\
# a Service with another label
apiVersion: v1
kind: Pod
metadata:
  name: a
  labels: {app: a}
---
apiVersion: v1
kind: Service
metadata:
  name: a
spec:
  selector: {app: b}
  ports: [{port: 80}]
""",
        """\
# a port name that no container has
apiVersion: v1
kind: Pod
metadata:
  name: a
  labels: {app: a}
spec:
  containers:
    - name: main
      ports: [{name: metrics, containerPort: 9000}]
---
apiVersion: v1
kind: Service
metadata:
  name: a
spec:
  selector: {app: a}
  ports: [{port: 80, targetPort: metric}]
""",
        """\
# a port of another protocol, and one of a container that has ended
apiVersion: v1
kind: Pod
metadata:
  name: a
  labels: {app: a}
spec:
  initContainers:
    - name: first
      ports: [{name: first, containerPort: 9000}]
    - name: beside
      restartPolicy: Always
      ports: [{name: beside, containerPort: 9001}]
  containers:
    - name: main
      ports: [{name: dns, containerPort: 53, protocol: UDP}]
---
apiVersion: v1
kind: Service
metadata:
  name: a
spec:
  selector: {app: a}
  ports: [{port: 53, targetPort: dns}, {port: 80, targetPort: first}, {port: 81, targetPort: beside}]
""",
        """\
# a network policy that opens a port name that no container has
apiVersion: v1
kind: Pod
metadata:
  name: a
  labels: {app: a}
spec:
  containers:
    - name: main
      ports: [{name: metrics, containerPort: 9000}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: a
spec:
  podSelector: {matchLabels: {app: a}}
  ingress: [{ports: [{port: metric}]}]
""",
        """\
# a topology spread that counts no pod, so that nothing is spread
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
spec:
  template:
    metadata:
      labels: {app: a}
    spec:
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: b}}}
""",
        """\
# a network policy with another label
apiVersion: v1
kind: Pod
metadata:
  name: a
  labels: {app: a}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: b
spec:
  podSelector: {matchLabels: {app: b}}
""",
    ),
)

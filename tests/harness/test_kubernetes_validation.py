"""What Kubernetes' own code says of objects, and how it is asked."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from helm_nested.checking.model import Claims, DocumentSubject, Problem
from helm_nested.checks.kubernetes_validation import CHECK
from helm_nested.errors import CannotCheckError
from helm_nested.kubernetes import validation
from helm_nested.kubernetes.field_path import located
from helm_nested.kubernetes.resource_definition import ResourceDefinition
from nested_templates.yaml_documents import Document

from .kubernetes_program import document, needs_program


def problems(text: str, program: Path | None, minors: tuple[str, ...] = ("1.35", "1.36")) -> list[Problem]:
    """What the check says of the one document of a text."""
    claims = Claims(kubernetes_minors=minors, kubernetes_program=program)
    return list(CHECK.run(DocumentSubject(document(text), claims)))


def pod(lines: str) -> str:
    """A pod whose container has these lines."""
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: worker}}
spec:
  containers:
    - name: main
      image: "worker:1"
      {lines}
"""


REJECTED = {
    "a value that is none of those allowed": (
        pod("imagePullPolicy: always"),
        "spec.containers[0].imagePullPolicy",
        "Unsupported value",
    ),
    "a number out of its bounds": (pod("ports: [{containerPort: 70000}]"), "spec.containers[0].ports[0]", "between 1"),
    "two fields that exclude each other": (
        pod("readinessProbe: {exec: {command: [a]}, tcpSocket: {port: 80}}"),
        "spec.containers[0].readinessProbe.tcpSocket",
        "more than 1 handler",
    ),
    "a name that another part does not have": (
        pod("volumeMounts: [{name: cache, mountPath: /cache}]"),
        "spec.containers[0].volumeMounts[0].name",
        "Not found",
    ),
    "a required field that is not there": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: main}]}",
        "spec.containers[0]",
        "image: Required value",
    ),
    "a key that no file can be named": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {conf/app.yaml: x}",
        'data["conf/app.yaml"]',
        "valid config key",
    ),
    "a selector that the pods do not have": (
        """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: b}}
    spec: {containers: [{name: main, image: "a:1"}]}
""",
        "spec.template.metadata.labels",
        "selector",
    ),
    "a schedule that is none": (
        """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: a}
spec:
  schedule: "61 * * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "a:1"}]}}}}
""",
        "spec.schedule",
        "above maximum",
    ),
    "a role of another kind": (
        """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Rolle, name: a}
""",
        "roleRef.kind",
        "Unsupported value",
    ),
    "an API that another server serves, in a group without priority": (
        """\
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.metrics.example.com}
spec:
  group: metrics.example.com
  version: v1
  groupPriorityMinimum: 0
  versionPriority: 100
  service: {name: metrics, namespace: web}
  insecureSkipTLSVerify: true
""",
        "spec.groupPriorityMinimum",
        "must be positive and less than 20000",
    ),
    "an API whose name is not its version and group": (
        """\
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: metrics}
spec: {group: metrics.example.com, version: v1, groupPriorityMinimum: 100, versionPriority: 100}
""",
        "metadata.name",
        "must be `spec.version+",
    ),
    "an object without a name": ("apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}", "metadata", "name: "),
    "a field that the code warns of": (
        pod("resources: {limits: {memory: 100m}}"),
        "spec.containers[0].resources.limits.memory",
        "Kubernetes warns: fractional byte value",
    ),
}


@needs_program
@pytest.mark.parametrize("fault", REJECTED)
def test_what_the_api_server_rejects_is_a_finding_at_its_field(fault: str, program: Path) -> None:
    """What the API server rejects or warns of is a finding, at the field or the nearest part that is there."""
    text, path, message = REJECTED[fault]
    assert any(each.path.startswith(path) and message in each.message for each in problems(text, program))


ACCEPTED = {
    "a name that the API server makes": "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: worker-}",
    "a namespace of its own": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: elsewhere}",
    "a namespace of a kind that has none": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: a, namespace: here}
rules: []
""",
    "an API that another server serves": """\
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.metrics.example.com}
spec:
  group: metrics.example.com
  version: v1
  groupPriorityMinimum: 100
  versionPriority: 100
  service: {name: metrics, namespace: web}
  insecureSkipTLSVerify: true
""",
    "a privileged container": pod("securityContext: {privileged: true}"),
    "a custom resource": "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}",
    "defaults": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}",
}


@needs_program
@pytest.mark.parametrize("kind", ACCEPTED)
def test_what_the_api_server_accepts_is_no_finding(kind: str, program: Path) -> None:
    """What the API server accepts or completes by itself is no finding."""
    assert problems(ACCEPTED[kind], program) == []


@needs_program
def test_what_the_schemas_say_is_not_said_twice(program: Path) -> None:
    """An unknown field is kubernetes-schema's finding, and not one more of Kubernetes' own code."""
    assert problems(pod("imagePullPolice: Always"), program) == []


@needs_program
def test_older_claims_are_not_judged_by_newer_code(program: Path) -> None:
    """Code that is newer than every claimed version judges nothing, and the reason names both versions."""
    assert problems(pod("imagePullPolicy: always"), program, ("1.28", "1.29")) == []
    missing = CHECK.missing(Claims(kubernetes_minors=("1.28", "1.29"), kubernetes_program=program))
    assert validation.minor(program) in missing
    assert "1.29" in missing


def test_without_the_program_the_reason_says_what_builds_it() -> None:
    """Without the program nothing is judged, and the reason says which command builds it."""
    assert CHECK.missing(Claims()) == "not run, `make tools` builds it"
    assert problems(pod("imagePullPolicy: always"), None) == []


@needs_program
def test_a_custom_resource_is_judged_by_its_definition(program: Path) -> None:
    """Once a definition is known, its bounds, rules and unknown fields are told of objects and of updates."""
    definition = ResourceDefinition(
        "gauges.yaml",
        document("""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gauges.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Gauge, plural: gauges, singular: gauge, listKind: GaugeList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              x-kubernetes-validations:
                - {rule: "self.low <= self.high", message: low is above high}
              properties:
                low: {type: integer, minimum: 0, default: 0}
                high: {type: integer, format: int32}
                unit:
                  type: string
                  x-kubernetes-validations: [{rule: "self == oldSelf", message: the unit stays}]
"""),
    )

    def gauge(spec: str) -> Document:
        return document(f"apiVersion: example.com/v1\nkind: Gauge\nmetadata: {{name: a}}\nspec: {spec}")

    def messages(answer: validation.Answer) -> str:
        return "; ".join(f"{each.field} {each.message}" for each in answer.faults)

    assert validation.judged(program, gauge("{high: 3}"), definition).faults == ()
    assert "low is above high" in messages(validation.judged(program, gauge("{low: 4, high: 3}"), definition))
    assert "spec.low" in messages(validation.judged(program, gauge("{low: -1, high: 3}"), definition))
    assert "spec.hihg" in messages(validation.judged(program, gauge("{hihg: 3, high: 3}"), definition))
    updated = validation.judged_update(program, gauge("{high: 3, unit: m}"), gauge("{high: 3, unit: km}"), definition)
    assert "the unit stays" in messages(updated)
    # Of a number of another format the field stands in the message alone.
    fraction = validation.judged(program, gauge("{high: 3.5}"), definition)
    assert [fault.field for fault in fraction.faults if "must be of type" in fault.message] == ["spec.high"] * 2
    claims = Claims(kubernetes_program=program, definitions=(definition,))
    assert [problem.path for problem in CHECK.run(DocumentSubject(gauge("{high: 3.5}"), claims))] == []


@needs_program
def test_a_kind_without_code_is_not_known(program: Path) -> None:
    """Of a kind it has no code for the program says so, and not that the object is right."""
    for head in ("example.com/v1\nkind: Nothing", "policy/v1beta1\nkind: PodDisruptionBudget", "v1\nkind: Deployment"):
        answer = validation.judged(program, document(f"apiVersion: {head}\nmetadata: {{name: a}}"))
        assert not answer.known
        assert answer.reason


@needs_program
@pytest.mark.parametrize("head", ["v1\nkind: Binding", "authentication.k8s.io/v1\nkind: TokenReview"])
def test_what_only_a_schema_knows_is_told(head: str, program: Path) -> None:
    """An object of a kind that no code judges is not right because its fields are: that is said at its kind."""
    (problem,) = problems(f"apiVersion: {head}\nmetadata: {{name: a}}", program)
    assert problem.path == "kind"
    assert "Kubernetes' own code does not judge" in problem.message
    assert problems(f"apiVersion: {head}s\nmetadata: {{name: a}}", program) == []


@needs_program
def test_many_threads_get_their_own_answers(program: Path) -> None:
    """Threads that ask at once each get the answer to their own question."""
    wrong: list[str] = []

    def ask(number: int) -> None:
        for _ in range(20):
            answer = validation.judged(program, document(pod(f"imagePullPolicy: number-{number}")))
            wrong.extend(each.message for each in answer.faults if f"number-{number}" not in each.message)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_program_that_ends_is_no_verdict(tmp_path: Path) -> None:
    """A program that ends without an answer stops the check with what to do."""
    broken = tmp_path / "kubernetes"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(CannotCheckError, match="make tools"):
        validation.judged(broken, document(pod("tty: true")))


def test_program_that_ended_by_itself_leaves_no_pipe(tmp_path: Path) -> None:
    """The next question starts another one, and what the first one had open is closed."""
    program = tmp_path / "kubernetes"
    # It answers one question, and ends.
    answer = '{"id": 1, "known": true, "problems": [], "warnings": []}'
    program.write_text(f"#!/bin/sh\nread line\necho $$ > $0.number\necho '{answer}'\n")
    program.chmod(0o755)
    opened = []
    for _ in range(3):
        assert validation.judged(program, document(pod("tty: true"))).known
        state = Path("/proc", Path(f"{program}.number").read_text(encoding="utf-8").strip(), "stat")
        while ") Z" not in state.read_text(encoding="utf-8"):
            time.sleep(0.01)
        opened.append(len(list(Path("/proc/self/fd").iterdir())))
    assert opened[0] == opened[-1]


def test_a_named_program_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """HELM_NESTED_KUBERNETES that names no program is an error, and nothing is silently left out."""
    monkeypatch.setenv(validation.PROGRAM, os.fspath(tmp_path / "missing"))
    with pytest.raises(CannotCheckError, match="names"):
        validation.find_program(tmp_path)


@pytest.mark.parametrize(
    ("field", "path", "missing"),
    [
        ("metadata.labels[example.com/team]", 'metadata.labels["example.com/team"]', ""),
        ("spec.list[1].name", "spec.list[1].name", ""),
        ("spec.list[2].name", "spec.list", "[2].name: "),
        ("metadata.labels[a]b]", 'metadata.labels["a]b"]', ""),
        ("spec.more.deeper", "spec", "more.deeper: "),
        ("spec.List[1].Name", "spec.list[1].name", ""),
        ("Spec.More", "spec", "More: "),
        ("", "", ""),
    ],
)
def test_a_field_of_kubernetes_is_a_path_of_the_document(field: str, path: str, missing: str) -> None:
    """A field as Kubernetes writes it leads to the nearest path that is in the document."""
    holder = {"metadata": {"labels": {"example.com/team": "a", "a]b": "c"}}, "spec": {"list": [{}, {"name": "a"}]}}
    place = located(field, holder)
    assert (place.path, place.missing) == (path, missing)


COPIED = {
    "a Service's port, which is its target port too": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 70000}]}",
        "spec.ports[0].port",
    ),
    "a limit, which is the request too": (
        pod("resources: {limits: {memory: -1Gi}}"),
        "spec.containers[0].resources.limits.memory",
    ),
    "a container's port, which is the node's where the network is": (
        pod("ports: [{containerPort: 70000}]") + "  hostNetwork: true\n",
        "spec.containers[0].ports[0].containerPort",
    ),
    "a Service's address, which is the first of its addresses": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: none, ports: [{port: 80}]}",
        "spec.clusterIP",
    ),
    "a Job's name, which is a label of its pods": (
        (
            f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {'a' * 64}}}\n"
            "spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: 'a:1'}]}}}"
        ),
        "metadata.name",
    ),
    "a text of a Secret, which is among its data": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {pass/word: b}",
        'stringData["pass/word"]',
    ),
    "a label of nodes, of which the map alone is named": (
        pod("tty: true") + "  nodeSelector: {disk: ssd, zone: first zone}\n",
        "spec.nodeSelector.zone",
    ),
    "a limit of a LimitRange, which is its request too": (
        (
            "apiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\n"
            "spec: {limits: [{type: Container, min: {cpu: 2}, default: {cpu: 1}}]}"
        ),
        "spec.limits[0].default.cpu",
    ),
    "no replicas, for which there would have to be other metrics": (
        (
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
            "spec:\n  minReplicas: 0\n  maxReplicas: 3\n"
            "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}\n"
            "  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]"
        ),
        "spec.minReplicas",
    ),
    "a resource, of which two rules say the same": (
        pod("resources: {limits: {gpu: 1}}"),
        "spec.containers[0].resources.limits.gpu",
    ),
}


@needs_program
@pytest.mark.parametrize("name", COPIED)
def test_what_kubernetes_takes_from_another_field_is_told_once(name: str, program: Path) -> None:
    """Kubernetes puts a field's value into one that is not there, and rejects both: what is written is told."""
    text, path = COPIED[name]
    assert [problem.path for problem in problems(text, program)] == [path]


@needs_program
def test_of_two_values_of_another_type_each_is_where_it_is(program: Path) -> None:
    """What cannot be decoded is looked for by leaving out one thing after the other: that finds no third one."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n, labels: {a: b}}\ndata: {a: y}"
    assert problems(text, program) == []  # the schemas tell both


@needs_program
def test_a_field_that_kubernetes_names_with_a_capital_is_found(program: Path) -> None:
    """Kubernetes' code names some fields as Go does; the document has them with a small letter."""
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
        "spec: {type: LoadBalancer, ports: [{port: 80}], loadBalancerSourceRanges: [10.0.0.0/8, 10.0.0.300/8]}"
    )
    (problem,) = problems(text, program)
    assert problem.path == "spec.loadBalancerSourceRanges[1]"
    assert problem.message.startswith("Invalid value")


@needs_program
def test_a_number_that_json_lacks_does_not_end_the_check(program: Path) -> None:
    """An infinite number is told by the schemas; the rest of its object is judged all the same."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A}\ndata: {a: .inf}\n"
    assert "metadata.name" in {problem.path for problem in problems(text, program)}


@needs_program
def test_a_mount_of_a_faulty_volume_is_no_fault_of_its_own(program: Path) -> None:
    """Kubernetes forgets a volume that it rejects and then misses it; it is there, so only its own fault is told."""
    volumes = (
        "  volumes: [{name: token, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 9}}]}}]\n"
    )
    mounts = "volumeMounts: [{name: token, mountPath: /token}, {name: cache, mountPath: /cache}]"
    paths = [problem.path for problem in problems(f"{pod(mounts)}{volumes}", program)]
    assert "spec.containers[0].volumeMounts[0].name" not in paths
    assert "spec.containers[0].volumeMounts[1].name" in paths
    assert any(path.startswith("spec.volumes[0]") for path in paths)


@needs_program
@pytest.mark.parametrize(
    ("user", "part"),
    [
        ("resources: {claims: [{name: Own}]}", "resourceClaims: [{name: Own, resourceClaimName: gpu}]"),
        (
            "env: [{name: A, valueFrom: {fileKeyRef: {volumeName: Own, path: a, key: A}}}]",
            "volumes: [{name: Own, emptyDir: {}}]",
        ),
        ("tty: true", 'ephemeralContainers: [{name: debug, image: "a:1", targetContainerName: Own}]'),
    ],
    ids=["claim", "volume of a variable", "container"],
)
def test_kubernetes_misses_no_other_part_with_a_wrong_name(user: str, part: str, program: Path) -> None:
    """What refers to such a claim, volume or container is not told to refer to nothing; only mounts would be."""
    text = pod(user).replace("name: main", "name: Own") + f"  {part}\n"
    messages = [problem.message for problem in problems(text, program)]
    assert any("RFC 1123" in message for message in messages)
    assert not any("Not found" in message for message in messages)


@needs_program
@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        ("type: NodePort, ports: [{port: 80, nodePort: 80000}]", ["spec.ports[0].nodePort"]),
        (
            "type: LoadBalancer, ports: [{port: 80, name: a}, {port: 81, name: b, nodePort: -1}]",
            ["spec.ports[1].nodePort"],
        ),
        ("type: NodePort, ports: [{port: 80, nodePort: 0}]", []),
        ("type: NodePort, ports: [{port: 80, nodePort: 80}]", []),
        ("type: NodePort, ports: [{port: 80, nodePort: 32767}]", []),
    ],
)
def test_a_port_that_no_node_has(spec: str, paths: list[str], program: Path) -> None:
    """The API server refuses it when it allocates it; which of the others it has is the cluster's setting."""
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{selector: {{a: b}}, {spec}}}\n"
    assert [problem.path for problem in problems(text, program)] == paths

"""`helm-nested diff`: what Kubernetes rejects as an update of an object that is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from helm_nested.kubernetes import validation

from .kubernetes_program import needs_program
from .revisions import Repository

PROGRAM = validation.find_program(Path(__file__).resolve().parent.parent.parent)

OBJECTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec: {containers: [{name: main, image: "worker:1"}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "job:1"}]}}}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: main, image: "store:1"}]}
"""
OTHERS = """\
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "migrate:1"}]}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /first}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
REJECTED = {
    "selector": ("app: worker", "app: runner"),
    "one more label of the selector": ("app: worker", 'app: worker, revision: "2"'),
    "job template": ("job:1", "job:2"),
    "priority": ("1000", "2000"),
    "volume claim": ("ReadWriteOnce", "ReadWriteMany"),
    "stateful set": ("serviceName: store", "serviceName: stores"),
}
ACCEPTED = {
    "image": ("worker:1", "worker:2"),
    "hook, which Helm creates anew": ("migrate:1", "migrate:2"),
    "another object": ("name: once", "name: twice"),
    "replicas": ("serviceName: store", "serviceName: store\n  replicas: 2"),
}


@pytest.fixture(params=["with the program", "without it"])
def repository(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The chart with objects of the release, committed."""
    if request.param == "with the program":
        if PROGRAM is None and not validation.is_required():
            pytest.skip("Kubernetes' own validation was not run: `make tools` builds it")
        monkeypatch.setenv(validation.PROGRAM, os.fspath(PROGRAM or "missing"))
    found = Repository(tmp_path / "repository")
    found.write("chart/templates/objects.yaml", OBJECTS + OTHERS)
    found.commit()
    return found


def changes(repository: Repository, old: str, new: str) -> list[dict[str, Any]]:
    """What the command says of that change."""
    repository.change("templates/objects.yaml", old, new)
    said: list[dict[str, Any]] = repository.compared()["changes"]
    return said


@pytest.mark.parametrize("what", REJECTED)
def test_an_immutable_field_is_refused_and_restarts_nothing(what: str, repository: Repository) -> None:
    """A change that Kubernetes rejects as an update is said to be refused, and not to restart pods."""
    said = changes(repository, *REJECTED[what])
    assert any(change["rejected"] for change in said)
    assert not any(change["restarts"] for change in said if change["rejected"])


@pytest.mark.parametrize("what", ACCEPTED)
def test_what_may_change_is_not_refused(what: str, repository: Repository) -> None:
    """A change that Kubernetes takes, and an object under another name, are not said to be refused."""
    assert not any(change["rejected"] for change in changes(repository, *ACCEPTED[what]))


@needs_program
@pytest.mark.parametrize(
    ("old", "new"),
    [("path: /first", "path: /second"), ("scope: Namespaced", "scope: Cluster"), ("{name: v1,", "{name: v2,")],
    ids=["a field that has no such name", "of a definition that is established", "in the status"],
)
@pytest.mark.parametrize("repository", ["with the program"], indirect=True)
def test_what_kubernetes_says_of_another_field_is_told(repository: Repository, old: str, new: str) -> None:
    """A refusal that names no field of the object, such as spec.persistentvolumesource, is one all the same."""
    assert any(change["rejected"] for change in changes(repository, old, new))


@needs_program
@pytest.mark.parametrize("repository", ["with the program"], indirect=True)
def test_a_bound_claim_may_grow(repository: Repository) -> None:
    """A claim that asks for more is not refused, because a claim that is used is bound; one that asks for less is."""
    repository.change("templates/objects.yaml", "requests: {storage: 1Gi}", "requests: {storage: 2Gi}")
    assert not any(change["rejected"] for change in repository.compared()["changes"])
    repository.commit()
    assert any(
        change["rejected"] for change in changes(repository, "requests: {storage: 2Gi}", "requests: {storage: 1Gi}")
    )


SHARED = """\
apiVersion: {version}
kind: {kind}
metadata: {{name: {name}}}
spec:
{selector}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{{policy}containers: [{{name: main, image: "shared:1"}}]}}
"""


def test_one_edit_that_is_refused_in_one_kind_alone_is_two_changes(repository: Repository) -> None:
    """A new image replaces a Deployment's pods and is refused for a Job, wherever it is the same edit."""
    deployment = SHARED.format(
        version="apps/v1", kind="Deployment", name="web", selector="  selector: {matchLabels: {app: web}}", policy=""
    )
    job = SHARED.format(version="batch/v1", kind="Job", name="load", selector="", policy="restartPolicy: Never, ")
    for name, text in (("deployment", deployment), ("job", job)):
        repository.write(f"chart/templates/{name}.yaml", text)
    repository.commit()
    for name, text in (("deployment", deployment), ("job", job)):
        repository.write(f"chart/templates/{name}.yaml", text.replace("shared:1", "shared:2"))
    said = [
        (change["kinds"], change["restarts"], bool(change["rejected"])) for change in repository.compared()["changes"]
    ]
    assert said == [(["Job"], False, True), (["Deployment"], True, False)]


@needs_program
@pytest.mark.parametrize("repository", ["with the program"], indirect=True)
def test_each_object_of_a_file_is_judged(repository: Repository) -> None:
    """Of two ConfigMaps in one file the second may be immutable."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: first}\n"
    repository.write("chart/templates/maps.yaml", f"{text % 'one'}---\n{text % 'two'}immutable: true\n")
    repository.commit()
    repository.change("templates/maps.yaml", "a: first", "a: second")
    assert [bool(change["rejected"]) for change in repository.compared()["changes"]] == [True]


def test_a_refused_update_is_told_first(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """The terminal says REFUSED BY KUBERNETES with the reason before every other change."""
    repository.change("templates/objects.yaml", "value: 1000", "value: 2000")
    repository.change("templates/objects.yaml", "worker:1", "worker:2")
    assert repository.diff() == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("1. REFUSED BY KUBERNETES: ")
    assert "value" in first

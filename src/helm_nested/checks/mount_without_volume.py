"""The check `mount-without-volume`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import map_of, maps_in
from helm_nested.kubernetes.pod_spec import pod_template
from nested_templates.suggestion import did_you_mean


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    template = pod_template(subject.document)
    if template is None:
        return
    names = {volume.get("name") for _, volume in template.volumes() if isinstance(volume.get("name"), str)}
    if subject.document.get("kind") == "StatefulSet":
        claims = map_of(subject.document.get("spec")).get("volumeClaimTemplates")
        names |= {str(map_of(claim.get("metadata")).get("name")) for _, claim in maps_in(claims, "")}
    for path, container in template.containers():
        for key in ("volumeMounts", "volumeDevices"):
            for place, mount in maps_in(container.get(key), f"{path}.{key}"):
                name = mount.get("name")
                if isinstance(name, str) and name not in names:
                    nearest = did_you_mean(name, (each for each in names if isinstance(each, str)))
                    yield Problem(f"{place}.name", f"the pod has no volume {name!r}.", advice=nearest)


CHECK = Check(
    name="mount-without-volume",
    scope="document",
    message="Every mount names a volume of its pod; otherwise Kubernetes rejects the pod.",
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, emptyDir: {}}]
""",
    ),
    failing=(
        """\
# a misspelt name
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      volumeMounts: [{name: date, mountPath: /data}]
  volumes: [{name: data, emptyDir: {}}]
""",
        """\
# in an init container
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  initContainers:
    - name: first
      volumeMounts: [{name: data, mountPath: /data}]
""",
    ),
)

"""The check `volume-without-mount`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import list_of, map_of, maps_in
from helm_nested.kubernetes.pod_spec import pod_template
from nested_templates.suggestion import nearest


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    template = pod_template(subject.document)
    if template is None:
        return
    mounted = {
        str(map_of(mount).get("name"))
        for _, container in template.containers()
        for key in ("volumeMounts", "volumeDevices")
        for mount in list_of(container.get(key))
        if isinstance(map_of(mount).get("name"), str)
    }
    volumes = [(f"{path}.name", volume.get("name")) for path, volume in template.volumes()]
    if subject.document.get("kind") == "StatefulSet":
        claims = map_of(subject.document.get("spec")).get("volumeClaimTemplates")
        volumes += [
            (f"{path}.metadata.name", map_of(claim.get("metadata")).get("name"))
            for path, claim in maps_in(claims, "spec.volumeClaimTemplates")
        ]
    names = {name for _, name in volumes if isinstance(name, str)}
    # What a misspelt mount means is told with the mount, by `mount-without-volume`: one mistake, one finding.
    meant = {nearest(name, names) for name in mounted - names}
    for path, name in volumes:
        if isinstance(name, str) and name not in mounted | meant:
            yield Problem(path, f"no container mounts the volume {name!r}.", advice="Mount it, or remove it.")


CHECK = Check(
    name="volume-without-mount",
    scope="document",
    message=(
        "Every volume is mounted by a container; otherwise something else is wrong, "
        "and the pod still does not start if the source of the volume is missing."
    ),
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  initContainers:
    - name: first
      volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, emptyDir: {}}]
""",
        """\
# the mount's name is misspelt, which is told there
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
    ),
    failing=(
        """\
# a volume that was left over
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
  volumes: [{name: data, emptyDir: {}}]
""",
        """\
# beside a mount of something else that is not there
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      volumeMounts: [{name: settings, mountPath: /etc/app}]
  volumes: [{name: data, emptyDir: {}}]
""",
    ),
)

"""The check `duplicate-object`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import BundleSubject, Check, Problem
from helm_nested.kubernetes.bundle_object import BundleObject, identity


def _run(subject: BundleSubject) -> Iterator[Problem]:
    seen: dict[tuple[str, str, str | None, str], BundleObject] = {}
    for each in subject.objects():
        if seen.setdefault((each.group, each.kind, each.namespace, each.name), each) is not each:
            where = f" in the namespace {each.namespace}" if each.namespace else ""
            yield Problem(
                "metadata.name",
                f"there are two objects {each.kind} {each.name!r}{where}.",
                each.number,
                advice="Rename or remove one.",
            )


CHECK = Check(
    name="duplicate-object",
    scope="bundle",
    message="No two documents are the same object; otherwise the one that is applied last overwrites the first.",
    run=_run,
    view=identity,
    passing=(
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: a
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: b
""",
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
---
apiVersion: v1
kind: Secret
metadata:
  name: settings
""",
    ),
    failing=(
        """\
# the same object twice
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data: {a: c}
""",
        """\
# in two versions of its group
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata:
  name: a
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: a
""",
    ),
)

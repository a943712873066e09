"""The check `hook-order`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from helm_nested.checking.model import BundleSubject, Check, Problem
from helm_nested.kubernetes.bundle_object import BundleObject, identity
from helm_nested.kubernetes.bundle_reference import BundleReference
from helm_nested.kubernetes.document_part import map_of, text_of
from helm_nested.kubernetes.document_reference import Reference
from helm_nested.kubernetes.helm_hook import (
    ANNOTATIONS,
    DELETE_POLICY,
    EARLIER,
    SUCCEEDED,
    HelmHook,
    helm_hook,
    is_kept,
)
from helm_nested.kubernetes.referring_part import referring
from nested_templates.yaml_documents import Document

_DEFINITION = "CustomResourceDefinition"


def _run(subject: BundleSubject) -> Iterator[Problem]:
    hooks = {
        each.number: (each, hook)
        for each in subject.objects()
        # These make their pods when it is time, and not when Helm creates them.
        if (hook := helm_hook(each.document)) is not None
        and each.kind not in ("CronJob", "ScaledJob")
        # Whoever applies a filled document heeds none of Helm's hooks.
        and each.number not in subject.filled
    }
    if not hooks:
        return
    objects: dict[str, list[BundleObject]] = defaultdict(list)
    for each in subject.objects():
        objects[each.kind].append(each)
    told: set[tuple[int, str]] = set()
    for needed in (*subject.references(), *_surroundings(subject, hooks, objects)):
        reference = needed.reference
        if needed.number not in hooks or not reference.path or reference.later:
            continue
        if (needed.number, reference.path) in told:
            continue
        _, hook = hooks[needed.number]
        named = [each for each in objects[reference.kind] if needed.is_to(each)]
        # When a filled object is made, and goes, Helm does not know.
        if not named or subject.filled.intersection(each.number for each in named) or subject.is_elsewhere(needed):
            continue
        told.add((needed.number, reference.path))
        for (reason, advice), events in _reasons(hook, named).items():
            what = f"the {reference.kind} {reference.name!r}"
            message = f"at {', '.join(events)} {what} is not there: {reason}."
            yield Problem(reference.path, message, needed.number, advice)


def _surroundings(
    subject: BundleSubject, hooks: dict[int, tuple[BundleObject, HelmHook]], objects: dict[str, list[BundleObject]]
) -> Iterator[BundleReference]:
    """The namespace that a hook goes to and the definition of its kind, where the bundle brings them."""
    for number, (each, _) in hooks.items():
        # The release's own namespace is there before anything else is.
        if each.namespace is not None and each.namespace != subject.namespace:
            yield BundleReference(number, Reference("metadata.namespace", "Namespace", each.namespace), None)
        for definition in objects[_DEFINITION]:
            spec = map_of(definition.document.get("spec"))
            if (spec.get("group"), map_of(spec.get("names")).get("kind")) == (each.group, each.kind):
                yield BundleReference(number, Reference("kind", _DEFINITION, definition.name), None)


def _reasons(hook: HelmHook, named: Sequence[BundleObject]) -> dict[tuple[str, str], list[str]]:
    """Why none of the objects is there, and what to do, with the hook's events at which that is so."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for event in EARLIER:
        if event in hook.events:
            absent = [reason for each in named if (reason := _absent(hook, event, each)) is not None]
            if len(absent) == len(named):
                reasons.setdefault(absent[0], []).append(event)
    return reasons


def _absent(hook: HelmHook, event: str, needed: BundleObject) -> tuple[str, str] | None:
    """Why Helm has not created the object, or has deleted it, at that event of the hook; None when it is there."""
    other = helm_hook(needed.document)
    lower = f"Make it a {event} hook with a weight below {hook.weight}, or make this hook a later one."
    if other is None:
        if event == "pre-install":
            return "it is not a hook, so Helm creates it only after the hooks", lower
        if event == "post-delete" and not is_kept(needed.document):
            return "Helm has deleted it with the release", "Make this a pre-delete hook."
        return None
    if event in other.events and other.order < hook.order:
        return None
    before = other.events.intersection(EARLIER[event])
    if before and not other.is_deleted:
        return None  # it stays where it was created, because no policy deletes it
    if before:
        return (
            f"Helm deletes it after {', '.join(each for each in EARLIER if each in before)}",
            f"Take {SUCCEEDED} out of its {DELETE_POLICY}, or make it a {event} hook too.",
        )
    if event not in other.events:
        if not other.events:
            return f"Helm skips it, because it does not know the hook {other.written!r}", lower
        return f"it is a hook of {', '.join(each for each in EARLIER if each in other.events)} only", lower
    if other.order == hook.order:
        return None
    if other.weight == hook.weight:
        return f"its weight is {other.weight} too, and of equal weights the names decide", lower
    return f"its weight {other.weight} is above {hook.weight}", lower


def _view(document: Document) -> Document:
    view = identity(document) if helm_hook(document) is None else referring(document)
    annotations = map_of(map_of(document.get("metadata")).get("annotations"))
    view["metadata"]["annotations"] = {key: annotations[key] for key in ANNOTATIONS if key in annotations}
    if text_of(document.get("kind")) == _DEFINITION:
        spec = map_of(document.get("spec"))
        view["spec"] = {"group": spec.get("group"), "names": {"kind": map_of(spec.get("names")).get("kind")}}
    return view


def _example(job: str, account: str, name: str = "migrate") -> str:
    return f"""\
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {job}
spec:
  template:
    spec:
      serviceAccountName: {name}
      containers:
        - name: main
          image: main:1
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  annotations: {account}
"""


CHECK = Check(
    name="hook-order",
    scope="bundle",
    message=(
        "Whatever a Helm hook uses is there when Helm creates the hook; "
        "otherwise its pods do not start, and Helm waits for them until it gives up."
    ),
    run=_run,
    view=_view,
    passing=(
        _example("{helm.sh/hook: pre-install, helm.sh/hook-weight: '1'}", "{helm.sh/hook: pre-install}"),
        "# before an upgrade the release is there\n" + _example("{helm.sh/hook: pre-upgrade}", "{}"),
        "# of equal names the kinds decide: accounts before jobs\n"
        + _example("{helm.sh/hook: pre-install}", "{helm.sh/hook: pre-install}"),
        "# after the install it is still there\n"
        + _example("{helm.sh/hook: 'post-install,post-upgrade'}", "{helm.sh/hook: pre-install}"),
    ),
    failing=(
        "# what is no hook is created after the hooks\n"
        + _example("{helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-weight: '-5'}", "{}"),
        "# a higher weight\n"
        + _example("{helm.sh/hook: pre-install}", "{helm.sh/hook: pre-install, helm.sh/hook-weight: '5'}"),
        "# of equal weights Helm takes the name that comes first, here the job's\n"
        + _example("{helm.sh/hook: pre-install}", "{helm.sh/hook: pre-install}", "worker"),
        "# a hook of another event\n" + _example("{helm.sh/hook: pre-install}", "{helm.sh/hook: post-install}"),
        "# deleted when the first hooks had succeeded\n"
        + _example(
            "{helm.sh/hook: post-install}",
            "{helm.sh/hook: pre-install, helm.sh/hook-delete-policy: hook-succeeded}",
        ),
        "# deleted with the release\n" + _example("{helm.sh/hook: post-delete}", "{}"),
    ),
)

"""The check `helm-annotation`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import map_of
from helm_nested.kubernetes.helm_hook import (
    ANNOTATIONS,
    DELETE_POLICIES,
    DELETE_POLICY,
    EVENTS,
    HOOK,
    OUTPUT_LOG_POLICIES,
    OUTPUT_LOG_POLICY,
    RESOURCE_POLICY,
    WEIGHT,
    weight_of,
    words_of,
)
from nested_templates.document_path import step
from nested_templates.suggestion import did_you_mean

_PREFIX = "helm.sh/"
_KEYS = (*ANNOTATIONS, OUTPUT_LOG_POLICY)
_LIKE = 0.88
_DELETED = "so it deletes the object with the release"
# Only people read "delete", or nothing: it is what Helm does anyway.
_RESOURCE_POLICIES = ("keep", "delete", "")


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    annotations = map_of(map_of(subject.document.get("metadata")).get("annotations"))
    yield from _misspelt(annotations)
    policy = annotations.get(RESOURCE_POLICY)
    if isinstance(policy, str):  # Helm takes no list here
        yield from _unknown(RESOURCE_POLICY, [policy.strip().lower()], _RESOURCE_POLICIES, _DELETED)
    if not isinstance(annotations.get(HOOK), str):
        return
    for key, known, outcome in (
        (HOOK, EVENTS, "so it skips the object and never creates it"),
        (DELETE_POLICY, DELETE_POLICIES, "so it does not delete the hook for it"),
        (OUTPUT_LOG_POLICY, OUTPUT_LOG_POLICIES, "so it does not print the hook's log for it"),
    ):
        yield from _unknown(key, words_of(annotations.get(key)), known, outcome)
    weight = annotations.get(WEIGHT)
    if isinstance(weight, str) and weight_of(weight) is None:
        message = f"{weight!r} is not a whole number, so Helm reads it as 0"
        yield Problem(step("metadata.annotations", WEIGHT), message)


def _misspelt(annotations: dict[object, object]) -> Iterator[Problem]:
    """Keys that are almost one that Helm reads; others are for programs that Helm knows nothing of."""
    for key in annotations:
        if isinstance(key, str) and key not in _KEYS and key.lower().startswith(_PREFIX):
            near = get_close_matches(key.lower(), _KEYS, n=1, cutoff=_LIKE)
            if near:
                yield Problem(
                    step("metadata.annotations", key),
                    f"Helm does not read the annotation {key!r}.",
                    advice=f"Did you mean {near[0]!r}?",
                )


def _unknown(key: str, words: Sequence[str], known: Sequence[str], outcome: str) -> Iterator[Problem]:
    for word in words:
        if word not in known:
            yield Problem(
                step("metadata.annotations", key),
                f"Helm does not know {word!r}, {outcome}.",
                advice=did_you_mean(word, [each for each in known if each]),
            )


def _example(annotations: str) -> str:
    return f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  annotations: {annotations}
"""


CHECK = Check(
    name="helm-annotation",
    scope="document",
    message=(
        "Annotations that Helm reads hold words that it knows; otherwise it never creates the object, or it keeps or "
        "deletes it at the wrong time."
    ),
    run=_run,
    passing=(
        _example(
            "{helm.sh/hook: 'pre-install, Post-Upgrade', helm.sh/hook-weight: '-5', "
            "helm.sh/hook-delete-policy: 'before-hook-creation,hook-succeeded'}"
        ),
        _example("{helm.sh/resource-policy: keep}"),
        _example("{helm.sh/resource-policy: ''}"),
    ),
    failing=(
        "# misspelt\n" + _example("{helm.sh/hook: 'pre-install,post-instal'}"),
        "# no event at all\n" + _example("{helm.sh/hook: ''}"),
        "# no number\n" + _example("{helm.sh/hook: pre-install, helm.sh/hook-weight: first}"),
        "# the hook stays, and the next install finds it there\n"
        + _example("{helm.sh/hook: pre-install, helm.sh/hook-delete-policy: hook-succeded}"),
        "# it is not kept\n" + _example("{helm.sh/resource-policy: kept}"),
    ),
)

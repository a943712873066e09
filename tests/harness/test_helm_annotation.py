"""The check `helm-annotation`: names and words that Helm takes for none of its own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from helm_nested.checks import Claims, DocumentSubject

from .every_check import CHECKS

HOOK = {"helm.sh/hook": "test"}


def found(annotations: Mapping[str, object]) -> list[str]:
    """The message and the advice of each problem of an object with these annotations."""
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": annotations}}
    problems = CHECKS["helm-annotation"].run(DocumentSubject(document, Claims()))
    return [f"{problem.message} {problem.advice}" for problem in problems]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("helm.sh/hooks", "helm.sh/hook"),
        ("helm.sh/Hook", "helm.sh/hook"),
        ("helm.sh/hook_weight", "helm.sh/hook-weight"),
        ("helm.sh/hook-delete-policies", "helm.sh/hook-delete-policy"),
        ("Helm.sh/resource-policy", "helm.sh/resource-policy"),
    ],
)
def test_a_misspelt_annotation_is_told_with_the_one_that_is_meant(key: str, meant: str) -> None:
    """Helm passes over it, so the object is no hook, or is deleted."""
    assert found({key: "keep"}) == [f"Helm does not read the annotation {key!r}. Did you mean {meant!r}?"]


@pytest.mark.parametrize("key", ["helm.sh/chart", "helm.sh/hook-ttl", "helm.sh/images", "example.com/hooks", "hooks"])
def test_an_annotation_of_another_program_is_left_alone(key: str) -> None:
    """What is not almost a name that Helm reads may be anybody's."""
    assert found({key: "keep"}) == []


@pytest.mark.parametrize("policy", ["keep,delete", "keep,", "keep;"])
def test_a_resource_policy_is_one_word(policy: str) -> None:
    """Of a list Helm keeps nothing."""
    (told,) = found({"helm.sh/resource-policy": policy})
    assert told.startswith(f"Helm does not know {policy!r}, so it deletes the object with the release.")


@pytest.mark.parametrize("policy", ["keep", " Keep ", "delete", ""])
def test_resource_policies_that_helm_reads(policy: str) -> None:
    """Capitals and blanks around the word make no difference."""
    assert found({"helm.sh/resource-policy": policy}) == []


def test_a_word_that_the_policy_of_logs_does_not_know() -> None:
    """Helm prints nothing for it."""
    (told,) = found(HOOK | {"helm.sh/hook-output-log-policy": "hook-succeeded, hook-faild"})
    assert (
        told
        == "Helm does not know 'hook-faild', so it does not print the hook's log for it. Did you mean 'hook-failed'?"
    )


def test_both_words_of_the_policy_of_logs() -> None:
    """As a list."""
    assert found(HOOK | {"helm.sh/hook-output-log-policy": "hook-succeeded,hook-failed"}) == []

"""What a problem is does not depend on what merely stands around it."""

from __future__ import annotations

import re

import pytest

from helm_nested.checking.example import example_problems

from .every_check import CHECKS


@pytest.mark.parametrize("name", CHECKS)
def test_advice_is_no_part_of_a_problem(name: str) -> None:
    """What to do, and which names are known, stands in the advice; the message says only what is wrong."""
    for text in CHECKS[name].failing:
        for problem in example_problems(CHECKS[name], text):
            assert not re.search(
                r"Did you mean|Known:|[.;] (Write|Use|Keep|Remove|Rename|Mount|Select|Leave)", problem.message
            )
            assert not problem.advice or (problem.message.endswith(".") and problem.advice.endswith((".", "?")))


def test_a_missing_volume_is_one_problem_whatever_volumes_there_are() -> None:
    """The message is the same in every pod; the advice names the volumes of that pod."""
    pod = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers: [{name: main, volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: %s, emptyDir: {}}]
"""
    (misspelt,) = example_problems(CHECKS["mount-without-volume"], pod % "date")
    (unlike,) = example_problems(CHECKS["mount-without-volume"], pod % "scratch")
    assert misspelt.message == unlike.message == "the pod has no volume 'data'."
    assert (misspelt.advice, unlike.advice) == ("Did you mean 'date'?", "Known: scratch.")


def test_a_missing_key_is_one_problem_whatever_keys_there_are() -> None:
    """The message is the same for every ConfigMap of that name; the advice names its keys."""
    bundle = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: workers}
data: {%s: "1"}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: workers}
spec:
  containers:
    - name: main
      env: [{name: PORT, valueFrom: {configMapKeyRef: {name: settings, key: port}}}]
"""
    (misspelt,) = example_problems(CHECKS["reference"], bundle % "prot")
    (unlike,) = example_problems(CHECKS["reference"], bundle % "host-name")
    assert misspelt.message == unlike.message == "the ConfigMap 'settings' has no key 'port'."
    assert (misspelt.advice, unlike.advice) == ("Did you mean 'prot'?", "Known: host-name.")


def test_an_unfilled_placeholder_is_one_problem_whatever_stands_around_it() -> None:
    """The message names the placeholder; the value that holds it is in the advice."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s-${OWNER}\n"
    (one,) = example_problems(CHECKS["unfilled-placeholder"], pod % "one")
    (two,) = example_problems(CHECKS["unfilled-placeholder"], pod % "two")
    assert one.message == two.message == "the value still holds ${OWNER}, which nothing filled."
    assert (one.advice, two.advice) == ("The value is 'one-${OWNER}'.", "The value is 'two-${OWNER}'.")


def test_a_variable_set_twice_is_one_problem_wherever_it_is_set_first() -> None:
    """The message names the variable; the place of the first one is in the advice."""
    pod = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers: [{name: main, env: [%s{name: A, value: "1"}, {name: A, value: "2"}]}]
"""
    (first,) = example_problems(CHECKS["duplicate-env"], pod % "")
    (later,) = example_problems(CHECKS["duplicate-env"], pod % "{name: B, value: b}, ")
    assert first.message == later.message == "A is set twice."
    assert first.advice == "It is first set at spec.containers[0].env[0]. Remove one."
    assert later.advice == "It is first set at spec.containers[0].env[1]. Remove one."

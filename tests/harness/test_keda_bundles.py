"""KEDA's objects beside others: what they scale, what is named like what KEDA makes, and the pods of a ScaledJob."""

from __future__ import annotations

import pytest
import yaml

from helm_nested.checks import BundleSubject, Claims, DocumentSubject

from .every_check import CHECKS

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
STATEFUL_SET = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\n"
TRANSFER = "annotations: {scaledobject.keda.sh/transfer-hpa-ownership: 'true'}"


def scaled(name: str = "a", target: str = "name: web", own: str = "", metadata: str = "") -> str:
    """A ScaledObject with a name of its own for its autoscaler, if one is given."""
    advanced = f"advanced: {{horizontalPodAutoscalerConfig: {{name: {own}}}}}" if own else "pollingInterval: 5"
    return (
        f"apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {{name: {name}, {metadata}}}\n"
        f"spec: {{scaleTargetRef: {{{target}}}, {advanced}}}\n"
    )


def autoscaler(name: str) -> str:
    """A HorizontalPodAutoscaler of something else."""
    return (
        f"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\n"
        "spec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: other}}\n"
    )


def told(check: str, *documents: str) -> list[str]:
    """What the check says of the bundle, as its view has the documents."""
    view = CHECKS[check].view
    bundle = BundleSubject([view(yaml.safe_load(each)) for each in documents], Claims(), "workers")
    return [problem.message for problem in CHECKS[check].run(bundle)]


def test_a_target_without_an_api_version_is_of_apps() -> None:
    """KEDA supposes apps/v1, whatever the kind is."""
    assert told("reference", STATEFUL_SET, scaled(target="name: web, kind: StatefulSet")) == []


def test_a_target_of_another_api_version_is_told_with_the_right_one() -> None:
    """It is not said to be in another namespace."""
    wrong = autoscaler("a").replace("other", "web").replace("apps/v1", "v1")
    assert told("reference", DEPLOYMENT, wrong) == [
        "the Deployment 'web' is of apps/v1, and another apiVersion is written here."
    ]


@pytest.mark.parametrize(
    ("documents", "times"),
    [
        ([scaled("a", own="same"), scaled("b", target="name: other", own="same")], 1),
        ([scaled("a"), scaled("b", target="name: other", own="keda-hpa-a")], 1),
        ([scaled("a"), autoscaler("keda-hpa-a")], 1),
        ([scaled("a", own="web"), autoscaler("web")], 1),
        ([scaled("a", own="web", metadata=TRANSFER), autoscaler("web")], 0),
        ([scaled("a"), scaled("b", target="name: other")], 0),
        ([scaled("a"), autoscaler("a")], 0),
        ([scaled("a", own="web"), autoscaler("web").replace("name: web}", "name: web, namespace: there}")], 0),
    ],
)
def test_two_things_that_lead_to_one_autoscaler(documents: list[str], times: int) -> None:
    """KEDA refuses the second ScaledObject, and takes what is there over without being told to."""
    assert len(told("duplicate-object", *documents)) == times


@pytest.mark.parametrize("name", ["Upper", "a_b", "a" * 64])
def test_the_name_of_the_autoscaler_that_keda_makes(name: str) -> None:
    """Kubernetes, or KEDA itself, refuses such a name, so nothing scales."""
    document = yaml.safe_load(scaled(own=name))
    problems = list(CHECKS["name-syntax"].run(DocumentSubject(document, Claims())))
    assert [problem.path for problem in problems] == ["spec.advanced.horizontalPodAutoscalerConfig.name"]


SCALED_JOB = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledJob
metadata: {name: a}
spec:
  triggers: [{type: temporal, authenticationRef: {name: gone}}]
  jobTargetRef:
    template:
      spec:
        containers:
          - name: main
            image: "a b"
            volumeMounts: [{name: nowhere, mountPath: /x}]
            envFrom: [{secretRef: {name: gone}}]
"""


@pytest.mark.parametrize("check", ["image-syntax", "mount-without-volume", "pod-security"])
def test_the_pods_of_a_scaled_job_are_checked(check: str) -> None:
    """As those of a Job: no definition of KEDA's says anything of them."""
    problems = list(CHECKS[check].run(DocumentSubject(yaml.safe_load(SCALED_JOB), Claims(), "restricted")))
    assert problems
    assert all(problem.path.startswith("spec.jobTargetRef.template.") for problem in problems)


def test_what_a_scaled_job_refers_to() -> None:
    """What its pods need, and the authentication of its triggers."""
    assert sorted(message.split(",")[0] for message in told("reference", SCALED_JOB)) == [
        "nothing brings the Secret 'gone'",
        "nothing brings the TriggerAuthentication 'gone'",
    ]

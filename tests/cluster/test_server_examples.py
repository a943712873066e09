"""Promise 2, the examples: what a check calls wrong, a server refuses or warns of, where a server can judge it."""

from __future__ import annotations

import pytest

from helm_nested.check_registry import load_checks
from local_cluster.api import Api
from local_cluster.cluster import Cluster
from nested_templates.yaml_documents import CONSUMER_READER, parse_documents

from .server_verdict import Verdict, created
from .whole_object import prepare, whole

NAMESPACE, RESTRICTED, PLAIN = "examples", "examples-restricted", "examples-as-they-are"
# Their examples lack nothing but what they are about.
WHOLE = {"kubernetes-schema", "kubernetes-validation"}
# Checks of documents whose subject is not the API server's, and who it is that notices.
OF_OTHERS = {
    "custom-schema": "its examples are of a kind that is served nowhere",
    "helm-annotation": "Helm reads it",
    "image-syntax": "the container runtime reads it",
    "scientific-notation": "the program in the container reads it",
    "unknown-port-name": "the kubelet looks for the port",
    "variable-order": "the kubelet puts it in",
    "volume-without-mount": "nobody does: the volume is there in vain",
}
# Single examples that the server takes, by the comment that they begin with, and who notices.
OPERATOR = "KEDA's operator, when it makes the autoscaler"
TAKEN = {
    ("autoscaler-behavior", "more than an hour"): OPERATOR,
    ("autoscaler-behavior", "an unknown type"): OPERATOR,
    ("autoscaler-behavior", "selectPolicy in lower case"): OPERATOR,
    ("keda-scaled-object", "no replica uses a processor"): "nobody: there is no worker that could use one",
    ("keda-scaled-object", "a queue has no utilization"): OPERATOR,
    ("keda-scaled-object", "a cpu trigger without a metric type"): OPERATOR,
    ("keda-scaled-object", "no number of replicas"): "KEDA's operator, at every poll",
    ("deprecated-api", "an old name of a field"): "nobody: the server copies it to the new name",
    ("deprecated-api", "a mode with another name"): "the vertical autoscaler's log",
    ("kubernetes-schema", "a field that only some versions know"): "servers before 1.34",
    ("kubernetes-schema", "a date, where Kubernetes knows only texts"): "PyYAML: what it reads cannot be sent as JSON",
    ("label-syntax", "nothing"): "nobody: the server takes nothing for an empty text",
    ("label-syntax", "a key that is a number"): "nobody: a key of JSON is a text",
    ("name-syntax", "a Service that starts with a digit"): "servers before 1.36",
    ("vertical-autoscaler-bounds", "the least is above the most"): "the vertical autoscaler's recommender",
    ("vertical-autoscaler-bounds", "the same container twice"): "the vertical autoscaler's recommender",
    ("vertical-autoscaler-bounds", "no container"): "the vertical autoscaler's recommender",
}
CHECKS = {check.name: check for check in load_checks() if check.scope == "document" and check.name not in OF_OTHERS}


def title(text: str) -> str:
    """The comment that an example begins with."""
    return text.splitlines()[0].removeprefix("# ")


FAILING = [(name, text) for name, check in CHECKS.items() for text in check.failing]
PASSING = [(name, text) for name, check in CHECKS.items() for text in check.passing]


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Api:
    """The server, with the namespaces of the examples and what these refer to."""
    for namespace, level in ((NAMESPACE, ""), (RESTRICTED, "restricted"), ("workers", ""), (PLAIN, "")):
        cluster.plane.namespace(namespace, pod_security=level)
    prepare(cluster.plane.api, NAMESPACE)
    return cluster.plane.api


def verdict(api: Api, name: str, text: str) -> Verdict:
    """What the server says of an example: of its text if that is whole or has keys twice, else of the whole object."""
    namespace = RESTRICTED if name == "pod-security" else NAMESPACE
    parsed = parse_documents(text, name, CONSUMER_READER)
    [document] = parsed.documents
    if name in WHOLE or parsed.duplicate_keys[0]:
        return created(api, text, document, PLAIN)
    return created(api, whole(document, named=name != "name-syntax"), document, namespace)


@pytest.mark.parametrize(("name", "text"), PASSING, ids=lambda value: title(value)[:40])
def test_the_server_takes_what_a_check_calls_right(api: Api, name: str, text: str) -> None:
    """So that a refusal of the next test is for the reason that the check has."""
    said = verdict(api, name, text)
    assert said == Verdict(accepted=True, warned=False), said.words


@pytest.mark.parametrize(("name", "text"), FAILING, ids=lambda value: title(value)[:40])
def test_the_server_refuses_what_a_check_calls_wrong(api: Api, name: str, text: str) -> None:
    """Or warns of it; where it takes the example, somebody else is known to notice."""
    said = verdict(api, name, text)
    is_taken = said == Verdict(accepted=True, warned=False)
    assert is_taken == ((name, title(text)) in TAKEN), said.words


def test_every_exception_is_of_an_example(api: Api) -> None:
    """A check or an example that is gone leaves the lists above."""
    checks = {check.name for check in load_checks() if check.scope == "document"}
    assert set(OF_OTHERS) <= checks
    assert set(TAKEN) <= {(name, title(text)) for name, text in FAILING}

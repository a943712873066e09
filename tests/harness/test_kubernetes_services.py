"""A Service is judged with what the API server gives it before it asks: an address, and a port for health checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_nested.kubernetes import validation
from nested_templates.yaml_documents import Document

from .kubernetes_program import document, needs_program


def service(more: str = "") -> Document:
    """A Service with these fields besides its selector and port."""
    return document(f"""\
apiVersion: v1
kind: Service
metadata: {{name: a}}
spec: {{selector: {{app: a}}, ports: [{{port: 80}}]{more and ", "}{more}}}
""")


HEADLESS = service("clusterIP: None")
TWO_FAMILIES = "ipFamilies: [IPv4, IPv6]"


@needs_program
@pytest.mark.parametrize(
    "accepted",
    [
        HEADLESS,
        service("clusterIP: 10.0.0.1"),
        service("type: LoadBalancer, externalTrafficPolicy: Local"),
        service(f"{TWO_FAMILIES}, ipFamilyPolicy: PreferDualStack"),
    ],
    ids=["headless", "an address of its own", "local traffic", "two families"],
)
def test_what_the_server_completes_is_accepted(accepted: Document, program: Path) -> None:
    """What may be left out of a Service may be left out, whatever else it has."""
    answer = validation.judged(program, accepted)
    assert answer.known
    assert answer.faults == ()


@needs_program
def test_two_families_need_a_policy(program: Path) -> None:
    """Two families of addresses are rejected where the policy allows one, as no policy does."""
    assert [each.field for each in validation.judged(program, service(TWO_FAMILIES)).faults] == ["spec.ipFamilyPolicy"]


@needs_program
@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (service(), HEADLESS, ["spec.clusterIPs[0]"]),
        (service("clusterIP: 10.0.0.1"), service("clusterIP: 10.0.0.2"), ["spec.clusterIPs[0]"]),
        (HEADLESS, service(), []),
        (service(), service("type: NodePort"), []),
        (service("type: ExternalName, externalName: a.example"), HEADLESS, []),
        (
            service("type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31000"),
            service("type: LoadBalancer, externalTrafficPolicy: Local"),
            [],
        ),
        (
            service("type: LoadBalancer, externalTrafficPolicy: Local"),
            service("type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31000"),
            ["spec.healthCheckNodePort"],
        ),
    ],
    ids=[
        "made headless",
        "another address",
        "left out",
        "another type",
        "from a name",
        "port left out",
        "another port",
    ],
)
def test_an_update_meets_what_the_server_gave(
    before: Document, after: Document, fields: list[str], program: Path
) -> None:
    """The address that a Service was given may not change, be it that no manifest ever named it."""
    assert [each.field for each in validation.judged_update(program, before, after).faults] == fields

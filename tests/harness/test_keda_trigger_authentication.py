"""The check `keda-trigger-authentication`: what KEDA refuses of ways to sign in."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checks import Claims, DocumentSubject

CHECK = next(check for check in load_checks() if check.name == "keda-trigger-authentication")
SECRET = {"valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}
PRINCIPAL = {"tenantId": "t", "clientId": "c", "clientSecret": SECRET}
TOKEN = {"type": "clientCredentials", "clientId": "c"}


def found(kind: str = "TriggerAuthentication", **spec: Any) -> list[str]:
    """The path of each problem."""
    document = {"apiVersion": "keda.sh/v1alpha1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    return [problem.path.removeprefix("spec.") for problem in CHECK.run(DocumentSubject(document, Claims()))]


@pytest.mark.parametrize("kind", ["TriggerAuthentication", "ClusterTriggerAuthentication"])
@pytest.mark.parametrize(
    ("identity", "paths"),
    [
        ({"provider": "aws", "externalID": "e"}, [".externalID"]),
        ({"provider": "aws", "externalID": "e", "roleArn": "r"}, []),
        ({"provider": "aws", "roleArn": "r", "identityOwner": "workload"}, [".roleArn"]),
        ({"provider": "aws", "roleArn": "r", "identityOwner": "keda"}, []),
        ({"provider": "azure-workload", "identityId": ""}, [".identityId"]),
        ({"provider": "azure-workload", "identityTenantId": ""}, [".identityTenantId"]),
        ({"provider": "azure-workload", "identityAuthorityHost": "h"}, [""]),
        ({"provider": "azure-workload", "identityAuthorityHost": "h", "identityTenantId": ""}, [".identityTenantId"]),
        ({"provider": "azure-workload", "identityAuthorityHost": "", "identityId": "i"}, []),
        ({"provider": "gcp", "externalID": "e"}, []),
        (None, []),
    ],
)
def test_an_identity_of_pods(kind: str, identity: Any, paths: list[str]) -> None:
    """Both kinds have the same rules."""
    assert found(kind, podIdentity=identity) == [f"podIdentity{path}" for path in paths]


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://login.example.com/token", True),
        ("HTTP://login.example.com:80?a=b", True),
        ("login.example.com/token", False),
        ("ftp://login.example.com", False),
        ("https:///token", False),
        ("https://", False),
        ("https://login.example.com/to ken", False),
        ("", False),
    ],
)
def test_an_address_of_tokens(url: str, is_taken: bool) -> None:
    """It is one of http or https, with a host."""
    assert found(oauth2=TOKEN | {"tokenUrl": url}) == ([] if is_taken else ["oauth2.tokenUrl"])


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"tenantId": "", "clientId": ""}, [".tenantId", ".clientId"]),
        ({"clientCertificate": SECRET}, [""]),
        ({"clientSecret": None}, [""]),
        ({"clientCertificatePassword": SECRET}, [".clientCertificatePassword"]),
        ({"cloud": "private"}, [""]),
        ({"cloud": "Private", "activeDirectoryEndpoint": "https://a"}, []),
        ({"activeDirectoryEndpoint": "https://a"}, [".activeDirectoryEndpoint"]),
    ],
)
def test_a_service_principal(changes: dict[str, Any], paths: list[str]) -> None:
    """One secret or certificate, and an address of its own for a private cloud alone."""
    given = {key: value for key, value in (PRINCIPAL | changes).items() if value is not None}
    assert found(azureServicePrincipal=given) == [f"azureServicePrincipal{path}" for path in paths]

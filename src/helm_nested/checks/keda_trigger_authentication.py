"""The check `keda-trigger-authentication`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import map_of, text_of

_KINDS = ("TriggerAuthentication", "ClusterTriggerAuthentication")
_TOKEN_URL = re.compile(r"https?://[^/?#\s]+[^\s\x00-\x1f\x7f]*", re.ASCII | re.IGNORECASE)


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    """Judges as KEDA's webhook does; what is missing altogether, its schema tells.

    https://github.com/kedacore/keda/blob/v2.21.0/apis/keda/v1alpha1/triggerauthentication_webhook.go
    """
    document = subject.document
    if document.get("kind") not in _KINDS or document.get("apiVersion") != "keda.sh/v1alpha1":
        return
    spec = map_of(document.get("spec"))
    yield from _service_principal(map_of(spec.get("azureServicePrincipal")), "spec.azureServicePrincipal")
    identity = map_of(spec.get("podIdentity"))
    if identity.get("provider") == "azure-workload":
        yield from _azure_workload(identity, "spec.podIdentity")
    elif identity.get("provider") == "aws":
        yield from _aws(identity, "spec.podIdentity")
    yield from _oauth2(map_of(spec.get("oauth2")), "spec.oauth2")


def _azure_workload(identity: dict[Any, Any], path: str) -> Iterator[Problem]:
    if identity.get("identityId") == "":
        yield Problem(f"{path}.identityId", "it is empty.", advice="Write the id, or leave it out.")
    tenant = identity.get("identityTenantId")
    if text_of(identity.get("identityAuthorityHost")) and tenant in (None, ""):
        yield Problem(
            f"{path}.identityTenantId" if tenant == "" else path,
            "identityAuthorityHost needs identityTenantId beside it",
        )
    elif tenant == "":
        yield Problem(f"{path}.identityTenantId", "it is empty.", advice="Write the tenant's id, or leave it out.")


def _aws(identity: dict[Any, Any], path: str) -> Iterator[Problem]:
    role = text_of(identity.get("roleArn"))
    if role and identity.get("identityOwner") == "workload":
        yield Problem(
            f"{path}.roleArn",
            "the workload owns the identity, so KEDA takes no role of its own.",
            advice="Leave out roleArn, or identityOwner.",
        )
    if text_of(identity.get("externalID")) and not role:
        yield Problem(f"{path}.externalID", "externalID needs roleArn beside it")


def _oauth2(oauth2: dict[Any, Any], path: str) -> Iterator[Problem]:
    if oauth2.get("clientId") == "":
        yield Problem(f"{path}.clientId", "it is empty.", advice="Write the client's id.")
    url = oauth2.get("tokenUrl")
    if isinstance(url, str) and not _TOKEN_URL.fullmatch(url):
        message = f"{url!r} is not an http or https URL." if url else "it is empty."
        yield Problem(f"{path}.tokenUrl", message, advice="Write it like https://login.example.com/token.")


def _service_principal(principal: dict[Any, Any], path: str) -> Iterator[Problem]:
    for key in ("tenantId", "clientId"):
        if principal.get(key) == "":
            yield Problem(f"{path}.{key}", "it is empty.", advice="Write the id.")
    if not principal:
        return
    secret, certificate, password = (
        principal.get(key) is not None for key in ("clientSecret", "clientCertificate", "clientCertificatePassword")
    )
    if secret and certificate:
        yield Problem(path, "clientSecret and clientCertificate exclude each other.", advice="Leave one out.")
    if not secret and not certificate:
        yield Problem(path, "it has neither clientSecret nor clientCertificate.", advice="Write one of them.")
    if password and not certificate:
        yield Problem(f"{path}.clientCertificatePassword", "clientCertificatePassword needs clientCertificate")
    is_private = str(principal.get("cloud") or "").lower() == "private"
    has_endpoint = bool(text_of(principal.get("activeDirectoryEndpoint")))
    if is_private and not has_endpoint:
        yield Problem(path, "the cloud Private needs activeDirectoryEndpoint")
    if has_endpoint and not is_private:
        yield Problem(
            f"{path}.activeDirectoryEndpoint",
            "activeDirectoryEndpoint is for the cloud Private alone.",
            advice="Leave it out, or write cloud: Private.",
        )


CHECK = Check(
    name="keda-trigger-authentication",
    scope="document",
    message=(
        "A TriggerAuthentication or ClusterTriggerAuthentication follows the rules of KEDA that its schema cannot "
        "express; otherwise KEDA rejects it, or no trigger can sign in."
    ),
    run=_run,
    passing=(
        """\
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec:
  podIdentity: {provider: aws, roleArn: "arn:aws:iam::1:role/a", externalID: b}
  secretTargetRef: [{parameter: apiKey, name: a, key: key}]
""",
        """\
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: a}
spec:
  podIdentity: {provider: azure-workload, identityAuthorityHost: login.example.com, identityTenantId: t}
  oauth2: {type: clientCredentials, clientId: a, tokenUrl: "https://login.example.com/token"}
""",
        """\
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec:
  azureServicePrincipal:
    tenantId: t
    clientId: c
    cloud: Private
    activeDirectoryEndpoint: https://login.example.com
    clientSecret: {valueFrom: {secretKeyRef: {name: a, key: b}}}
""",
    ),
    failing=(
        """\
# an external id of no role
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec:
  podIdentity: {provider: aws, externalID: b}
""",
        """\
# a role, though the workload's own is meant
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec:
  podIdentity: {provider: aws, roleArn: "arn:aws:iam::1:role/a", identityOwner: workload}
""",
        """\
# an empty id
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec:
  podIdentity: {provider: azure-workload, identityId: ""}
""",
        """\
# no tenant
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: a}
spec:
  podIdentity: {provider: azure-workload, identityAuthorityHost: login.example.com}
""",
        """\
# an address without a scheme
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec:
  oauth2: {type: clientCredentials, clientId: a, tokenUrl: login.example.com/token}
""",
        """\
# nothing to sign in with
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec:
  azureServicePrincipal: {tenantId: t, clientId: c}
""",
    ),
)

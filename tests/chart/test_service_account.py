"""Service account: whose rights a worker has, and whether it carries a token of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helm_nested.pytest_plugin import over

from .bundle import render
from .names import account_name
from .worker import pod

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]


@over(kind="Deployment", stage="filled", choices={"service-account": "default", "names": "default"})
def test_account_is_llm_engines(document: Document) -> None:
    """By default workers have llm-engine's service account, and no token of it is mounted."""
    assert pod(document)["serviceAccountName"] == "model-engine"
    assert pod(document)["automountServiceAccountToken"] is False


@over(kind="Deployment", stage="filled")
def test_account_is_honoured(document: Document, values: Document) -> None:
    """The account is `temporal.serviceAccount.name`, else llm-engine's value for it, else llm-engine's full name.

    A name of digits stays text.
    """
    assert pod(document)["serviceAccountName"] == account_name(values)


def test_own_name_of_the_account_goes_first() -> None:
    """With both names set, workers and the installed account have `temporal.serviceAccount.name`."""
    account = {"create": True, "name": "own"}
    bundle = render({"serviceTemplate": {"serviceAccountName": "theirs"}, "temporal": {"serviceAccount": account}})
    assert bundle.pod("gpu")["serviceAccountName"] == "own"
    assert bundle.one("ServiceAccount")["metadata"]["name"] == "own"


@over(kind="Deployment", stage="filled")
def test_token_is_honoured(document: Document, values: Document) -> None:
    """`automountServiceAccountToken` arrives as it is, false included, and null leaves it to Kubernetes."""
    assert pod(document).get("automountServiceAccountToken") is values["temporal.automountServiceAccountToken"]

"""What is wrong with a kubeconfig, or with the credentials that it names, is one message and no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from temporal_endpoints.errors import RecordsError, SettingsError
from temporal_endpoints.kubernetes.client import UnreachableError
from temporal_endpoints.kubernetes.configuration import configured
from temporal_endpoints.kubernetes.token_review import reviewing
from temporal_endpoints.records.model import ObjectKey

from .api_server import ApiServer, client
from .recorded import NAMESPACE

CONFIG_MAP = ObjectKey("v1", "ConfigMap", NAMESPACE, "temporal-endpoints-service-template-config")
VERSION = "client.authentication.k8s.io/"
MISTAKES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "authority that has moved": ({"certificate-authority": "/absent/ca.crt"}, {}, "No such file or directory"),
    "authority that is none": ({"certificate-authority": __file__}, {}, "cannot be used: "),
    "certificate that is none": (
        {},
        {"client-certificate": __file__, "client-key": __file__},
        "a certificate or a key that the Kubernetes configuration names cannot be used",
    ),
    "address that is none": (
        {"server": "http://[::1"},
        {},
        "the Kubernetes configuration cannot be used: Invalid port",
    ),
    "old provider": ({}, {"auth-provider": {"name": "gcp"}}, "auth-provider not supported"),
}
CREDENTIALS: dict[str, tuple[dict[str, Any], str]] = {
    "absent command": ({"exec": {"apiVersion": f"{VERSION}v1beta1", "command": "/absent/login"}}, "/absent/login"),
    "login that is over": (
        {"exec": {"apiVersion": f"{VERSION}v1", "command": "false"}},
        "Exec false returned 1. Sign in",
    ),
    "no JSON": ({"exec": {"apiVersion": f"{VERSION}v1", "command": "echo", "args": ["hidden"]}}, "no ExecCredential"),
    "no token": ({"exec": {"apiVersion": f"{VERSION}v1", "command": "echo", "args": ["{}"]}}, "no ExecCredential"),
    "old version": ({"exec": {"apiVersion": f"{VERSION}v1alpha9", "command": "true"}}, "v1alpha9 not implemented"),
    "absent file": ({"tokenFile": "/absent/token"}, "Token file /absent/token not found"),
    "line break": ({"token": "hidden\nhidden"}, "a line break in a token"),
}


def written(folder: Path, cluster: dict[str, Any], user: dict[str, Any] | None) -> Path:
    """A kubeconfig of one cluster and one user."""
    context = {"cluster": "here", "namespace": NAMESPACE} | ({} if user is None else {"user": "me"})
    configuration = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": context}],
        "clusters": [{"name": "here", "cluster": {"server": "http://127.0.0.1:1", **cluster}}],
        "users": [] if user is None else [{"name": "me", "user": user}],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return file


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_a_kubeconfig_is_one_message(mistake: str, tmp_path: Path) -> None:
    """At the start, and not a traceback."""
    cluster, user, said = MISTAKES[mistake]
    with pytest.raises(SettingsError) as caught:
        configured(written(tmp_path, cluster, user))
    assert (said in str(caught.value), "hidden" in str(caught.value)) == (True, False)
    assert "Correct the kubeconfig" in str(caught.value)


@pytest.mark.parametrize("name", ["cluster", "user"])
def test_context_that_names_nothing_is_told_with_the_name(name: str, tmp_path: Path) -> None:
    """As a renamed cluster leaves it."""
    file = written(tmp_path, {}, {})
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f"    {name}: ", f"    {name}: not-", 1), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"'not-(here|me)', and there is none of that name"):
        configured(file)


@pytest.mark.parametrize("mistake", CREDENTIALS)
def test_credentials_that_cannot_be_had_are_as_a_server_that_is_silent(
    mistake: str, api: tuple[ApiServer, str], tmp_path: Path
) -> None:
    """They may be there later: somebody signs in again. It is told why, and nothing of a token."""
    user, said = CREDENTIALS[mistake]
    kubernetes = configured(written(tmp_path, {"server": api[1]}, user))
    for ask in (lambda: kubernetes.get(CONFIG_MAP), lambda: list(kubernetes.watch("v1", "Pod", NAMESPACE, "", "1"))):
        with pytest.raises(UnreachableError) as caught:
            ask()
        assert (said in str(caught.value), "hidden" in str(caught.value)) == (True, False)
    kubernetes.close()


@pytest.mark.parametrize("version", ["v1beta1", "v1"])
def test_command_brings_credentials(version: str, api: tuple[ApiServer, str], tmp_path: Path) -> None:
    """Of either version; it is told which one it is asked for."""
    answer = {"apiVersion": f"{VERSION}{version}", "kind": "ExecCredential", "status": {"token": "a-token"}}
    script = f"echo \"$KUBERNETES_EXEC_INFO\" > {tmp_path}/asked; echo '{json.dumps(answer)}'"
    command = {"apiVersion": f"{VERSION}{version}", "command": "sh", "args": ["-c", script]}
    kubernetes = configured(written(tmp_path, {"server": api[1]}, {"exec": command}))
    assert kubernetes.get(CONFIG_MAP) is not None
    kubernetes.close()
    asked = json.loads((tmp_path / "asked").read_text(encoding="utf-8"))
    assert (asked["apiVersion"], asked["kind"]) == (f"{VERSION}{version}", "ExecCredential")


@pytest.mark.parametrize("user", [None, {}])
def test_server_of_this_machine_is_asked_without_a_user_and_past_any_proxy(
    user: dict[str, Any] | None, api: tuple[ApiServer, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As kubectl does, for example behind `kubectl proxy`."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    kubernetes = configured(written(tmp_path, {"server": api[1]}, user))
    assert kubernetes.get(CONFIG_MAP) is not None
    kubernetes.close()


def test_review_that_nobody_answers_is_no_fault_of_who_asks() -> None:
    """It is worth another try."""
    kubernetes = client("http://127.0.0.1:1")
    with pytest.raises(RecordsError, match=r"whose the token is: no answer from the API server.*Try again"):
        reviewing(kubernetes)("token")
    kubernetes.close()

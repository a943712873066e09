"""The client that a kubeconfig describes: where the API server is, and by which credentials it is asked.

lightkube reads the file. What is wrong with it, or with the credentials that it names, is told in one message: a login
that is over, a command that is not installed, a certificate that has moved.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import httpx2
import yaml
from lightkube.config.client_adapter import ConnectionParams
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.config.models import NameValue, User
from lightkube.core.exceptions import ConfigError

from temporal_endpoints.errors import SettingsError
from temporal_endpoints.kubernetes.client import REQUEST_SECONDS, Kubernetes, UnreachableError
from temporal_endpoints.loopback import PAST_PROXIES

# lightkube knows this version, and takes a newer one for an error, whose answers have the same token.
_KNOWN, _NEWER = (f"client.authentication.k8s.io/{version}" for version in ("v1beta1", "v1"))


def configured(kubeconfig: Path | None = None, context: str | None = None) -> Kubernetes:
    """The client of a kubeconfig, else of the environment: $KUBECONFIG, ~/.kube/config, or the pod it runs in.

    Raises:
        SettingsError: there is none, or it is not understood.
    """
    single = _read(kubeconfig, context)
    # A context needs no user, as of `kubectl proxy`.
    user = single.user or User()
    _prepare(user)
    single = single._replace(user=user)
    try:
        parameters = ConnectionParams(timeout=httpx2.Timeout(REQUEST_SECONDS)).httpx_params(single)
        auth = parameters.pop("auth")
        http = httpx2.Client(**parameters, auth=None if auth is None else _Credentials(auth), mounts=PAST_PROXIES)
    except (ConfigError, httpx2.InvalidURL) as error:
        raise SettingsError(f"the Kubernetes configuration cannot be used: {error}. Correct the kubeconfig.") from error
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not in Base64"
        raise SettingsError(
            f"a certificate or a key that the Kubernetes configuration names cannot be used: {said}. Correct the "
            "kubeconfig, or set --kubeconfig or --context."
        ) from error
    return Kubernetes(http, single.namespace)


def _read(kubeconfig: Path | None, context: str | None) -> SingleConfig:
    try:
        configuration = KubeConfig.from_env() if kubeconfig is None else KubeConfig.from_file(kubeconfig)
        single = configuration.get(context)
    except yaml.YAMLError as error:
        # The error itself quotes the line, and that may be a token's.
        mark = getattr(error, "problem_mark", None)
        said = "the file is not YAML" if mark is None else f"the file is not YAML in line {mark.line + 1}"
    except LookupError as error:
        said = f"the context names the cluster or the user {error}, and there is none of that name"
    except (ConfigError, OSError, ValueError) as error:
        said = str(error)
    except (TypeError, AttributeError):
        # lightkube takes the file for a map of maps, whatever is in it.
        said = "the file has no clusters, users and contexts"
    else:
        if single is not None:
            return single
        said = "there is no such context"
    raise SettingsError(f"no Kubernetes configuration: {said}. Set KUBECONFIG, or correct --kubeconfig or --context.")


def _prepare(user: User) -> None:
    """Tell a command that brings credentials what it is asked for, as kubectl does."""
    if user.exec is None:
        return
    asked = {"apiVersion": user.exec.apiVersion, "kind": "ExecCredential", "spec": {"interactive": False}}
    user.exec.env = [*(user.exec.env or []), NameValue("KUBERNETES_EXEC_INFO", json.dumps(asked))]
    if user.exec.apiVersion == _NEWER:
        user.exec.apiVersion = _KNOWN


class _Credentials(httpx2.Auth):
    """Credentials of which it is told when they cannot be had, as of a server that gives no answer."""

    def __init__(self, inner: httpx2.Auth) -> None:
        self._inner = inner

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """The requests that it takes."""
        try:
            yield from self._inner.sync_auth_flow(request)
        except (ConfigError, OSError) as error:
            raise self._absent(str(error)) from error
        except (ValueError, LookupError, TypeError) as error:
            # The error itself may quote what the command said, and so a token.
            raise self._absent(
                "the command that brings them answers with no ExecCredential that has a token"
            ) from error

    @staticmethod
    def _absent(said: str) -> UnreachableError:
        return UnreachableError(
            f"the credentials that the kubeconfig names cannot be had: {said.rstrip(' .:')}. Sign in again, or "
            "correct the kubeconfig"
        )

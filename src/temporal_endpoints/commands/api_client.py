"""The API as the command line asks it: answers as they are, refusals in the server's own words."""

from __future__ import annotations

import base64
import getpass
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx2

from nested_templates.suggestion import nearest
from temporal_endpoints.errors import NotRecordedError, SettingsError, TemporalEndpointsError
from temporal_endpoints.loopback import PAST_PROXIES
from temporal_endpoints.settings import Setting

Answer = dict[str, Any]
SETTINGS = (
    Setting("server", "address of the control plane", "http://127.0.0.1:8080"),
    Setting("api-key", "API key, better given by the environment or the file; by default the user's name"),
    Setting("output", "how results are printed", "table", ("table", "json", "yaml")),
)
ENDPOINTS, BUNDLES = "/v1/model-endpoints", "/v2/model-bundles"
_SECONDS = 30.0
_NOT_FOUND = 404
# Of the control plane itself, or of what stands before it while it is being replaced.
_NOT_NOW = (502, 503, 504)


class AskingError(TemporalEndpointsError):
    """The control plane gave no answer, or refused."""


class SilentError(AskingError):
    """The control plane cannot be reached, or says that it cannot answer now: it may be another time."""


class ApiClient:
    """A client of one control plane, as one owner."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        server = str(settings["server"]).rstrip("/")
        # A password may stand there, also one with slashes or without a scheme before it, and messages are kept.
        self._server = re.sub(r"^(https?://)?.*@", lambda match: match[1] or "", server, flags=re.DOTALL)
        headers = {"Authorization": f"Basic {_credentials(settings['api-key'])}"}
        try:
            if not server.startswith(("http://", "https://")):
                raise ValueError  # noqa: TRY301 - as of any other address that is none
            self._http = httpx2.Client(base_url=server, headers=headers, timeout=_SECONDS, mounts=PAST_PROXIES)
        except (httpx2.InvalidURL, ValueError):
            # The error itself may quote a part of a password; it is also one of a proxy that the environment names.
            raise SettingsError(
                f"nobody can be asked at {self._server}. Correct --server, as http://127.0.0.1:8080, or the variables "
                "of a proxy."
            ) from None

    def ask(self, method: str, path: str, body: object = None, **query: str) -> Answer:
        """The answer to one request.

        Raises:
            NotRecordedError: it is not there.
            AskingError: nobody answers, or the answer is no.
        """
        try:
            answer = self._http.request(method, path, json=body, params=query or None)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise SilentError(
                f"no answer from {self._server} ({error or type(error).__name__}). "
                "Start `temporal-endpoints serve`, or correct --server."
            ) from error
        except (TypeError, ValueError) as error:
            # A date or a number that is not finite, of a file; half a character, of a file or of a shell.
            raise AskingError(
                f"the request cannot be sent as JSON: {error}. Write finite numbers, and texts of whole characters."
            ) from error
        if answer.is_success:
            return self._answer(answer)
        said = _said(answer)
        if answer.status_code in _NOT_NOW:
            raise SilentError(said)
        raise NotRecordedError(said) if answer.status_code == _NOT_FOUND else AskingError(said)

    def _answer(self, answer: httpx2.Response) -> Answer:
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise AskingError(f"what answers at {self._server} is no control plane of endpoints. Correct --server.")
        return found

    def endpoints(self, **query: str) -> list[Answer]:
        """The caller's endpoints."""
        found: list[Answer] = self.ask("GET", ENDPOINTS, **query)["model_endpoints"]
        return found

    def named(self, name: str) -> Answer:
        """The endpoint of that name or id.

        Raises:
            NotRecordedError: there is none.
        """
        if name.startswith("end_"):
            # A name may begin like an id.
            with suppress(NotRecordedError):
                return self.ask("GET", f"{ENDPOINTS}/{quote(name, safe='')}")
        found = self.living(name) or next(iter(self.endpoints(name=name)), None)
        if found is None:
            # Those of the caller, as others' are not told to anybody.
            near = nearest(name, {str(each["name"]) for each in self.endpoints()})
            meant = "" if near is None else f" Did you mean {near!r}?"
            raise NotRecordedError(
                f"there is no endpoint {name!r}.{meant} `temporal-endpoints list` shows those that are."
            )
        return found

    def living(self, name: str) -> Answer | None:
        """The endpoint of that name that is not being deleted, if there is one."""
        found = (each for each in self.endpoints(name=name) if each["status"] != "DELETE_IN_PROGRESS")
        return next(found, None)

    def bundle(self, name: str, flavor: Mapping[str, Any], before: Answer | None) -> dict[str, Any]:
        """The fields of a request for workers of this flavor: the id of a bundle that is alike, if there is one.

        It is the one of the endpoint as it was `before`, or the newest of that name; else a new one is in the request.
        """
        asked = {"flavor": "runnable_image", "protocol": "http", "command": [], **flavor}
        # After a rollback the newest one is another than that which runs.
        for known in self._bundles(name, before):
            if all(known["flavor"].get(key) == value for key, value in asked.items()):
                return {"model_bundle_id": known["id"]}
        return {"model_bundle_id": "", "model_bundle": {"name": name, "schema_location": "", "flavor": asked}}

    def _bundles(self, name: str, before: Answer | None) -> Iterator[Answer]:
        if before is not None:
            yield self.ask("GET", f"{BUNDLES}/{before['bundle_id']}")
        with suppress(NotRecordedError):
            yield self.ask("GET", f"{BUNDLES}/latest", model_name=name)

    def carry_out(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        """The answer to a request, of which a new bundle is recorded first: only if the rest of it is possible.

        Raises:
            NotRecordedError: it is not there.
            AskingError: nobody answers, or the answer is no.
        """
        asked = dict(body)
        bundle = asked.pop("model_bundle", None)
        if bundle is not None:
            self.ask(method, path, body, dry_run="true")
            asked["model_bundle_id"] = self.ask("POST", BUNDLES, bundle)["model_bundle_id"]
        return self.ask(method, path, asked)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def _credentials(given: str | None) -> str:
    """The key as Basic has it: the user's name where none is given.

    Raises:
        SettingsError: there is neither, or it is no text that Basic can carry.
    """
    try:
        # A file's last line has an end, and a Secret made from that file has it too.
        key = (given or "").strip() or getpass.getuser()
    except (ImportError, KeyError, OSError) as error:
        raise SettingsError(
            "this user has no name that could be the API key. Give --api-key, or $TEMPORAL_ENDPOINTS_API_KEY."
        ) from error
    if ":" in key:
        raise SettingsError(
            "the API key has a colon, where Basic ends a user name. Correct --api-key, or $TEMPORAL_ENDPOINTS_API_KEY."
        )
    try:
        return base64.b64encode(f"{key}:".encode()).decode()
    except UnicodeEncodeError:
        raise SettingsError(
            "the API key has bytes that are no UTF-8. Correct --api-key, or $TEMPORAL_ENDPOINTS_API_KEY."
        ) from None


def _said(answer: httpx2.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {answer.status_code}: {answer.text[:200]}"
    return "; ".join(_problems(detail)) if isinstance(detail, list) else str(detail)


def _problems(detail: list[Mapping[str, Any]]) -> Iterator[str]:
    for each in detail:
        place = ".".join(str(step) for step in each["loc"] if step != "body")
        said = str(each["msg"]).removeprefix("Value error, ")
        yield f"{place}: {said}" if place else said

"""The templates as they are now: the texts in the chart's ConfigMap, found by its name or by what it holds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock

from temporal_endpoints.errors import RecordsError, SettingsError
from temporal_endpoints.kubernetes.client import Kubernetes, Object, RefusedByServerError, UnreachableError
from temporal_endpoints.planning.documents import KEYS, LABEL
from temporal_endpoints.records.model import ObjectKey

_SUFFIX = "-service-template-config"
# llm-engine's own ConfigMap is named alike, and has others of the keys.
_NEEDED = [key for key in KEYS if key.startswith("deployment-")]
# Not those of endpoints, of which there may be thousands.
_NO_ENDPOINT = f"!{LABEL}"
# How old the texts may be that a request is filled with.
_FRESH_SECONDS = 2.0


class Templates:
    """The ConfigMap of one namespace.

    Args:
        name: its name; without one it is the only one there that holds the templates.
    """

    def __init__(self, kubernetes: Kubernetes, namespace: str, name: str | None = None) -> None:
        self._kubernetes, self._namespace, self._name = kubernetes, namespace, name
        self._lock = Lock()
        self._texts: Mapping[str, str] = {}
        self._read_at = float("-inf")

    def texts(self) -> Mapping[str, str]:
        """The texts by key: those that endpoints are made from, and no others.

        Raises:
            RecordsError: the API server gives no answer.
            SettingsError: there is no such ConfigMap, or more than one.
        """
        with self._lock:
            if time.monotonic() - self._read_at > _FRESH_SECONDS:
                try:
                    data = self._found().get("data") or {}
                except (UnreachableError, RefusedByServerError) as error:
                    raise RecordsError(f"the templates cannot be read: {error}. Try again.") from error
                self._texts = {key: str(data[key]) for key in KEYS if key in data}
                self._read_at = time.monotonic()
            return self._texts

    def require(self) -> None:
        """Do nothing if the ConfigMap was found once: what becomes of it later is told in the status of endpoints.

        An API server that gives no answer says nothing of it.

        Raises:
            SettingsError: there is no such ConfigMap, or more than one.
        """
        if not self._texts:
            with suppress(RecordsError):
                self.texts()

    def _found(self) -> Object:
        if self._name is not None:
            found = self._kubernetes.get(ObjectKey("v1", "ConfigMap", self._namespace, self._name))
            if found is None:
                raise SettingsError(
                    f"there is no ConfigMap {self._name} in the namespace {self._namespace}. Install the chart "
                    "temporal-endpoints there, or correct --templates."
                )
            if not _has_templates(found):
                raise SettingsError(
                    f"the ConfigMap {self._name} in the namespace {self._namespace} has none of {', '.join(_NEEDED)}. "
                    "Install the chart temporal-endpoints there, or correct --templates."
                )
            return found
        candidates = [
            each
            for each in self._kubernetes.list("v1", "ConfigMap", self._namespace, _NO_ENDPOINT)[0]
            if each["metadata"]["name"].endswith(_SUFFIX) and _has_templates(each)
        ]
        if len(candidates) != 1:
            names = ", ".join(sorted(each["metadata"]["name"] for each in candidates)) or "none"
            raise SettingsError(
                f"the namespace {self._namespace}, if it is there, should hold one ConfigMap *{_SUFFIX} with the key "
                f"{_NEEDED[0]}; it holds {names}. Install the chart temporal-endpoints there, correct --namespace, or "
                "name a ConfigMap with --templates."
            )
        return candidates[0]


def _has_templates(found: Object) -> bool:
    return any(key in (found.get("data") or {}) for key in _NEEDED)

"""Texts brought into a living ConfigMap by server-side apply with a field manager of their own.

The server knows by the manager which keys are ours: it refuses those of others, and takes out those that are no longer
brought. https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

import http.client
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from helm_nested.api_server import ApiServer
from helm_nested.errors import ClusterError, ConfigurationError, DocumentError
from helm_nested.kubernetes.helm_hook import helm_hook
from nested_templates.service_template import Selector, owner
from nested_templates.yaml_documents import Document

MANAGER = "helm-nested-patch"
# At these events Helm deletes a hook and makes it anew while the release lives on.
_RENEWING = {"pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback"}
_KIND = "ConfigMap"

Texts = Mapping[str, str]


@dataclass(frozen=True)
class KeyChange:
    """What becomes of one key; None where it is absent."""

    key: str
    before: str | None
    after: str | None

    @property
    def difference(self) -> str:
        """The lines that change, as `diff -u` shows them."""
        names = (f"{self.key} (now)", f"{self.key} (then)")
        lines = unified_diff(_lines(self.before), _lines(self.after), *names, lineterm="")
        return "\n".join(lines) or f"{self.key}: {'comes' if self.before is None else 'goes'}, without a line"


@dataclass(frozen=True)
class LivingConfigMap:
    """A ConfigMap as the server holds it."""

    server: ApiServer
    document: Document

    @classmethod
    def read(cls, server: ApiServer, namespace: str, name: str) -> LivingConfigMap:
        """The ConfigMap of that name.

        Raises:
            ClusterError: it is not there, or the server does not let it be read.
        """
        try:
            return cls(server, server.get(_path(namespace, name)))
        except ClusterError as error:
            if error.status == http.client.NOT_FOUND:
                raise ClusterError(
                    f"the namespace {namespace} has no ConfigMap {name}. A patch makes none: name one that is there. "
                    f"Try: kubectl get configmaps --namespace {namespace}",
                    error.status,
                ) from error
            raise _with_rights(error, namespace, name, "get") from error

    @property
    def _place(self) -> tuple[str, str]:
        metadata = self.document["metadata"]
        return str(metadata["namespace"]), str(metadata["name"])

    @property
    def shown(self) -> str:
        """What people call it."""
        namespace, name = self._place
        return f"the ConfigMap {name} in the namespace {namespace}"

    @property
    def brought(self) -> set[str]:
        """The keys that an earlier patch has brought."""
        return {key for key, manager in self._owners() if manager == MANAGER}

    def patched(self, texts: Texts, *, dry_run: bool) -> Document:
        """The ConfigMap with these texts, and without those brought earlier that are not among them.

        Raises:
            ClusterError: somebody else owns a key, the ConfigMap was made anew meanwhile, or the server says no.
        """
        namespace, name = self._place
        # The server takes the identity as a condition. Without it a ConfigMap that is gone would be made, with these
        # keys alone.
        metadata = {"name": name, "namespace": namespace, "uid": self.document["metadata"]["uid"]}
        wanted = {"apiVersion": "v1", "kind": _KIND, "metadata": metadata, **({"data": dict(texts)} if texts else {})}
        try:
            return self.server.apply(_path(namespace, name), wanted, MANAGER, dry_run=dry_run)
        except ClusterError as error:
            if error.conflicts:
                raise ClusterError(_conflicts(self.shown, error.conflicts), error.status, error.conflicts) from error
            if error.status == http.client.CONFLICT:
                raise ClusterError(
                    f"{self.shown} was made anew while it was looked at. Run the same command again.", error.status
                ) from error
            raise _with_rights(error, namespace, name, "patch") from error

    def changes(self, after: Document) -> tuple[KeyChange, ...]:
        """What differs in the data, by key."""
        before, now = _data(self.document), _data(after)
        return tuple(
            KeyChange(key, before.get(key), now.get(key))
            for key in sorted({*before, *now})
            if before.get(key) != now.get(key)
        )

    @property
    def warning(self) -> str:
        """Why the keys will not stay; empty if nothing speaks against it."""
        hook = helm_hook(self.document)
        if hook is None or not hook.events & _RENEWING:
            return ""
        return (
            f"{self.shown} is a Helm hook ({hook.written}): the next helm upgrade of its release makes it anew, "
            "without what a patch has brought. Let that release's own chart bring the keys; "
            "docs/beside-llm-engine.md shows two ways"
        )

    def _owners(self) -> Iterable[tuple[str, str]]:
        for entry in self.document["metadata"].get("managedFields") or ():
            for field in (entry.get("fieldsV1") or {}).get("f:data") or ():
                if field.startswith("f:"):
                    yield field.removeprefix("f:"), str(entry.get("manager"))


def wanted_texts(objects: Iterable[Document], selectors: Sequence[Selector], globs: Sequence[str]) -> dict[str, str]:
    """The texts of a chart's service-template ConfigMap whose keys are to be brought.

    Raises:
        ConfigurationError: the chart has no such key.
        DocumentError: it has one twice, or one that is no text.
    """
    texts: dict[str, str] = {}
    others: set[str] = set()
    for document in objects:
        selecting = [each for each in selectors if document.get("kind") == _KIND and each.selects(document)]
        for key, text in _data(document).items() if selecting else ():
            if not any(each.selects_key(key) for each in selecting):
                continue
            if not any(fnmatchcase(key, glob) for glob in globs):
                others.add(key)
            elif key in texts or not isinstance(text, str):
                what = "stands in another ConfigMap already" if key in texts else "is no text"
                raise DocumentError(f"{owner(document)}[{key}] {what}. Correct the chart.")
            else:
                texts[key] = text
    if not texts:
        listed = ", ".join(sorted(others)) or "none"
        raise ConfigurationError(
            f"no key of the chart's service templates is like {' or '.join(globs)}; its keys are: {listed}. "
            "Correct 'patch.keys' in the configuration."
        )
    return texts


def _data(document: Document) -> dict[str, Any]:
    return document.get("data") or {}


def _lines(text: str | None) -> list[str]:
    return (text or "").split("\n") if text else []


def _path(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/configmaps/{quote(name, safe='')}"


def _conflicts(shown: str, conflicts: Sequence[tuple[str, str]]) -> str:
    listed = "\n".join(f"  - {field.removeprefix('.data.')} belongs to {who}" for field, who in conflicts)
    return (
        f"{shown} has these keys already, with other texts, from somebody else:\n{listed}\n"
        "Nothing was written. Let their owner bring the texts, as helm upgrade does for its own release, or remove the "
        "keys there first."
    )


def _with_rights(error: ClusterError, namespace: str, name: str, verb: str) -> ClusterError:
    """A refusal for want of rights says which ones a patch needs."""
    if error.status != http.client.FORBIDDEN:
        return error
    return ClusterError(
        f"{error} A patch needs the verbs get and patch of this one ConfigMap, and no more. "
        f"Try: kubectl auth can-i {verb} configmaps/{name} --namespace {namespace}",
        error.status,
    )

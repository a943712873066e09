"""Objects as an API server keeps them: server-side apply, owners of fields, uids, resource versions, finalizers.

What it does was measured on kube-apiserver 1.36.3; `tests/cluster/test_control_plane.py` compares it with a real one.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from temporal_endpoints.records.model import ObjectKey

Object = dict[str, Any]
Path = tuple[str, ...]
_ITEM_KEYS = ("mountPath", "name")
_ITEM = "\0item:"
_IDENTITY = ("name", "namespace", "uid", "resourceVersion", "managedFields", "deletionTimestamp", "generation")


class ServerRefusalError(Exception):
    """The server's answer, with its status and reason."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


@dataclass
class Stored:
    """One object: its fields, and which manager owns which of them."""

    live: Object
    owners: dict[tuple[str, str], set[Path]] = field(default_factory=dict)


@dataclass
class SimulatedCluster:
    """All objects of a server; `changed` hears of each change, with ADDED, MODIFIED or DELETED."""

    stored: dict[ObjectKey, Stored] = field(default_factory=dict)
    writes: int = 0
    changed: Callable[[str, Object], None] = lambda _kind, _live: None
    _versions: Iterator[int] = field(default_factory=lambda: itertools.count(2))

    def get(self, key: ObjectKey) -> Object | None:
        """The live object."""
        found = self.stored.get(key)
        return None if found is None else self._shown(found)

    def all(self) -> dict[ObjectKey, Object]:
        """Every live object by its place."""
        return {key: self._shown(each) for key, each in self.stored.items()}

    def apply(self, document: Mapping[str, Any], manager: str, *, force: bool = True) -> Object:
        """Server-side apply; `metadata.uid` means update only, `metadata.resourceVersion` "1" create only."""
        key = ObjectKey.of(document)
        asked = document["metadata"]
        stored = self.stored.get(key)
        if stored is None:
            if asked.get("uid"):
                raise ServerRefusalError(409, "Conflict", f"Precondition failed: UID in precondition: {asked['uid']}")
            if asked.get("resourceVersion", "1") != "1":
                raise ServerRefusalError(409, "Conflict", "the object has been modified")
            return self._create(key, document, manager)
        if asked.get("uid") not in (None, stored.live["metadata"]["uid"]):
            raise ServerRefusalError(422, "Invalid", "metadata.uid: Invalid value: field is immutable")
        if asked.get("resourceVersion") not in (None, stored.live["metadata"]["resourceVersion"]):
            raise ServerRefusalError(409, "Conflict", "the object has been modified")
        return self._merge(stored, document, manager, force=force)

    def write(self, key: ObjectKey, manager: str, path: Path, value: object) -> None:
        """An update by somebody else, who owns the field from then on."""
        stored = self.stored[key]
        before = copy.deepcopy(stored.live)
        _put(stored.live, path, value)
        for paths in stored.owners.values():
            paths.discard(path)
        stored.owners.setdefault((manager, "Update"), set()).add(path)
        self._finished(stored, before, owners_changed=True)

    def mark(self, key: ObjectKey, uid: str, marks: Mapping[str, Mapping[str, str | None]], manager: str) -> Object:
        """A merge patch of annotations and labels."""
        stored = self.stored.get(key)
        if stored is None:
            raise ServerRefusalError(404, "NotFound", f"{key} not found")
        if uid != stored.live["metadata"]["uid"]:
            raise ServerRefusalError(409, "Conflict", "Precondition failed: UID in precondition")
        before = copy.deepcopy(stored.live)
        for path, value in ((("metadata", kind, name), each[name]) for kind, each in marks.items() for name in each):
            for paths in stored.owners.values():
                paths.discard(path)
            if value is None:
                _remove(stored.live, path)
            else:
                _put(stored.live, path, value)
                stored.owners.setdefault((manager, "Update"), set()).add(path)
        self._finished(stored, before, owners_changed=True)
        return self._shown(stored)

    def delete(self, key: ObjectKey, uid: str | None = None) -> None:
        """Remove an object; one with finalizers is marked, and vanishes when they are gone."""
        stored = self.stored.get(key)
        if stored is None:
            raise ServerRefusalError(404, "NotFound", f"{key} not found")
        metadata = stored.live["metadata"]
        if uid not in (None, metadata["uid"]):
            raise ServerRefusalError(409, "Conflict", "Precondition failed: UID in precondition")
        self.writes += 1
        if metadata.get("finalizers"):
            metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            metadata["resourceVersion"] = str(next(self._versions))
            self.changed("MODIFIED", self._shown(stored))
        else:
            self.vanish(key)

    def vanish(self, key: ObjectKey) -> None:
        """The object is gone, whatever held it."""
        gone = self.stored.pop(key)
        gone.live["metadata"]["resourceVersion"] = str(next(self._versions))
        self.changed("DELETED", self._shown(gone))

    def _create(self, key: ObjectKey, document: Mapping[str, Any], manager: str) -> Object:
        number = next(self._versions)
        metadata = {"name": key.name, "namespace": key.namespace, "uid": f"uid-{number}", "generation": 1}
        stored = Stored({"apiVersion": key.api_version, "kind": key.kind, "metadata": metadata})
        if key.kind == "Deployment":
            _put(stored.live, ("spec", "replicas"), 1)
        self.stored[key] = stored
        _merge_into(stored.live, _plain(document))
        stored.owners[manager, "Apply"] = set(_leaves(_plain(document)))
        metadata["resourceVersion"] = str(number)
        self.writes += 1
        self.changed("ADDED", self._shown(stored))
        return self._shown(stored)

    def _merge(self, stored: Stored, document: Mapping[str, Any], manager: str, *, force: bool) -> Object:
        plain = _plain(document)
        owner = (manager, "Apply")
        leaves = set(_leaves(plain))
        before = copy.deepcopy(stored.live)
        owners_before = copy.deepcopy(stored.owners)
        for other, paths in stored.owners.items():
            contested = {path for path in leaves & paths if _get(before, path) != _get(plain, path)}
            if other != owner and contested:
                if not force:
                    raise ServerRefusalError(409, "Conflict", f"Apply failed with {len(contested)} conflicts")
                paths -= contested
        left_out = stored.owners.get(owner, set()) - leaves
        for path in left_out - set().union(*(paths for other, paths in stored.owners.items() if other != owner)):
            _remove(stored.live, path)
            if path == ("spec", "replicas"):
                _put(stored.live, path, 1)
        stored.owners[owner] = leaves
        _merge_into(stored.live, plain)
        self._finished(stored, before, owners_changed=stored.owners != owners_before)
        return self._shown(stored)

    def _finished(self, stored: Stored, before: Object, *, owners_changed: bool) -> None:
        if stored.live == before and not owners_changed:
            return  # nothing is written
        metadata = stored.live["metadata"]
        if stored.live.get("spec") != before.get("spec"):
            metadata["generation"] += 1
        metadata["resourceVersion"] = str(next(self._versions))
        self.writes += 1
        self.changed("MODIFIED", self._shown(stored))

    def _shown(self, stored: Stored) -> Object:
        live = copy.deepcopy(stored.live)
        live["metadata"]["managedFields"] = [
            {"manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": _fields(paths)}
            for (manager, operation), paths in stored.owners.items()
            if paths
        ]
        return live


def _plain(document: Mapping[str, Any]) -> Object:
    """The document without what identifies the object, which nobody owns."""
    plain = copy.deepcopy(dict(document))
    plain["metadata"] = {key: value for key, value in plain["metadata"].items() if key not in _IDENTITY}
    return {key: value for key, value in plain.items() if key not in ("apiVersion", "kind")}


def _item_key(items: list[Any]) -> str | None:
    for key in _ITEM_KEYS:
        if items and all(isinstance(item, dict) and isinstance(item.get(key), str) for item in items):
            return key
    return None


def _leaves(value: object, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif isinstance(value, list) and (key := _item_key(value)):
        for item in value:
            yield from _leaves(item, (*path, f"{_ITEM}{key}={item[key]}"))
    else:
        yield path


def _step(value: Any, step: str) -> Any:
    if step.startswith(_ITEM):
        key, _, name = step.removeprefix(_ITEM).partition("=")
        return next((item for item in value or () if item.get(key) == name), None)
    return (value or {}).get(step)


def _get(value: Any, path: Path) -> Any:
    for step in path:
        value = _step(value, step)
    return value


def _put(target: Object, path: Path, value: object) -> None:
    *steps, last = path
    for step in steps:
        inner = _step(target, step)
        if inner is None:
            inner = target.setdefault(step, {})
        target = inner
    target[last] = value


def _remove(target: Any, path: Path) -> None:
    *steps, last = path
    for step in steps:
        target = _step(target, step)
        if target is None:
            return
    if isinstance(target, dict):
        target.pop(last, None)


def _merge_into(target: Object, source: Object) -> None:
    for key, value in source.items():
        there = target.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            _merge_into(there, value)
        elif isinstance(value, list) and isinstance(there, list) and (name := _item_key(value)) and _item_key(there):
            for item in value:
                old = next((each for each in there if each[name] == item[name]), None)
                if old is None:
                    there.append(item)
                else:
                    _merge_into(old, item)
        else:
            target[key] = value


def _fields(paths: set[Path]) -> Object:
    fields: Object = {}
    for path in sorted(paths):
        inner = fields
        for step in path:
            inner = inner.setdefault(f"k:{step}" if step.startswith(_ITEM) else f"f:{step}", {})
    return fields

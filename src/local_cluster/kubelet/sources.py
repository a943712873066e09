"""What a pod takes from ConfigMaps, Secrets and its own fields: environment variables and files."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cluster.api import Api, Object, Reference

NODE = "stand-in"
_LOOPBACK = "127.0.0.1"
# Beside the pods' folders; no pod can have this name.
_CLAIMS = ".claims"
# Kubernetes' own syntax: $(NAME), and $$ for a dollar. All that is in brackets is the name, and is not read itself.
_VARIABLE = re.compile(r"\$(?:\$|\((?P<name>[^)]*)\))")


class WaitingError(Exception):
    """A container cannot start yet, because something that it names is missing."""


@dataclass(frozen=True)
class Mount:
    """What lies where in a container."""

    source: Path
    target: str


class Sources:
    """What one pod is given by the cluster."""

    def __init__(self, api: Api, pod: Object, folder: Path) -> None:
        self._api, self._pod, self._folder = api, pod, folder
        self._namespace = pod["metadata"]["namespace"]

    def environment(self, container: Object) -> dict[str, str]:
        """The container's variables, later ones over earlier ones, and where the API server is.

        Raises:
            WaitingError: something that must be there is not.
        """
        # A kubelet gives the address of the Service `kubernetes`, which nobody forwards here.
        variables = {"KUBERNETES_SERVICE_HOST": self._api.host, "KUBERNETES_SERVICE_PORT": str(self._api.port)}
        for source in container.get("envFrom") or []:
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if field in source:
                    data = self._data(kind, source[field]["name"], optional=source[field].get("optional", False))
                    prefix = source.get("prefix", "")
                    variables.update({prefix + key: _text(value) for key, value in data.items()})
        for entry in container.get("env") or []:
            if "valueFrom" not in entry:
                variables[entry["name"]] = expand(entry.get("value", ""), variables)
                continue
            value = self._value(entry["valueFrom"])
            if value is not None:
                variables[entry["name"]] = value
        return variables

    def mounts(self, container: Object) -> list[Mount]:
        """The container's volumes, written to the pod's folder.

        Raises:
            WaitingError: something that must be there is not.
        """
        volumes: dict[str, Path] = {
            volume["name"]: self._volume(volume) for volume in self._pod["spec"].get("volumes") or []
        }
        found = []
        for mount in container.get("volumeMounts") or []:
            source = volumes[mount["name"]] / str(mount.get("subPath", ""))
            if not source.exists():
                source.mkdir(parents=True)
            found.append(Mount(source, mount["mountPath"]))
        return found

    def _volume(self, volume: Object) -> Path:
        folder = self._folder / "volumes" / str(volume["name"])
        if "persistentVolumeClaim" in volume:
            # It outlives the pod, and all pods of the namespace that claim it share it.
            folder = self._folder.parent / _CLAIMS / str(volume["persistentVolumeClaim"]["claimName"])
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self._files(volume):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def _files(self, volume: Object) -> Iterator[tuple[str, bytes]]:
        for field, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
            if field in volume:
                yield from self._items(kind, volume[field][name], volume[field])
        for source in (volume.get("projected") or {}).get("sources") or []:
            for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
                if field in source:
                    yield from self._items(kind, source[field]["name"], source[field])
            if "serviceAccountToken" in source:
                yield source["serviceAccountToken"]["path"], self._token(source["serviceAccountToken"])
            for item in (source.get("downwardAPI") or {}).get("items") or []:
                yield item["path"], self._field(item["fieldRef"]["fieldPath"]).encode()
        if "persistentVolumeClaim" in volume:
            claim = volume["persistentVolumeClaim"]["claimName"]
            if self._api.find(Reference("v1", "PersistentVolumeClaim", self._namespace, claim)) is None:
                raise WaitingError(f'persistentvolumeclaim "{claim}" not found')

    def _token(self, source: Object) -> bytes:
        account = self._pod["spec"].get("serviceAccountName", "default")
        where = Reference("v1", "ServiceAccount", self._namespace, account)
        audience = source.get("audience")
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [audience] if audience else []},
        }
        answer = self._api.request("POST", self._api.path(where, "token"), request).body
        return str(answer["status"]["token"]).encode()

    def _items(self, kind: str, name: str, source: Object) -> Iterator[tuple[str, bytes]]:
        optional = source.get("optional", False)
        data = self._data(kind, name, optional=optional)
        chosen = {item["key"]: item["path"] for item in source.get("items") or []} or {key: key for key in data}
        for key, path in chosen.items():
            if key in data:
                yield path, data[key]
            elif not optional:
                raise WaitingError(f"{kind.lower()} references non-existent key: {key}")

    def _value(self, source: Object) -> str | None:
        if "fieldRef" in source:
            return self._field(source["fieldRef"]["fieldPath"])
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if field in source:
                name, key, optional = source[field]["name"], source[field]["key"], source[field].get("optional", False)
                data = self._data(kind, name, optional=optional)
                if key in data:
                    return _text(data[key])
                if not optional:
                    raise WaitingError(f"couldn't find key {key} in {kind} {self._namespace}/{name}")
                return None
        return ""

    def _field(self, path: str) -> str:
        known = {"spec.nodeName": NODE, "status.hostIP": _LOOPBACK, "status.podIP": _LOOPBACK}
        if path in known:
            return known[path]
        label = re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path)
        if label:
            return str((self._pod["metadata"].get(label[1]) or {}).get(label[2], ""))
        value: Any = self._pod
        for step in path.split("."):
            value = value.get(step, {})
        return value if isinstance(value, str) else ""

    def _data(self, kind: str, name: str, *, optional: bool) -> dict[str, bytes]:
        found = self._api.find(Reference("v1", kind, self._namespace, name))
        if found is None:
            if optional:
                return {}
            raise WaitingError(f'{kind.lower()} "{name}" not found')
        data = {key: base64.b64decode(value) for key, value in (found.get("binaryData") or {}).items()}
        for key, value in (found.get("data") or {}).items():
            data[key] = base64.b64decode(value) if kind == "Secret" else value.encode()
        return data


def expand(text: str, variables: dict[str, str]) -> str:
    """The text with each $(NAME) in it replaced; a name that nobody knows stays as it is."""

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        return "$" if name is None else variables.get(name, found[0])

    return _VARIABLE.sub(value, text)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")

"""Values made at random of what values.schema.json allows: words, bounds and texts that a rule may have forgotten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

# Texts that are good somewhere and bad elsewhere: names, labels, paths, quantities, words of enums, and their like.
TEXTS = (
    "", "a", "b", "A", "1", "-1", "0", "01", "a-b", "a.b", "a..b", "a-", "-a", "a_b", "a b", "a=b", "a:b", "é", "a\n",
    "example.com/a", "Example.com/a", "example.com/", "/a", "a/b/c", "a/../b", "..", "../a", "..a", ".", "a//b", "//a",
    "kubernetes.io/hostname", "topology.kubernetes.io/zone", "app", "version", "metadata.name", "metadata.labels['a']",
    "metadata.annotations['example.com/a']", "spec.nodeName", "${RESOURCE_NAME}", "${ENDPOINT_NAME}-a", "$(POD_NAME)",
    "a" * 63, "a" * 64, "a" * 254, f"{'a' * 254}/a", f"example.com/{'a' * 64}", "10.0.0.0/8", "10.1.0.0/16", "::/0",
    "10.0.0.1/8", "10.0.0.1", "2001:db8::/32", "fd00::/8", "256.0.0.0/8", "10.0.0.0/33", "100m", "1Gi", "1ki", "0.5",
    "1e3", "50%", "0%", "00%", "101%", "100%", "http", "metrics", "a--b", "1234", "kernel.shm_rmid_forced", "net/ipv4",
    "net.ipv4.tcp_syncookies", "profiles/worker.json", "iqn.2001-04.com.example:storage", "iqn.2001-04.com.example",
    "eui.0123456789abcdef", "naa.0123", "https://a", "/subscriptions/a", "snapshot.storage.k8s.io", "VolumeSnapshot",
    "PersistentVolumeClaim", "X-Header", "X Header", "2147483648", "kubernetes.io/a", "a.k8s.io/b", "sys_admin",
    "NET_ADMIN",
)  # fmt: skip
NUMBERS = (-1, 0, 1, 2, 50, 100, 101, 255, 256, 420, 511, 512, 600, 755, 65535, 65536, 2**31 - 1, 2**31, 2**32)
# Of a choice that suits nothing, another one is tried; a part that nothing suits is left out.
TRIES = 60
MOST_ITEMS = 3


class Instances:
    """Random values that a schema allows, with the definitions it refers to."""

    def __init__(self, definitions: Mapping[str, Any], chance: random.Random) -> None:
        self._definitions = definitions
        self._chance = chance
        self._validators: dict[int, jsonschema_rs.Validator] = {}

    def of(self, schema: Any) -> Any:
        """A value that the schema allows.

        Raises:
            LookupError: none was found.
        """
        for _ in range(TRIES):
            value = self._any(schema)
            if self._allows(schema, value):
                return value
        raise LookupError(json.dumps(schema)[:200])

    def _allows(self, schema: Any, value: Any) -> bool:
        # By its place in memory: the schema is the caller's, and outlives this.
        validator = self._validators.get(id(schema))
        if validator is None:
            validator = jsonschema_rs.validator_for({**schema, "definitions": self._definitions})
            self._validators[id(schema)] = validator
        return validator.is_valid(value)

    def _any(self, schema: Any) -> Any:
        schema = self._resolved(schema)
        if "enum" in schema:
            return self._chance.choice(schema["enum"])
        kinds = schema.get("type", "string")
        kind = kinds if isinstance(kinds, str) else self._chance.choice([each for each in kinds if each != "null"])
        if kind == "object":
            return self._map(schema)
        if kind == "array":
            return self._list(schema)
        if kind == "boolean":
            return self._chance.random() < 0.5
        if kind == "integer":
            return self._chance.choice(NUMBERS)
        return self._chance.choice(TEXTS)

    def _map(self, schema: Any) -> dict[str, Any]:
        found = {}
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        for name, below in properties.items():
            if name in required or self._chance.random() < 2 / max(3, len(properties)):
                try:
                    found[name] = self.of(below)
                except LookupError:
                    continue
        free = schema.get("additionalProperties")
        if isinstance(free, dict):
            for _ in range(self._chance.randrange(MOST_ITEMS)):
                found[self._chance.choice(TEXTS)] = self.of(free)
        return found

    def _list(self, schema: Any) -> list[Any]:
        found = []
        for _ in range(self._chance.randint(0, MOST_ITEMS)):
            try:
                found.append(self.of(schema["items"]))
            except LookupError:
                continue
        return found

    def _resolved(self, schema: Any) -> dict[str, Any]:
        """The schema with what it refers to, and with all that it must be at once, as one."""
        found = dict(schema)
        reference = found.pop("$ref", None)
        if reference:
            found = {**self._resolved(self._definitions[reference.rsplit("/", 1)[-1]]), **found}
        for part in found.get("allOf", ()):
            if "if" not in part:
                found = {**self._resolved(part), **found}
        return found

"""Values made at random of what values.schema.json allows: words, bounds and texts that a rule may have forgotten."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

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
    "NET_ADMIN", "1s",
)  # fmt: skip
NUMBERS = (-1, 0, 1, 2, 50, 100, 101, 255, 256, 420, 511, 512, 600, 755, 65535, 65536, 2**31 - 1, 2**31, 2**32)
# Of a choice that suits nothing, another one is tried; a part that nothing suits is left out.
TRIES = 60
MOST_ITEMS = 3
# How much of what may be null is null around a value.
NULL = 0.2
# Steps of a path, besides a key and 0 for an entry of a list.
ANY_KEY = "<any key>"
KEY = "<key>"
Step = str | int


class Instances:
    """Random values that a schema allows, with the definitions it refers to."""

    def __init__(self, definitions: Mapping[str, Any], chance: random.Random) -> None:
        self._definitions = definitions
        self._chance = chance
        self._validators: dict[int, tuple[Any, jsonschema_rs.Validator]] = {}
        self._wholes: dict[int, tuple[Any, dict[str, Any]]] = {}

    def of(self, schema: Any) -> Any:
        """A value that the schema allows.

        Raises:
            LookupError: none was found.
        """
        for _ in range(TRIES):
            value = self._any(schema)
            if self.allows(schema, value):
                return value
        raise LookupError(json.dumps(schema)[:200])

    def around(self, schema: Any, steps: Sequence[Step], value: Any, share: float) -> Any:
        """A value with that one at a path in it, and more about it, which the schema may not allow.

        Args:
            schema: of the value that is made.
            steps: keys, or 0 for an entry of a list, `ANY_KEY` for a key of a free map, `KEY` for the name of one.
            value: what stands at the path, or is the key.
            share: how much else is there, from 0 for what must be.
        """
        if not steps:
            return value
        rules = self.resolved(schema)
        step, *rest = steps
        if step == 0:
            return [self.around(rules["items"], rest, value, share)]
        free = rules.get("additionalProperties") or {"type": "string"}
        if step == KEY:
            return {value: self.of(free)}
        if step == ANY_KEY:
            return {self._key(rules): self.around(free, rest, value, share)}
        found = {}
        # On some levels nothing more, or a path of many steps would never be without too much about it.
        more = share if self._chance.random() < 0.5 else 0.0
        for name, rule in rules.get("properties", {}).items():
            if name == step:
                found[name] = self.around(rule, rest, value, share)
            elif name in rules.get("required", ()) or self._chance.random() < more:
                with suppress(LookupError):
                    found[name] = None if self.allows(rule, None) and self._chance.random() < NULL else self.of(rule)
        return found

    def allows(self, schema: Any, value: Any) -> bool:
        """Whether the schema allows a value."""
        # By its place in memory, so it is held: another one could come to stand there.
        _, validator = self._validators.get(id(schema), (None, None))
        if validator is None:
            validator = jsonschema_rs.validator_for({**schema, "definitions": self._definitions})
            self._validators[id(schema)] = schema, validator
        return validator.is_valid(value)

    def _key(self, rules: Any) -> str:
        names = rules.get("propertyNames", {})
        return next(text for text in self._chance.sample(TEXTS, len(TEXTS)) if self.allows(names, text))

    def _any(self, schema: Any) -> Any:
        schema = self.resolved(schema)
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

    def resolved(self, schema: Any) -> dict[str, Any]:
        """The schema with what it refers to, and with all that it must be at once, as one."""
        # Held for the same reason as a validator; and what is made of it is one thing, with validators of its own.
        _, whole = self._wholes.get(id(schema), (None, None))
        if whole is None:
            whole = self._whole(schema)
            self._wholes[id(schema)] = schema, whole
        return whole

    def _whole(self, schema: Any) -> dict[str, Any]:
        whole = dict(schema)
        reference = whole.pop("$ref", None)
        parts = [] if reference is None else [self._definitions[reference.rsplit("/", 1)[-1]]]
        parts += [part for part in whole.get("allOf", ()) if "if" not in part]
        for part in parts:
            more = self.resolved(part)
            properties = dict(more.get("properties", {}))
            for name, rule in whole.get("properties", {}).items():
                if name in properties:
                    properties[name] = {**rule, "allOf": [properties[name], *rule.get("allOf", ())]}
                else:
                    properties[name] = rule
            whole = {**more, **whole}
            if properties:
                whole["properties"] = properties
        return whole

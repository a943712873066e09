"""Every bound of values.schema.json, and for each a value at the bound and one beyond it, in values that suit both."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .judged import below, values_with
from .schema_instances import ANY_KEY, KEY, TEXTS, Instances, Step

BOUNDS = (
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
# How often values are made around a bound before it counts as one that decides nothing.
TRIES = 3000
# How often the chart itself may refuse the values at the bound: it then refuses all of that kind.
REFUSALS = 200


@dataclass(frozen=True)
class Bound:
    """One bound of the schema, for one place among the values."""

    steps: tuple[Step, ...]
    keyword: str
    limit: int
    # In a condition, or under `not`: there the value beyond is the one that may be accepted.
    is_reversed: bool
    # Where in the schema it stands.
    place: str

    @property
    def name(self) -> str:
        """What a test calls it."""
        return f"{'.'.join(map(str, self.steps))} {self.keyword} {self.limit}{' if' if self.is_reversed else ''}"


@dataclass(frozen=True)
class Witness:
    """Values that differ at the bound alone: those that the schema takes, and those that it refuses."""

    taken: Mapping[str, Any]
    refused: Mapping[str, Any]
    # The refused ones without what is installed besides, as another chart has them.
    bare: Mapping[str, Any]


def bounds(schema: Mapping[str, Any]) -> Iterator[Bound]:
    """Every bound of a schema, where each definition is used; of a definition in itself, once."""
    yield from _bounds(schema, schema, (), "", is_reversed=False, used=())


def _bounds(
    root: Mapping[str, Any], part: Any, steps: tuple[Step, ...], place: str, *, is_reversed: bool, used: tuple[str, ...]
) -> Iterator[Bound]:
    if not isinstance(part, dict):
        return
    for keyword in BOUNDS:
        if keyword in part:
            yield Bound(steps, keyword, part[keyword], is_reversed, place)
    inside: list[tuple[Any, tuple[Step, ...], str, bool]] = []
    for name, rule in part.get("properties", {}).items():
        inside.append((rule, (*steps, name), name, is_reversed))
    for keyword, step in (("items", 0), ("additionalProperties", ANY_KEY), ("propertyNames", KEY)):
        inside.append((part.get(keyword), (*steps, step), keyword, is_reversed))
    for keyword in ("allOf", "anyOf", "oneOf"):
        inside += [
            (rule, steps, f"{keyword}[{number}]", is_reversed) for number, rule in enumerate(part.get(keyword, ()))
        ]
    inside += [(part.get(keyword), steps, keyword, not is_reversed) for keyword in ("if", "not")]
    inside.append((part.get("then"), steps, "then", is_reversed))
    for rule, path, word, turned in inside:
        yield from _bounds(root, rule, path, f"{place}.{word}", is_reversed=turned, used=used)
    reference = part.get("$ref", "").rsplit("/", 1)[-1]
    if reference and reference not in used:
        rule = root["definitions"][reference]
        yield from _bounds(root, rule, steps, reference, is_reversed=is_reversed, used=(*used, reference))


def witness(
    bound: Bound, schema: Mapping[str, Any], allows: Callable[[Any], bool], renders: Callable[[Any], bool]
) -> Witness | None:
    """Values that the schema takes at the bound, that render, and that it refuses when they go one beyond it.

    Args:
        bound: one of `bounds(schema)`.
        schema: the whole schema.
        allows: whether it takes values.
        renders: whether the chart takes them as well.
    """
    chance = random.Random(bound.name)  # noqa: S311 - a sample
    instances = Instances(schema["definitions"], chance)
    depth = 2 if bound.steps[0] in ("temporal", "serviceTemplate") else 1
    field = tuple(str(step) for step in bound.steps[:depth])
    rules: Any = schema
    for name in field:
        rules = rules["properties"][name]
    steps = bound.steps[depth:]
    leaf = _leaf(instances, rules, steps)
    refusals = 0
    for number in range(TRIES):
        try:
            pair = _pair(bound, leaf, instances, chance)
            # First with nothing else about it, then with more and more; the same about both.
            state = chance.getstate()
            whole = []
            for value in pair:
                chance.setstate(state)
                whole.append(instances.around(rules, steps, value, share=number / TRIES))
        except LookupError:
            continue
        taken, refused = reversed(whole) if bound.is_reversed else whole
        values, beyond = values_with(field, taken), values_with(field, refused)
        if allows(values) and not allows(beyond):
            if renders(values):
                return Witness(values, beyond, below(field, refused))
            refusals += 1
            if refusals > REFUSALS:
                break
    return None


def _leaf(instances: Instances, rules: Any, steps: Sequence[Step]) -> dict[str, Any]:
    """The schema of what stands at a path."""
    for step in steps:
        whole = instances.resolved(rules)
        if step == 0:
            rules = whole["items"]
        elif step == ANY_KEY:
            rules = whole["additionalProperties"]
        elif step == KEY:
            rules = whole["propertyNames"]
        else:
            rules = whole["properties"][step]
    return instances.resolved(rules)


def _pair(bound: Bound, leaf: Any, instances: Instances, chance: random.Random) -> tuple[Any, Any]:
    """A value at the bound and one beyond it."""
    further = bound.limit + (1 if bound.keyword.startswith("max") else -1)
    if bound.keyword.endswith("imum"):
        return bound.limit, further
    if bound.keyword.endswith("Length"):
        text = chance.choice(TEXTS)
        place = chance.randrange(len(text)) if text else 0
        return as_long(text, place, bound.limit), as_long(text, place, further)
    if bound.keyword.endswith("Items"):
        rule = leaf.get("items", {})
        items = [instances.of(rule) for _ in range(max(bound.limit, further))]
        return items[: bound.limit], items[: max(0, further)]
    names = chance.sample(sorted(leaf["properties"]), len(leaf["properties"]))
    some = {name: _property(leaf["properties"][name], instances, chance) for name in names[: max(bound.limit, further)]}
    return dict([*some.items()][: bound.limit]), dict([*some.items()][: max(0, further)])


def _property(rule: Any, instances: Instances, chance: random.Random) -> Any:
    return None if instances.allows(rule, None) and chance.random() < 0.5 else instances.of(rule)


def as_long(text: str, place: int, length: int) -> str:
    """The text made so long by one of its characters, or cut where it is longer."""
    return (text[:place] + text[place : place + 1] * max(0, length - len(text)) + text[place:])[: max(0, length)]

"""Values: every value is documented and typed, defaults are valid, and null works over each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from .bundle import CHART, KEDA, ROOT, merged, render

DEFAULTS: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))


def leaves(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every value that the file documents: scalars, lists, empty maps, and maps of free form."""
    for key, value in values.items():
        if isinstance(value, dict) and value and properties((*path, key)):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def properties(path: tuple[str, ...]) -> dict[str, Any]:
    """The known keys under a path of the schema; empty for free form."""
    part: Any = SCHEMA
    for key in path:
        part = part.get("properties", {}).get(key, {})
        if "$ref" in part:
            part = SCHEMA["definitions"][part["$ref"].rsplit("/", 1)[1]]
    known: dict[str, Any] = part.get("properties", {})
    return known


LEAVES = sorted(leaves(DEFAULTS))


def branches() -> Iterator[tuple[str, ...]]:
    """Every map of values on the way to a leaf."""
    yield from sorted({path[:length] for path in LEAVES for length in range(1, len(path))})


def test_every_value_is_in_the_schema_and_every_schema_key_is_a_value() -> None:
    """values.yaml and values.schema.json know the same keys; llm-engine's, which are ignored, have the schema true."""
    for path in [(), *branches()]:
        here: Any = DEFAULTS
        for key in path:
            here = here[key]
        typed = {key for key, value in properties(path).items() if value is not True}
        # llm-engine's two names are read for its own rule, and have no default here.
        assert set(here) == (typed if path else typed - {"fullnameOverride", "serviceIdentifier"}), path


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_every_value_is_described(path: tuple[str, ...]) -> None:
    """The chart's README has a row with a description for every value, or for the map that it is a part of."""
    lines = (CHART / "README.md").read_text(encoding="utf-8").splitlines()
    names = {f"| {'.'.join(path[:length])} |" for length in range(1, len(path) + 1)}
    rows = [line for line in lines if any(line.startswith(name) for name in names)]
    assert len(rows) == 1
    description = rows[0].rstrip(" |").rsplit(" | ", 1)[-1]
    assert len(description) > 10


@pytest.mark.parametrize("path", [*LEAVES, *branches()], ids=".".join)
@pytest.mark.parametrize("base", [{}, KEDA], ids=["fixed", "keda"])
def test_null_over_any_value_works(path: tuple[str, ...], base: dict[str, Any]) -> None:
    """Null over a default leaves a field out, and every document is still whole."""
    values: Any = None
    for key in reversed(path):
        values = {key: values}
    if base and path in {("temporal", "connection"), ("temporal", "connection", "address")}:
        return  # without an address `scaling: keda` is refused, null or not
    bundle = render(merged(base, values))
    assert bundle.deployment("cpu")["kind"] == "Deployment"
    assert bundle.deployment("gpu")["kind"] == "Deployment"
    for key in bundle.templates:
        assert "<no value>" not in bundle.templates[key].text
        assert "<nil>" not in bundle.templates[key].text


def test_global_and_llm_engines_keys_are_allowed() -> None:
    """`global` and every one of llm-engine's top-level keys is accepted, whatever it holds."""
    ignored = [key for key, value in SCHEMA["properties"].items() if value is True]
    assert "global" in ignored
    assert len(ignored) > 50
    assert render({key: {"any": ["thing"]} for key in ignored}).templates


def test_every_ci_values_file_is_a_scenario() -> None:
    """chart-testing's values files are scenarios of the review too."""
    assert sorted(each.name for each in (CHART / "ci").glob("*")) == sorted(
        each.name for each in (CHART / "ci").glob("*-values.yaml")
    )
    assert (ROOT / "helm-nested.yaml").read_text(encoding="utf-8").count("ci/*-values.yaml") == 1

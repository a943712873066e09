"""Every bound of values.schema.json is right: what stands at it works, and what goes one beyond it is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import jsonschema_rs
import pytest

from helm_nested.engine import Release
from helm_nested.errors import RenderError, ValuesError
from helm_nested.kubernetes import validation

from .bundle import CHART, ROOT, configuration, render
from .including import Interpreter
from .judged import faults
from .schema_bounds import Bound, bounds, witness

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
ALL = list(bounds(SCHEMA))
PROGRAM = validation.find_program(ROOT)
# Bounds of a definition that a rule of one place makes narrower, so that there they decide nothing.
NARROWER = {
    "gpuTolerations.0.value maxLength *": "llm-engine reads the key alone, so a value is refused",
    "gpuTolerations.0.tolerationSeconds *": "llm-engine reads the key alone, so a time is refused",
    "temporal.preStop.httpGet.port m??Length *": "the only named port of a worker's container is metrics",
    "temporal.probes.*.port m??Length *": "the only named port of a worker's container is metrics",
    "temporal.probes.liveness.successThreshold maximum *": "Kubernetes takes 1 alone for a liveness probe",
    "temporal.probes.startup.successThreshold maximum *": "Kubernetes takes 1 alone for a startup probe",
    "temporal.probes.readiness.terminationGracePeriodSeconds *": "Kubernetes takes none for a readiness probe",
    "temporal.networkPolicy.*.matchExpressions.0.values maxItems *": "the API server keeps no empty list of a policy",
    "temporal.extraVolumes.0.azureDisk.diskURI minLength *": "it begins with https:// or /subscriptions/",
}


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    """The schema as other charts have it."""
    return Interpreter(tmp_path_factory.mktemp("bounds"))


def release() -> Release:
    """A cluster of the newest Kubernetes there is, as an older one takes some fields away."""
    newest = f"v{validation.release(PROGRAM)}" if PROGRAM else "v1.36.0"
    return replace(configuration().release, kube_version=newest)


def renders(values: Any) -> bool:
    """Whether the chart takes these values."""
    try:
        render(values, release=release())
    except (RenderError, ValuesError):
        return False
    return True


found = partial(witness, schema=SCHEMA, allows=jsonschema_rs.validator_for(SCHEMA).is_valid, renders=renders)


def is_narrower(bound: Bound) -> bool:
    """Whether another rule is narrower there."""
    return any(fnmatchcase(bound.name, glob) for glob in NARROWER)


def test_no_bound_is_forgotten() -> None:
    """Every keyword that bounds something is among them, those in conditions and definitions included."""
    text = json.dumps(SCHEMA)
    places = {(bound.place, bound.keyword) for bound in ALL}
    for keyword in ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"):
        assert text.count(f'"{keyword}"') == len({place for place, word in places if word == keyword})
    assert all(any(fnmatchcase(bound.name, glob) for bound in ALL) for glob in NARROWER)


@pytest.mark.parametrize("bound", ALL, ids=lambda bound: bound.name)
def test_what_is_at_the_bound_works_and_one_beyond_is_refused(bound: Bound, interpreter: Interpreter) -> None:
    """At the bound values render, and Kubernetes' own code takes every object; beyond it every way in refuses them."""
    if is_narrower(bound):
        assert found(bound) is None
        return
    values = found(bound)
    assert values is not None, "no values were found where this bound decides"
    bundle = render(values.taken, release=release())
    if PROGRAM:
        assert not faults(PROGRAM, bundle), values.taken
    with pytest.raises(ValuesError):
        render(values.refused, release=release())
    (problems,) = interpreter.problems([values.bare])
    assert any(path(values.bare, bound) in problem["what"] for problem in problems), problems


def path(values: Any, bound: Bound) -> str:
    """Where the bound is, as messages write it; for a key, and for keys that depend on each other, the map."""
    text = ""
    depends = re.search(r"[.](if|not)[.]|oneOf|anyOf", bound.place)
    for step in bound.steps[:-1] if depends else bound.steps:
        if isinstance(step, int):
            text, values = f"{text}[{step}]", values[step]
        elif step in values:
            text, values = f"{text}.{step}", values[step]
        elif step == "<any key>":
            (key,) = values
            text, values = f"{text}.{key}", values[key]
    return text.removeprefix(".")

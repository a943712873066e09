"""The chart of this repository passes every check, whole and as bundles see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.checks import (
    BundleSubject,
    Claims,
    CustomSchema,
    DocumentSubject,
    External,
    TemplateSubject,
)
from helm_nested.configuration import load_configuration
from helm_nested.engine import IN_PROCESS, open_engine
from helm_nested.rendering import Renderer, Rendering
from helm_nested.scenario import load_scenario
from nested_templates.contract import load_argument_sets, load_contract
from nested_templates.encoder import ENCODERS
from nested_templates.yaml_documents import Document

from .every_check import CHECKS, MINORS, ROOT, of_scope

SCENARIOS = [*sorted((ROOT / "values").glob("*.yaml")), *sorted((ROOT / "charts").glob("*/ci/*-values.yaml"))]


@cache
def rendering(file: Path) -> Rendering:
    """Both stages of a scenario of this repository's chart."""
    configuration = load_configuration(ROOT / "helm-nested.yaml")
    contract = load_contract(configuration.contract)
    renderer = Renderer(
        engine=open_engine(IN_PROCESS, load_chart(configuration.chart)),
        release=configuration.release,
        selectors=configuration.selectors,
        contract=contract,
        argument_sets=load_argument_sets(configuration.argument_sets, contract),
        encoder=ENCODERS["json"],
    )
    return renderer.render(load_scenario([file]))


@cache
def chart_claims() -> Claims:
    """Every schema there is, and everything that a document may refer to is there."""
    schemas = [
        CustomSchema("keda.sh/v1alpha1", kind, folder / f"{kind.lower()}.json")
        for folder in sorted((ROOT / "schemas" / "keda").glob("v*"))
        for kind in ("ScaledObject", "TriggerAuthentication", "ClusterTriggerAuthentication")
    ]
    return Claims(
        MINORS, tuple(schemas), (External("*", "*", "the platform"),), {"VerticalPodAutoscaler": "none is at hand"}
    )


def bundles(rendered: Rendering) -> Mapping[str, list[Document]]:
    """The documents of both stages, for each argument set."""
    found: dict[str, list[Document]] = defaultdict(lambda: list(rendered.objects))
    for each in rendered.filled:
        found[each.argument_set.name] += each.documents
    return found


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_nothing_is_found_in_the_chart(file: Path) -> None:
    """No check finds anything in any scenario, with any argument set."""
    rendered = rendering(file)
    contract = load_contract(ROOT / "schemas" / "contract.schema.json")
    claims = chart_claims()
    levels = {"root-images": "baseline", "kubernetes-defaults": "privileged"}
    level: Any = levels.get(file.stem, "restricted")
    found = []
    for name in of_scope("template"):
        for template in rendered.service_templates:
            found += [(name, template.key, each) for each in CHECKS[name].run(TemplateSubject(template, contract))]
    for argument_set, documents in bundles(rendered).items():
        for name in of_scope("document"):
            for document in documents:
                subject = DocumentSubject(document, claims, level)
                found += [(name, argument_set, each) for each in CHECKS[name].run(subject)]
        for name in of_scope("bundle"):
            found += [(name, argument_set, each) for each in CHECKS[name].run(BundleSubject(documents, claims))]
    assert found == []


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_views_say_the_same_of_the_chart(file: Path) -> None:
    """With nothing external, what is said of the views is what is said of the documents."""
    for documents in bundles(rendering(file)).values():
        for name in of_scope("bundle"):
            check = CHECKS[name]
            views = [check.view(document) for document in documents]
            for namespace in (None, "launch"):
                expected = list(check.run(BundleSubject(documents, Claims(), namespace)))
                assert list(check.run(BundleSubject(views, Claims(), namespace))) == expected

"""Compare the in-process engine with both helm binaries, and the embedded validator with kubeconform."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import unified_diff
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from scripts import kubeconform
from tqdm import tqdm

from helm_nested.chart import Chart, load_chart
from helm_nested.checks import kubernetes_schema as kubernetes_schema_check
from helm_nested.configuration import Configuration, load_configuration
from helm_nested.engine import IN_PROCESS, Engine, Manifest, Release, open_engine, open_in_process
from helm_nested.engine.helm_log import silenced
from helm_nested.errors import HelmNestedError
from helm_nested.findings.refusal import Refusal, difference, load_refusals
from helm_nested.kubernetes.api_group import is_custom
from helm_nested.kubernetes.schema import is_valid, schema_folder, schema_name
from helm_nested.rendering import Renderer
from helm_nested.scenario import load_scenarios
from nested_templates.contract import load_argument_sets, load_contract
from nested_templates.encoder import ENCODERS
from nested_templates.json_value import json_faults
from nested_templates.yaml_documents import Document, load_documents

ROOT = Path(__file__).parent.parent
KUBECONFORM = ROOT / "build" / "tools" / "kubeconform"
BINARIES = (ROOT / "build" / "tools" / "helm4", ROOT / "build" / "tools" / "helm3")
Item = TypeVar("Item")
Result = TypeVar("Result")
# The merged values as one document, in letters that no YAML reader changes.
MERGED = "kind: Values\nvalues: {{ toJson .Values | b64enc }}\n"


def main() -> int:
    """0: every document, refusal and verdict is the same; 1: one differs; 2: could not be compared."""
    missing = [str(each.relative_to(ROOT)) for each in (*BINARIES, KUBECONFORM) if not each.exists()]
    if missing:
        print(f"could not compare: {', '.join(missing)} not built. Run: make tools", file=sys.stderr)
        return 2
    configuration = load_configuration(ROOT / "helm-nested.yaml")
    differing = sum(engine_differences(configuration, binary) for binary in BINARIES)
    differing += sum(refusal_differences(configuration, binary) for binary in BINARIES)
    differing += values_differences(configuration)
    differing += validator_differences(configuration)
    return 1 if differing else 0


def engine_differences(configuration: Configuration, binary: Path) -> int:
    """How many scenarios the in-process engine renders otherwise than the binary; each is shown."""
    chart = load_chart(configuration.chart)
    reference, engine = open_engine(IN_PROCESS, chart), open_engine(str(binary), chart)
    differing = compared = 0
    for scenario in load_scenarios(configuration.scenarios):
        expected = engine.render(scenario.layers, configuration.release).manifests
        found = reference.render(scenario.layers, configuration.release).manifests
        compared += len(expected)
        if expected == found:
            continue
        differing += 1
        print(f"{scenario.name}: {reference.description} differs from {engine.description}")
        difference = unified_diff(lines(expected), lines(found), engine.description, reference.description, lineterm="")
        print("\n".join(list(difference)[:40]))
    pair = f"{reference.description} and {engine.description}"
    print(f"{pair}: {compared} documents compared, {differing} scenarios differ")
    return differing


def refusal_differences(configuration: Configuration, binary: Path) -> int:
    """How many inputs the binary accepts that must be refused, or refuses otherwise than expected; each is shown."""
    engine = open_engine(str(binary), load_chart(configuration.chart))
    refusals = load_refusals(configuration.refused) if configuration.refused else []

    def compare(refusal: Refusal) -> str | None:
        render = partial(engine.render, [json.dumps(refusal.values)], configuration.release)
        return difference(refusal, render, refusal.helm)

    differing = 0
    for refusal, said in zip(refusals, in_parallel(compare, refusals, engine.description), strict=True):
        if said is not None:
            differing += 1
            print(f"{refusal.name}: {engine.description} differs")
            print(f"  expected: a refusal by the {refusal.by} with {refusal.helm!r}")
            print(f"  said:     {said}")
    print(f"{engine.description}: {len(refusals)} refused inputs, {differing} accepted or refused in other words")
    return differing


def values_differences(configuration: Configuration) -> int:
    """How many refused inputs a binary merges into other values than the in-process engine; each is shown.

    A null that only one of them keeps is no difference: Helm 3 hands a chart's own null to schema and templates, and
    Helm 4 drops it. What is refused must be refused either way.
    """
    refusals = load_refusals(configuration.refused) if configuration.refused else []
    release = configuration.release
    with TemporaryDirectory() as folder:
        chart = chart_of_values(load_chart(configuration.chart), Path(folder, "chart"))
        reference = open_in_process(chart)
        # Helm warns of values of another type than the chart's own, and here such values are what is asked for.
        with silenced():
            wanted = [merged_values(*reference.render_texts(each.values, release).values()) for each in refusals]
        return sum(
            values_differences_of(open_engine(str(binary), chart), release, refusals, wanted, reference.description)
            for binary in BINARIES
        )


def values_differences_of(
    engine: Engine, release: Release, refusals: Sequence[Refusal], wanted: Sequence[Any], reference: str
) -> int:
    """The same for one binary, with the chart that renders the merged values."""

    def merged(refusal: Refusal) -> Any:  # noqa: ANN401 - any YAML
        (manifest,) = engine.render([json.dumps(refusal.values)], release).manifests
        return merged_values(manifest.text)

    differing = nulls = 0
    every = in_parallel(merged, refusals, f"{engine.description}, values")
    for refusal, expected, found in zip(refusals, wanted, every, strict=True):
        nulls += found != expected
        if without_nulls(found) != without_nulls(expected):
            differing += 1
            print(f"{refusal.name}: {engine.description} merges other values than {reference}")
            print(f"  expected: {json.dumps(expected)}")
            print(f"  found:    {json.dumps(found)}")
    print(
        f"{reference} and {engine.description}: {len(refusals)} merged values compared, {differing} differ, "
        f"{nulls - differing} only in nulls"
    )
    return differing


def chart_of_values(chart: Chart, folder: Path) -> Chart:
    """A chart with the same default values and no schema, which renders nothing but the merged values."""
    shutil.copytree(chart.path, folder, ignore=shutil.ignore_patterns("templates", "values.schema.json"))
    (folder / "templates").mkdir()
    (folder / "templates" / "values.yaml").write_text(MERGED, encoding="utf-8")
    return load_chart(folder)


def merged_values(text: str) -> Any:  # noqa: ANN401 - any YAML
    """What MERGED was rendered from."""
    return json.loads(base64.b64decode(text.split()[-1]))


def without_nulls(values: Any) -> Any:  # noqa: ANN401 - any YAML
    """The values without the keys that are null; lists are merged by neither Helm, and stay as they are."""
    if not isinstance(values, dict):
        return values
    return {key: without_nulls(value) for key, value in values.items() if value is not None}


def in_parallel(work: Callable[[Item], Result], items: Sequence[Item], name: str) -> Iterator[Result]:
    """The results in the order of the items, worked on by every core, with a bar of progress on a terminal."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from tqdm(pool.map(work, items), desc=name, total=len(items), unit=" inputs", disable=None, leave=False)


def validator_differences(configuration: Configuration) -> int:
    """How many documents, valid ones and the check's examples, kubeconform judges otherwise than we do."""
    contract = load_contract(configuration.contract)
    renderer = Renderer(
        open_engine(IN_PROCESS, load_chart(configuration.chart)),
        configuration.release,
        configuration.selectors,
        contract,
        load_argument_sets(configuration.argument_sets, contract),
        ENCODERS[configuration.encoder],
    )
    found: list[Document] = []
    for scenario in load_scenarios(configuration.scenarios):
        rendering = renderer.render(scenario)
        found += rendering.objects
        found += [document for filled in rendering.filled for document in filled.documents]
    documents = list(
        {json.dumps(each, sort_keys=True, default=str): each for each in found if not is_custom(each)}.values()
    )
    documents += [each for text in kubernetes_schema_check.CHECK.failing for each in load_documents(text, "an example")]
    differing = compared = 0
    for minor in configuration.claims.kubernetes_minors:
        # What no JSON can carry, like a date, kubeconform never sees.
        checkable = [each for each in documents if has_schema(each, minor) and not list(json_faults(each))]
        answers = kubeconform.verdicts(KUBECONFORM, checkable, minor)
        compared += len(checkable)
        for document, answer in zip(checkable, answers, strict=True):
            if is_valid(document, minor) != (answer is None):
                differing += 1
                print(f"Kubernetes {minor}, {document['kind']}: kubeconform says {answer or 'valid'}")
    print(f"the embedded validator and kubeconform: {compared} verdicts compared, {differing} differ")
    return differing


def has_schema(document: Document, minor: str) -> bool:
    """Whether that minor version has a schema for the document at all; both then say that it could not be checked."""
    return (schema_folder(minor) / schema_name(str(document.get("kind")), str(document.get("apiVersion")))).is_file()


def lines(manifests: Iterable[Manifest]) -> list[str]:
    """Manifests as the lines of one text, each under its template's name."""
    return "\n".join(f"# {manifest.source}\n{manifest.text}" for manifest in manifests).splitlines()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HelmNestedError as error:
        print(f"could not compare: {error}", file=sys.stderr)
        sys.exit(2)

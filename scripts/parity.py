"""Compare the in-process engine with both helm binaries, and the embedded validator with kubeconform."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path

from helm_nested import kubeconform
from helm_nested.chart import load_chart
from helm_nested.checks import kubernetes_schema as kubernetes_schema_check
from helm_nested.checks.api_group import is_custom
from helm_nested.checks.json_value import json_faults
from helm_nested.configuration import Configuration, load_configuration
from helm_nested.contract import load_argument_sets, load_contract
from helm_nested.encoder import ENCODERS
from helm_nested.engine import IN_PROCESS, Manifest, open_engine
from helm_nested.errors import HelmNestedError
from helm_nested.kubernetes_schema import is_valid, schema_folder, schema_name
from helm_nested.rendering import Renderer
from helm_nested.scenario import load_scenarios
from helm_nested.yaml_documents import Document, load_documents

ROOT = Path(__file__).parent.parent
KUBECONFORM = ROOT / "build" / "tools" / "kubeconform"
BINARIES = (ROOT / "build" / "tools" / "helm4", ROOT / "build" / "tools" / "helm3")


def main() -> int:
    """0: every document and verdict is the same; 1: one differs; 2: could not be compared."""
    missing = [str(each.relative_to(ROOT)) for each in (*BINARIES, KUBECONFORM) if not each.exists()]
    if missing:
        print(f"could not compare: {', '.join(missing)} not built. Run: make tools", file=sys.stderr)
        return 2
    configuration = load_configuration(ROOT / "helm-nested.yaml")
    differing = sum(engine_differences(configuration, binary) for binary in BINARIES)
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

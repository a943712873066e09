"""Compare the in-process engine with both helm binaries, document by document, for every scenario."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path

from helm_nested.chart import load_chart
from helm_nested.configuration import load_configuration
from helm_nested.engine import IN_PROCESS, Manifest, open_engine
from helm_nested.errors import HelmNestedError
from helm_nested.scenario import load_scenarios

ROOT = Path(__file__).parent.parent
BINARIES = (ROOT / "build" / "tools" / "helm4", ROOT / "build" / "tools" / "helm3")


def main() -> int:
    """0: every document is the same; 1: one differs; 2: could not be compared."""
    missing = [str(binary.relative_to(ROOT)) for binary in BINARIES if not binary.exists()]
    if missing:
        print(f"could not compare: {', '.join(missing)} not built. Run: make tools", file=sys.stderr)
        return 2
    configuration = load_configuration(ROOT / "helm-nested.yaml")
    chart = load_chart(configuration.chart)
    reference = open_engine(IN_PROCESS, chart)
    differing = compared = 0
    for binary in BINARIES:
        engine = open_engine(str(binary), chart)
        for scenario in load_scenarios(configuration.scenarios):
            expected = engine.render(scenario.layers, configuration.release).manifests
            found = reference.render(scenario.layers, configuration.release).manifests
            compared += len(expected)
            if expected == found:
                continue
            differing += 1
            print(f"{scenario.name}: {reference.description} differs from {engine.description}")
            difference = unified_diff(
                lines(expected), lines(found), engine.description, reference.description, lineterm=""
            )
            print("\n".join(list(difference)[:40]))
        print(f"{reference.description} = {engine.description}: {compared} documents compared")
        compared = 0
    return 1 if differing else 0


def lines(manifests: Iterable[Manifest]) -> list[str]:
    """Manifests as the lines of one text, each under its template's name."""
    return "\n".join(f"# {manifest.source}\n{manifest.text}" for manifest in manifests).splitlines()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HelmNestedError as error:
        print(f"could not compare: {error}", file=sys.stderr)
        sys.exit(2)

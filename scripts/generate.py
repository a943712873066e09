"""Write what is generated, or with --check compare it with what is there and show the differences."""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from scripts.distribution_locks import DISTRIBUTIONS, build_lock, control_plane_lock
from scripts.settings_page import settings_page

from helm_nested.check_page import check_page

ROOT = Path(__file__).parent.parent
CHART = ROOT / "charts" / "temporal-endpoints"
LIBRARY = ROOT / "charts" / "temporal-service-templates"
HELM_DOCS = ROOT / "build" / "tools" / "helm-docs"


# The keywords of JSON Schema that templates/validations/_conformity.tpl understands.
_IN_WORDS = {"$schema", "$comment", "title", "description"}
_OF_ONE_SCHEMA = {"items", "propertyNames", "not", "if", "then"}
_OF_SCHEMAS = {"allOf", "anyOf", "oneOf"}
_PLAIN = {
    "$ref", "additionalProperties", "enum", "maxItems", "maxLength", "maxProperties", "maximum", "minItems",
    "minLength", "minProperties", "minimum", "pattern", "required", "uniqueItems",
}  # fmt: skip


class CannotGenerateError(Exception):
    """What it takes is not here; the text says how to get it."""


def defaults() -> str:
    """values.yaml as a template, so that a chart that includes the service templates has the same defaults."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return (
        "{{- /*\n"
        "temporal-endpoints.defaults: values.yaml, for a chart that includes the service templates.\n"
        "Generated from values.yaml by `make docs`; do not edit.\n"
        "*/ -}}\n"
        '{{- define "temporal-endpoints.defaults" -}}\n'
        f"{yaml.safe_dump(values, sort_keys=False)}"
        "{{- end }}\n"
    )


def schema() -> str:
    """values.schema.json as a template: what it says of the values that the service templates read."""
    source = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    # What is merely accepted are llm-engine's keys that are not read, and another chart has keys of its own.
    properties = {name: rules for name, rules in source["properties"].items() if rules is not True}
    shared = source["definitions"]
    lines = [
        "{{- /*",
        "temporal-endpoints.schema: values.schema.json, for a chart that includes the service templates.",
        "Generated from values.schema.json by `make docs`; do not edit.",
        "*/ -}}",
        '{{- define "temporal-endpoints.schema" -}}',
        '{"properties": {',
        *_each_on_a_line(properties),
        '}, "definitions": {',
        *_each_on_a_line(shared),
        "}}",
        "{{- end }}",
    ]
    return "\n".join(lines) + "\n"


def placeholders() -> str:
    """The names of the contract's arguments as a template, so that one in a value that nobody fills can be named."""
    contract = json.loads((ROOT / "schemas" / "contract.schema.json").read_text(encoding="utf-8"))
    return (
        "{{- /*\n"
        "temporal-endpoints.placeholders: the arguments of the service templates, as alternatives of a pattern.\n"
        "Generated from schemas/contract.schema.json by `make docs`; do not edit.\n"
        "*/ -}}\n"
        '{{- define "temporal-endpoints.placeholders" -}}\n'
        f"{'|'.join(contract['properties'])}\n"
        "{{- end }}\n"
    )


def library_chart() -> str:
    """Chart.yaml of the library chart, which is this chart's defines by another name, at the same version."""
    source = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    own = {
        "name": "temporal-service-templates",
        "description": "Service templates of temporal-endpoints for a chart that includes them, as llm-engine's may",
        "type": "library",
    }
    # Nothing is installed, so no image and no recommendation goes along.
    kept = {key: value for key, value in {**source, **own}.items() if key not in {"annotations", "appVersion"}}
    text = yaml.dump(kept, Dumper=_Indented, sort_keys=False, width=160)
    return f"# Generated from charts/temporal-endpoints/Chart.yaml by `make docs`; do not edit.\n{text}"


class _Indented(yaml.SafeDumper):
    """Writes lists as the other charts do, two spaces in."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def _each_on_a_line(parts: dict[str, Any]) -> list[str]:
    """The parts of a schema as JSON, one a line."""
    texts = [f"{json.dumps(name)}: {json.dumps(_understood(part, name))}" for name, part in parts.items()]
    return [f"{text}," for text in texts[:-1]] + texts[-1:]


def _understood(part: Any, where: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """A schema of the keywords that templates/validations/_conformity.tpl knows, each type as a list."""
    if not isinstance(part, dict):
        raise CannotGenerateError(
            f"values.schema.json, {where}: {json.dumps(part)} is not a map of keywords. Write one."
        )
    found: dict[str, Any] = {}
    for keyword, rule in part.items():
        here = f"{where}.{keyword}"
        if keyword in _IN_WORDS:
            continue
        if keyword == "type":
            found[keyword] = [rule] if isinstance(rule, str) else rule
        elif keyword in _OF_ONE_SCHEMA or (keyword == "additionalProperties" and rule is not False):
            found[keyword] = _understood(rule, here)
        elif keyword in _OF_SCHEMAS:
            found[keyword] = [_understood(each, here) for each in rule]
        elif keyword == "properties":
            found[keyword] = {name: _understood(each, f"{here}.{name}") for name, each in rule.items()}
        elif keyword in _PLAIN:
            found[keyword] = rule
        else:
            raise CannotGenerateError(
                f"values.schema.json, {here}: templates/validations/_conformity.tpl does not know this keyword. "
                "Teach it the keyword, or say the rule with others."
            )
    if ("if" in found) != ("then" in found):
        raise CannotGenerateError(f"values.schema.json, {where}: write 'if' and 'then' together.")
    if "{{" in json.dumps(found):
        raise CannotGenerateError(f"values.schema.json, {where}: Helm would take '{{{{' for a template. Avoid it.")
    return found


def chart_readme() -> str:
    """The chart's README from the comments in values.yaml."""
    if not HELM_DOCS.exists():
        raise CannotGenerateError(f"{HELM_DOCS.relative_to(ROOT)} is not built. Run: make tools")
    done = subprocess.run(
        [HELM_DOCS, "--chart-search-root", CHART, "--template-files", "README.md.gotmpl", "--sort-values-order", "file",
         "--dry-run", "--log-level", "error"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or not done.stdout.strip():
        raise CannotGenerateError(f"helm-docs failed: {done.stderr.strip()}. Correct values.yaml or README.md.gotmpl.")
    return done.stdout.strip() + "\n"


def contract_page() -> str:
    """The contract as a table for people."""
    schema = json.loads((ROOT / "schemas" / "contract.schema.json").read_text(encoding="utf-8"))
    lines = [
        "# The contract: every argument of the service templates",
        "",
        "Generated from `schemas/contract.schema.json` by `make docs`.",
        "A *scalar* stands inside double quotes or is a bare number. A *line* is the one line of a block scalar",
        "(`|2-`), where quotes and backslashes are themselves. A *value* is a whole list, an *entry* is a line",
        "of a map. What changes while the endpoint exists (`x-changes`) may not be in a selector or another field that",
        "Kubernetes never changes; the check `selector-changes` looks for it.",
        "",
        "A key that fills to nothing (no document, only a comment, which PyYAML reads as None) means: this endpoint",
        "has no such object, so delete the one of that name if it is there. A control plane that only applies leaves",
        "it: after `scaling: keda` became `fixed`, a ScaledObject that stays takes workers below MAX_WORKERS.",
        "UPGRADING.md has the order of such a change.",
        "",
        "| argument | position | supplier | unit | what it is |",
        "|---|---|---|---|---|",
    ]
    for name, part in schema["properties"].items():
        unused = f" *Not used: {part['x-unused']}*" if part.get("x-unused") else ""
        changes = " *Changes while the endpoint exists.*" if part.get("x-changes") else ""
        text = f"{part['description']}{changes}{unused}".replace("|", "\\|").replace("\n", " ")
        lines.append(
            f"| `{name}` | {part['x-position']} | {part['x-supplier']} | {part.get('x-unit') or ''} | {text} |"
        )
    return "\n".join(lines) + "\n"


GENERATED: dict[Path, Callable[[], str]] = {
    CHART / "templates" / "_defaults.tpl": defaults,
    CHART / "templates" / "validations" / "_schema.tpl": schema,
    CHART / "templates" / "validations" / "_placeholders.tpl": placeholders,
    LIBRARY / "Chart.yaml": library_chart,
    CHART / "README.md": chart_readme,
    ROOT / "docs" / "contract.md": contract_page,
    ROOT / "docs" / "checks.md": check_page,
    ROOT / "docs" / "settings.md": settings_page,
    DISTRIBUTIONS / "temporal-endpoints" / "build.lock": build_lock,
    DISTRIBUTIONS / "temporal-endpoints" / "requirements.lock": control_plane_lock,
}


def main() -> int:
    """0: all written or all the same; 1: something differs; 2: something could not be generated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, show what differs")
    check = parser.parse_args().check
    status = 0
    for path, generate in GENERATED.items():
        name = str(path.relative_to(ROOT))
        try:
            text = generate()
        except CannotGenerateError as error:
            print(f"{name}: could not be {'checked' if check else 'written'}: {error}", file=sys.stderr)
            status = 2
            continue
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif text != before:
            difference = difflib.unified_diff(
                before.splitlines(), text.splitlines(), f"{name} (committed)", f"{name} (generated)", lineterm=""
            )
            print("\n".join(difference))
            print(f"{name} is not what its source says. Run: make docs", file=sys.stderr)
            status = status or 1
        else:
            print(f"{name}: the same")
    return status


if __name__ == "__main__":
    sys.exit(main())

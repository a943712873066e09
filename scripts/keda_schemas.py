#!/usr/bin/env python3
"""Generates schemas/keda/<version>/ from KEDA's Go module, for each version that a tools/keda/*/go.mod requires."""

from __future__ import annotations

import argparse
import base64
import difflib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from helm_nested.kubernetes.structural_schema import strict

Schema = dict[str, Any]

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "tools" / "keda"
SCHEMAS = REPOSITORY / "schemas" / "keda"
CONSTRAINTS = SCHEMAS / "temporal-trigger-constraints.yaml"
MODULE = "github.com/kedacore/keda/v2"
DRAFT = "http://json-schema.org/draft-07/schema#"
RESOURCE_DEFINITIONS = {
    "scaledobject.json": "config/crd/bases/keda.sh_scaledobjects.yaml",
    "triggerauthentication.json": "config/crd/bases/keda.sh_triggerauthentications.yaml",
    "clustertriggerauthentication.json": "config/crd/bases/keda.sh_clustertriggerauthentications.yaml",
}
# KEDA renamed its list between 2.18 and 2.19.
PARAMETER_LISTS = ("schema/generated/scalers-schema.json", "schema/generated/scalers-metadata-schema.json")
# KEDA's list of parameters lacks scalers in some versions; this is where it chooses one by its type.
SCALERS = "pkg/scaling/scalers_builder.go"
# A keyword in none of these three sets would be dropped without a word, so it stops the generation instead.
COPIED = {
    "default",
    "enum",
    "format",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "required",
    "type",
}
TRANSLATED = {"additionalProperties", "anyOf", "description", "items", "nullable", "properties"}
KUBERNETES_ONLY = {
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
}
PARAMETER_KEYS = {
    "name",
    "type",
    "default",
    "optional",
    "deprecated",
    "deprecatedAnnounce",
    "metadataVariableReadable",
    "envVariableReadable",
    "triggerAuthenticationVariableReadable",
}


class CannotGenerateError(Exception):
    """Says what is missing or not understood, and what to do about it."""


@dataclass
class ModuleArchive:
    """The archive of one version of KEDA's module, whose sum equals the one in go.sum."""

    version: str
    sum: str
    path: Path
    digests: dict[str, str] = field(default_factory=dict)

    def read(self, *names: str) -> bytes:
        """Returns the first of these files that the archive holds, and remembers its digest."""
        with zipfile.ZipFile(self.path) as archive:
            held = set(archive.namelist())
            for name in names:
                member = f"{MODULE}@{self.version}/{name}"
                if member in held:
                    content = archive.read(member)
                    self.digests[name] = hashlib.sha256(content).hexdigest()
                    return content
        raise CannotGenerateError(
            f"KEDA {self.version} has none of {', '.join(names)}; "
            f"look up where it moved and add the path to {Path(__file__).name}"
        )


def required_version(folder: Path) -> tuple[str, str]:
    """Returns the version of KEDA that the go.mod in this folder requires, and its sum from the go.sum beside it."""
    shown = folder.relative_to(REPOSITORY)
    requirement = re.search(rf"^require {re.escape(MODULE)} (v\S+)$", (folder / "go.mod").read_text(), re.MULTILINE)
    if not requirement:
        raise CannotGenerateError(f'{shown}/go.mod has no line "require {MODULE} <version>"; write one')
    version = requirement.group(1)
    sums = (folder / "go.sum").read_text() if (folder / "go.sum").exists() else ""
    pinned = re.search(rf"^{re.escape(MODULE)} {re.escape(version)} (h1:\S+)$", sums, re.MULTILINE)
    if not pinned:
        raise CannotGenerateError(
            f'{shown}/go.sum has no sum of {MODULE} {version}; run "go mod download {MODULE}" there'
        )
    return version, pinned.group(1)


def archive_sum(path: Path) -> str:
    """Returns the h1 sum of a module's archive, as Go computes it."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(archive.namelist())
        lines = "".join(f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n" for name in names)
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def fetch(folder: Path) -> ModuleArchive:
    """Has Go download the module that this folder requires, or find it in its cache, and verifies it."""
    version, pinned = required_version(folder)
    go = shutil.which("go")
    if go is None:
        raise CannotGenerateError("could not check: Go is not installed; install Go 1.26 or newer and put it on PATH")
    result = subprocess.run(
        [go, "mod", "download", "-json", MODULE], cwd=folder, capture_output=True, text=True, check=False
    )
    try:
        answer: dict[str, str] = json.loads(result.stdout)
    except json.JSONDecodeError:
        answer = {"Error": result.stderr.strip() or "go mod download said nothing"}
    if "Error" in answer or "Zip" not in answer:
        raise CannotGenerateError(
            f"could not check: KEDA {version} is not to be had: {answer.get('Error', 'no archive')}\n"
            "Run this where Go can reach a module proxy, once; after that its cache is enough."
        )
    path = Path(answer["Zip"])
    # Go verifies what it downloads but trusts its cache; what is read here is this archive, so it is summed here.
    if archive_sum(path) != pinned:
        raise CannotGenerateError(
            f"{path} is not what {folder.relative_to(REPOSITORY)}/go.sum pins; empty Go's cache "
            '("go clean -modcache") and run this again'
        )
    return ModuleArchive(version, pinned, path)


def read_rules(schema: Schema, path: str) -> list[str]:
    """Returns the CEL rules of a structural schema, all of whose keywords are understood."""
    unknown = set(schema) - COPIED - TRANSLATED - KUBERNETES_ONLY
    if unknown:
        raise CannotGenerateError(
            f"{path or '.'}: schema keyword {', '.join(sorted(unknown))} is new; "
            f"teach {Path(__file__).name} what it means"
        )
    rules = [f"{path or '.'}: {rule['rule']}" for rule in schema.get("x-kubernetes-validations", ())]
    below = {f"{path}.{name}": part for name, part in schema.get("properties", {}).items()}
    if "items" in schema:
        below[f"{path}[]"] = schema["items"]
    if isinstance(schema.get("additionalProperties"), dict):
        below[f"{path}.*"] = schema["additionalProperties"]
    return rules + [rule for place, part in below.items() for rule in read_rules(part, place)]


def resource_schema(definition: Schema, version: str) -> Schema:
    """Returns the strict schema of what a CustomResourceDefinition defines in v1alpha1."""
    served = {entry["name"]: entry["schema"]["openAPIV3Schema"] for entry in definition["spec"]["versions"]}
    kind = definition["spec"]["names"]["kind"]
    if "v1alpha1" not in served:
        raise CannotGenerateError(
            f"KEDA {version} serves no v1alpha1 of {kind}; decide which version the chart is to use"
        )
    rules = read_rules(served["v1alpha1"], "")
    schema = strict(served["v1alpha1"])
    schema["properties"]["apiVersion"] = {"const": f"{definition['spec']['group']}/v1alpha1"}
    schema["properties"]["kind"] = {"const": kind}
    schema["properties"]["metadata"] = {"type": "object"}
    schema["required"] = sorted({"apiVersion", "kind", "metadata", *schema.get("required", ())})
    comment = f"Generated by scripts/keda_schemas.py from KEDA {version}; do not edit."
    if rules:
        comment += " Rules of the CRD that JSON Schema cannot express: " + "; ".join(" ".join(r.split()) for r in rules)
    return {"$schema": DRAFT, "$comment": comment, "title": kind, **schema}


def trigger_schema(parameters: list[Schema], constraints: Schema, version: str) -> Schema:
    """Returns the strict schema of a temporal trigger's metadata in this version of KEDA."""
    every = constraints["everyField"]["schema"]
    properties: Schema = {}
    rules: list[Schema] = []
    for parameter in parameters:
        name: str = parameter["name"]
        unknown = set(parameter) - PARAMETER_KEYS
        if unknown or parameter["type"] != "string":
            raise CannotGenerateError(
                f"KEDA {version} says something new of the temporal parameter {name} "
                f"({', '.join(sorted(unknown)) or parameter['type']}); teach {Path(__file__).name} what it means"
            )
        if "deprecated" in parameter:
            # KEDA refuses a trigger with such a field; one that it only announces is deprecatedAnnounce.
            continue
        readable = []
        announcement = {"deprecated": True} if "deprecatedAnnounce" in parameter else {}
        if parameter.get("metadataVariableReadable"):
            own = constraints["fields"].get(name)
            properties[name] = {"type": "string", **every, **announcement}
            if "default" in parameter:
                properties[name]["default"] = parameter["default"]
            if "deprecatedAnnounce" in parameter:
                properties[name]["description"] = parameter["deprecatedAnnounce"]
            if own:
                properties[name].setdefault("description", own["because"])
                properties[name].update(own["schema"])
            readable.append(name)
        if parameter.get("envVariableReadable"):
            properties[f"{name}FromEnv"] = {"type": "string", **every, **announcement}
            readable.append(f"{name}FromEnv")
        if readable and not parameter.get("optional") and "default" not in parameter:
            rules.append(
                {"description": f"{' or '.join(readable)} is required.", "anyOf": [{"required": [n]} for n in readable]}
            )
    for rule in constraints["rules"]:
        if set(rule["names"]) <= set(properties):
            # What fails is "then", so the reason stands there, where a validator's error leads.
            consequence = {"description": rule["because"], **rule["schema"]["then"]}
            rules.append({**rule["schema"], "then": consequence})
    sources = f"KEDA {version} and {CONSTRAINTS.relative_to(REPOSITORY)}"
    return {
        "$schema": DRAFT,
        "$comment": f"Generated by scripts/keda_schemas.py from {sources}; do not edit.",
        "title": "metadata of a temporal trigger",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "allOf": rules,
    }


def type_schema(source: str, version: str) -> Schema:
    """Returns the schema of a trigger's type: the scalers that this version of KEDA builds."""
    types = sorted(set(re.findall(r'^\tcase "([^"]+)":$', source, re.MULTILINE)))
    if "temporal" not in types:
        raise CannotGenerateError(f'{SCALERS} of KEDA {version} has no case "temporal"; look up where it moved')
    return {
        "$schema": DRAFT,
        "$comment": f"Generated by scripts/keda_schemas.py from KEDA {version}; do not edit.",
        "title": "type of a trigger",
        "enum": types,
    }


def generate(target: Path) -> set[str]:
    """Writes every version's schemas below target and returns the versions."""
    constraints: Schema = yaml.safe_load(CONSTRAINTS.read_text())
    known: set[str] = set()
    versions: set[str] = set()
    for requirement in sorted(REQUIREMENTS.glob("*/go.mod")):
        archive = fetch(requirement.parent)
        folder = target / archive.version
        folder.mkdir(parents=True, exist_ok=True)
        for path in RESOURCE_DEFINITIONS.values():
            # As KEDA has it: its rules are for Kubernetes' own code to evaluate.
            (folder / Path(path).name).write_bytes(archive.read(path))
        schemas = {
            name: resource_schema(yaml.safe_load(archive.read(path)), archive.version)
            for name, path in RESOURCE_DEFINITIONS.items()
        }
        scalers = {
            entry["type"]: entry["parameters"] for entry in json.loads(archive.read(*PARAMETER_LISTS))["scalers"]
        }
        schemas["trigger-type.json"] = type_schema(archive.read(SCALERS).decode(), archive.version)
        if "temporal" not in scalers:
            raise CannotGenerateError(
                f"KEDA {archive.version} has no list of the temporal scaler's parameters; "
                f"require 2.18 or newer in {requirement.relative_to(REPOSITORY)}"
            )
        schemas["temporal-trigger.json"] = trigger_schema(scalers["temporal"], constraints, archive.version)
        schemas["source.json"] = {
            "module": MODULE,
            "version": archive.version,
            "sum": archive.sum,
            "sha256": dict(sorted(archive.digests.items())),
        }
        for name, schema in schemas.items():
            (folder / name).write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n")
        known.update(parameter["name"] for parameter in scalers["temporal"])
        versions.add(archive.version)
    named = set(constraints["fields"]).union(*(rule["names"] for rule in constraints["rules"]))
    if named - known:
        raise CannotGenerateError(
            f"{CONSTRAINTS.relative_to(REPOSITORY)}: no version of KEDA here has {', '.join(sorted(named - known))}; "
            "correct the name or remove it"
        )
    return versions


def texts(folder: Path) -> dict[str, str]:
    """Returns each version's files below this folder by relative path."""
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.glob("v*/*"))}


def differences(fresh: dict[str, str]) -> list[str]:
    """Returns a unified diff from the repository's schemas to these."""
    held = texts(SCHEMAS)
    lines: list[str] = []
    for name in sorted({*held, *fresh}):
        old, new = (side.get(name, "").splitlines(keepends=True) for side in (held, fresh))
        lines += difflib.unified_diff(
            old,
            new,
            f"schemas/keda/{name}" if name in held else "/dev/null",
            f"generated/{name}" if name in fresh else "/dev/null",
        )
    return lines


def main() -> int:
    """Writes the schemas, or with --check compares them with what would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing, show what differs, exit 1 when anything does"
    )
    check: bool = parser.parse_args().check
    try:
        with tempfile.TemporaryDirectory() as scratch:
            versions = sorted(generate(Path(scratch)))
            fresh = texts(Path(scratch))
            changes = differences(fresh)
            if not check:
                for name, text in fresh.items():
                    (SCHEMAS / name).parent.mkdir(exist_ok=True)
                    (SCHEMAS / name).write_text(text)
    except CannotGenerateError as error:
        print(f"keda_schemas: {error}", file=sys.stderr)
        return 2
    except (OSError, yaml.YAMLError, zipfile.BadZipFile) as error:
        print(f"keda_schemas: could not check: {error}; correct or restore that file", file=sys.stderr)
        return 2
    if check and changes:
        sys.stdout.writelines(changes)
        print(
            'schemas/keda differs from KEDA; run ".venv/bin/python scripts/keda_schemas.py" and review the change',
            file=sys.stderr,
        )
        return 1
    print(f"schemas/keda: {'up to date with' if check else 'written from'} KEDA {', '.join(versions)}")
    leftover = sorted({name.split("/")[0] for name in texts(SCHEMAS)} - set(versions))
    if leftover:
        print(f"no tools/keda/*/go.mod asks for {', '.join(leftover)}: remove from schemas/keda", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

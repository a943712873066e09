"""The configuration file `helm-nested.yaml`: what the harness must know of a nested chart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from helm_nested.checking.model import Claims, CustomSchema, External
from helm_nested.configuration_schema import EXAMPLE, SCHEMA
from helm_nested.engine import Release, release_map
from helm_nested.errors import ConfigurationError, DocumentError
from helm_nested.file_pattern import matching_files
from helm_nested.kubernetes.validation import find_program, is_required
from helm_nested.schema_problem import schema_problems
from nested_templates.dialect import STRING_TEMPLATE, open_dialect
from nested_templates.document_path import matcher
from nested_templates.input_file import read_text
from nested_templates.service_template import Selector
from nested_templates.template_path import parse_path
from nested_templates.yaml_documents import CONSUMER_READER, load_documents

FILE_NAME = "helm-nested.yaml"


def _is_as_printed(text: str, pattern: str) -> bool:
    """Whether it is that text, in which `*` is any text and brackets are brackets."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


@dataclass(frozen=True)
class Accepted:
    """A failure that is known and meant: check and argument set are globs, the others as they are printed, or with `*`.

    `key` is the text that it is in, which a finding names behind `in:`.
    """

    check: str
    path: str
    reason: str
    key: str = "*"
    argument_set: str = "*"
    message: str = "*"

    def covers(self, check: str, path: str, key: str, argument_set: str | None, message: str) -> bool:
        """Whether this entry stands for that failure."""
        return (
            fnmatchcase(check, self.check)
            and matcher(self.path).fullmatch(path) is not None
            and _is_as_printed(key, self.key)
            and fnmatchcase(argument_set or "", self.argument_set)
            and _is_as_printed(message, self.message)
        )


@dataclass(frozen=True)
class Mutation:
    """What `helm-nested mutants` runs.

    Attributes:
        tests: files and folders of the chart's properties.
        ignore: globs of test ids ("tests/test_a.py::test_b") that are no promises, for example snapshots.
        exclude: templates that are not changed, by a glob of their path in the chart: the reason.
        reasons: the file that says why a mutant changes nothing.
    """

    tests: tuple[Path, ...]
    ignore: tuple[str, ...]
    exclude: Mapping[str, str]
    reasons: Path | None


@dataclass(frozen=True)
class Configuration:
    """What `helm-nested.yaml` says, paths resolved against the file's folder."""

    chart: Path
    release: Release
    selectors: tuple[Selector, ...]
    contract: Path
    encoder: str
    argument_sets: tuple[Path, ...]
    scenarios: tuple[Path, ...]
    # What argument sets and scenarios are found by, in the file's folder.
    patterns: tuple[str, ...]
    matrix: Path | None
    refused: Path | None
    cache: Path
    claims: Claims
    check_modules: tuple[str, ...]
    # Where dialects, filters and globals of the user's own are: paths of .py files, or dotted names.
    dialect_modules: tuple[str, ...]
    pod_security_annotation: str | None
    accepted: tuple[Accepted, ...]
    mutation: Mutation | None = None
    # Whether a check must not go without Kubernetes' own validation.
    requires_kubernetes: bool = False
    # Globs of the keys that `helm-nested patch` may bring into a ConfigMap of somebody else.
    patch_keys: tuple[str, ...] = ()

    def required_matrix(self) -> Path:
        """The matrix file, which not every command needs.

        Raises:
            ConfigurationError: the configuration names none.
        """
        if self.matrix is None:
            raise ConfigurationError(
                "the configuration names no matrix. Add 'matrix: values/matrix.yaml', a file with 'blocks' and 'axes'."
            )
        return self.matrix

    def required_patch_keys(self) -> tuple[str, ...]:
        """The keys that may be brought into a ConfigMap of somebody else, which not every chart has.

        Raises:
            ConfigurationError: the configuration does not say.
        """
        if not self.patch_keys:
            raise ConfigurationError(
                "the configuration does not say which keys a ConfigMap is to be patched with. Add "
                "'patch: {keys: [\"*temporal*\"]}', globs of the keys that are yours alone."
            )
        return self.patch_keys

    def required_mutation(self) -> Mutation:
        """What the mutants are run against, which not every command needs.

        Raises:
            ConfigurationError: the configuration does not say, or names tests that are not there.
        """
        if self.mutation is None:
            raise ConfigurationError(
                "the configuration names no tests to run mutants against. Add 'mutation: {tests: [tests/chart]}', the "
                "folder of the chart's properties."
            )
        for each in self.mutation.tests:
            if not each.exists():
                raise ConfigurationError(f"mutation.tests: there is no {each}. Correct its name in the configuration.")
        return self.mutation


def load_configuration(path: Path) -> Configuration:
    """The configuration in that file.

    Raises:
        ConfigurationError: it is missing, broken, or has an unknown key or a pattern that finds nothing.
    """
    if not path.is_file():
        raise ConfigurationError(f"no configuration at {path}. Write one, for example:\n\n{EXAMPLE}")
    try:
        documents = load_documents(read_text(path), str(path), CONSUMER_READER)
    except (DocumentError, OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the configuration cannot be read: {error}") from error
    if len(documents) != 1:
        raise ConfigurationError(f"{path} holds {len(documents)} documents, not one map. For example:\n\n{EXAMPLE}")
    document = documents[0]
    problems = schema_problems(SCHEMA, document)
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise ConfigurationError(f"{path} is not understood:\n{listed}\nCorrect the file.")
    folder = path.parent
    return Configuration(
        chart=folder / document["chart"],
        release=release_map.released(Release(), document.get("release", {})),
        selectors=tuple(
            _selector(each, f"serviceTemplates[{number}]", path)
            for number, each in enumerate(document["serviceTemplates"])
        ),
        contract=folder / document["contract"],
        encoder=document.get("encoder", "json"),
        argument_sets=matching_files(path, "argumentSets", document["argumentSets"]),
        scenarios=matching_files(path, "scenarios", document["scenarios"]),
        patterns=(*document["argumentSets"], *document["scenarios"]),
        matrix=folder / document["matrix"] if "matrix" in document else None,
        refused=folder / document["refused"] if "refused" in document else None,
        cache=folder / document.get("cache", "build/cache"),
        claims=_claims(path, document.get("checks", {})),
        check_modules=tuple(_module(folder, each) for each in document.get("checks", {}).get("modules", ())),
        dialect_modules=tuple(_dialect_modules(path.parent, document["serviceTemplates"])),
        accepted=tuple(
            Accepted(
                each["check"],
                each["path"],
                each["reason"],
                each.get("key", "*"),
                each.get("argumentSet", "*"),
                each.get("message", "*"),
            )
            for each in document.get("checks", {}).get("accepted", ())
        ),
        pod_security_annotation=document.get("checks", {}).get("podSecurityAnnotation"),
        mutation=_mutation(path, document["mutation"]) if "mutation" in document else None,
        requires_kubernetes=document.get("checks", {}).get("kubernetesValidation") == "required" or is_required(),
        patch_keys=tuple(document.get("patch", {}).get("keys", ())),
    )


def _mutation(path: Path, mutation: dict[str, Any]) -> Mutation:
    folder = path.parent
    return Mutation(
        tuple(folder / each for each in mutation["tests"]),
        tuple(mutation.get("ignore", ())),
        mutation.get("exclude", {}),
        folder / mutation["reasons"] if "reasons" in mutation else None,
    )


def _selector(entry: dict[str, Any], place: str, file: Path) -> Selector:
    where = f"{file}: {place}"
    return Selector(
        entry["kind"],
        entry["name"],
        tuple(entry.get("keys", ())),
        parse_path(entry["path"], f"{where}.path") if "path" in entry else None,
        open_dialect(
            entry.get("dialect", STRING_TEMPLATE.name),
            where,
            file.parent,
            filters=entry.get("filters"),
            variables=entry.get("globals"),
        ),
        entry.get("reader", CONSUMER_READER),
    )


def _dialect_modules(folder: Path, entries: Iterable[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        for key in ("dialect", "filters", "globals"):
            module, colon, _ = entry.get(key, "").rpartition(":")
            if colon:
                yield _module(folder, module)


def _module(folder: Path, module: str) -> str:
    """A dotted name as it is, the path of a file as seen from the working directory."""
    return str(folder / module) if module.endswith(".py") else module


def _at(entry: dict[str, Any], number: int, file: Path) -> str:
    """Which part of an object a schema is for; the whole one if nothing is said."""
    at: str = entry.get("at", "")
    if at:
        parse_path(at, f"{file}: checks.customSchemas[{number}].at")
    return at


def _claims(path: Path, checks: dict[str, Any]) -> Claims:
    folder = path.parent
    definitions = checks.get("customResourceDefinitions", [])
    return Claims(
        definition_files=matching_files(path, "checks.customResourceDefinitions", definitions),
        kubernetes_minors=tuple(str(minor) for minor in checks.get("kubernetes", ())),
        custom_schemas=tuple(
            CustomSchema(
                each["apiVersion"],
                each["kind"],
                folder / each["schema"],
                _at(each, number, path),
                each.get("where", {}),
            )
            for number, each in enumerate(checks.get("customSchemas", ()))
        ),
        external=tuple(External(each["kind"], each["name"], each["owner"]) for each in checks.get("external", ())),
        without_schema=checks.get("withoutSchema", {}),
        kubernetes_program=find_program(folder),
    )

"""The contract: the one schema of all arguments, and argument sets that keep to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import jsonschema

from helm_nested.errors import ContractError, DocumentError
from helm_nested.suggestion import did_you_mean
from helm_nested.yaml_documents import load_documents

POSITIONS = ("scalar", "value", "entry")


@dataclass(frozen=True)
class Argument:
    """What the contract says of one argument."""

    name: str
    position: str
    description: str
    supplier: str
    unit: str | None
    unused: str | None


@dataclass(frozen=True)
class ArgumentSet:
    """One full set of arguments, and the globs of the template keys it is not for."""

    name: str
    description: str
    skip: tuple[str, ...]
    arguments: Mapping[str, Any]

    def suits(self, key: str) -> bool:
        """Whether this set is meant for the template under that key."""
        return not any(fnmatchcase(key, glob) for glob in self.skip)


class Contract:
    """The schema of all arguments."""

    def __init__(self, schema: dict[str, Any], where: str) -> None:
        self._where = where
        try:
            jsonschema.Draft7Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            raise ContractError(f"{where} is no JSON Schema: {error.message}. Correct it.") from error
        self._validator = jsonschema.Draft7Validator(schema)
        self.arguments = {name: self._argument(name, part) for name, part in schema.get("properties", {}).items()}

    def _argument(self, name: str, part: dict[str, Any]) -> Argument:
        position = part.get("x-position")
        if position not in POSITIONS:
            raise ContractError(
                f"{self._where}: {name} has x-position {position!r}. Set it to one of {', '.join(POSITIONS)}."
            )
        return Argument(
            name,
            position,
            part.get("description", ""),
            part.get("x-supplier", ""),
            part.get("x-unit"),
            part.get("x-unused"),
        )

    def check(self, argument_set: ArgumentSet) -> None:
        """Accept an argument set.

        Raises:
            ContractError: naming each argument that breaks the contract, and the nearest known name.
        """
        problems = []
        for error in sorted(self._validator.iter_errors(dict(argument_set.arguments)), key=lambda each: each.json_path):
            if error.validator == "additionalProperties":
                unknown = [name for name in argument_set.arguments if name not in self.arguments]
                problems += [f"{name}: no such argument. {did_you_mean(name, self.arguments)}" for name in unknown]
            else:
                problems.append(f"{error.json_path.removeprefix('$.')}: {error.message}")
        if problems:
            raise ContractError(
                f"the argument set {argument_set.name!r} breaks the contract {self._where}:\n"
                + "\n".join(f"  - {problem}" for problem in problems)
                + "\nCorrect the argument set, or the contract if it is wrong."
            )


def load_contract(path: Path) -> Contract:
    """The contract in that JSON file.

    Raises:
        ContractError: it is missing, no JSON, or no usable schema.
    """
    try:
        return Contract(json.loads(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise ContractError(f"no contract at {path}: {error.strerror}. Correct 'contract:' in the configuration.") from error
    except ValueError as error:
        raise ContractError(f"{path} is not JSON: {error}. Correct it.") from error


def load_argument_sets(paths: Iterable[Path], contract: Contract) -> list[ArgumentSet]:
    """The argument sets in those YAML files, each checked against the contract, ordered by name.

    Raises:
        ContractError: a file is no argument set, or breaks the contract.
    """
    return sorted((_argument_set(path, contract) for path in paths), key=lambda each: each.name)


def _argument_set(path: Path, contract: Contract) -> ArgumentSet:
    try:
        documents = load_documents(path.read_text(encoding="utf-8"), str(path))
    except (DocumentError, OSError, UnicodeDecodeError) as error:
        raise ContractError(f"the argument set {path} cannot be read: {error}") from error
    document = documents[0] if len(documents) == 1 else {}
    known = {"description", "skip", "arguments"}
    for key in document:
        if key not in known:
            raise ContractError(f"{path}: unknown key {key!r}. {did_you_mean(str(key), known)}")
    if not isinstance(document.get("arguments"), dict):
        raise ContractError(f"{path} has no map 'arguments'. Add one, with an entry for each argument.")
    argument_set = ArgumentSet(
        path.stem, str(document.get("description", "")), tuple(document.get("skip") or ()), document["arguments"]
    )
    contract.check(argument_set)
    return argument_set

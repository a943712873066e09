"""The contract: the one schema of all arguments, and argument sets that keep to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import unquote

from nested_templates.argument_value import is_on_one_line, not_json
from nested_templates.document_path import matcher
from nested_templates.errors import ContractError, DocumentError
from nested_templates.folder_name import is_folder_name
from nested_templates.input_file import read_text
from nested_templates.json_schema import DRAFT_7, Fault, JsonSchema, NoSchemaError
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import CONSUMER_READER, load_documents

Position = Literal["scalar", "line", "value", "entry"]
POSITIONS: tuple[Position, ...] = get_args(Position)


@dataclass(frozen=True)
class Argument:
    """What the contract says of one argument."""

    name: str
    position: Position
    description: str
    supplier: str
    unit: str | None
    unused: str | None
    # Whether it changes while the object that it was filled into is there.
    changes: bool = False
    # The argument that it may not exceed, which no JSON Schema can say.
    at_most: str | None = None


@dataclass(frozen=True)
class ArgumentSet:
    """One full set of arguments, and the globs of the template keys it is not for."""

    name: str
    description: str
    skip: tuple[str, ...]
    arguments: Mapping[str, Any]
    # Whether the documents it leads to belong together with those of stage one.
    bundles: bool = True
    _texts: dict[tuple[Argument, Callable[[Argument, Any], str]], str] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def text(self, argument: Argument, encoder: Callable[[Argument, Any], str]) -> str:
        """The argument as text; it goes into thousands of templates, and is made once."""
        key = (argument, encoder)
        if key not in self._texts:
            self._texts[key] = encoder(argument, self.arguments[argument.name])
        return self._texts[key]

    def of(self, arguments: Mapping[str, Any]) -> ArgumentSet:
        """The same set with other arguments; what is the same in both is made text once."""
        other = replace(self, arguments=arguments)
        for (argument, encoder), text in self._texts.copy().items():
            if arguments.get(argument.name, self) is self.arguments[argument.name]:
                other._texts[argument, encoder] = text  # noqa: SLF001 - its own
        return other

    def suits(self, key: str) -> bool:
        """Whether this set is meant for the template under that key."""
        return not is_skipped(key, self.skip)


def is_skipped(key: str, skip: Iterable[str]) -> bool:
    """Whether one of these means the key, as a glob or as a path: brackets mean something else in a glob."""
    return any(fnmatchcase(key, each) or matcher(each).fullmatch(key) for each in skip)


class Contract:
    """The schema of all arguments."""

    def __init__(self, schema: dict[str, Any], where: str) -> None:
        self._where = where
        try:
            # Formats are only notes. A contract that names no draft is of draft 7.
            self._schema = JsonSchema(schema, default=DRAFT_7, formats=False)
        except NoSchemaError as error:
            self._refuse_dangling_references(schema)
            raise ContractError(f"{where} is not a JSON Schema: {error}. Correct it.") from error
        if not isinstance(schema, dict):
            raise ContractError(f"{where} describes no arguments. Write an object with 'properties'.")
        self.arguments = {name: self._argument(name, part) for name, part in schema.get("properties", {}).items()}
        for name, argument in self.arguments.items():
            if argument.at_most is not None and argument.at_most not in self.arguments:
                raise ContractError(
                    f"{where}: {name} has x-at-most {argument.at_most!r}, which is not an argument of the contract. "
                    f"{did_you_mean(str(argument.at_most), self.arguments)}"
                )

    def _refuse_dangling_references(self, schema: object) -> None:
        for reference in _references(schema):
            if not reference.startswith("#"):
                raise ContractError(
                    f"{self._where} refers to {reference}, and nothing is fetched. Copy that schema into 'definitions'."
                )
            if not _leads_somewhere(schema, reference):
                raise ContractError(f"{self._where} refers to {reference}, which is not in it. Correct the reference.")

    def _argument(self, name: str, part: dict[str, Any]) -> Argument:
        position = part.get("x-position") if isinstance(part, dict) else None
        if position not in POSITIONS:
            raise ContractError(
                f"{self._where}: {name} has x-position {position!r}. Set it to one of {', '.join(POSITIONS)}."
            )
        changes = part.get("x-changes", False)
        if not isinstance(changes, bool):
            raise ContractError(f"{self._where}: {name} has x-changes {changes!r}. Set it to true or false.")
        return Argument(
            name,
            position,
            part.get("description", ""),
            part.get("x-supplier", ""),
            part.get("x-unit"),
            part.get("x-unused"),
            changes,
            part.get("x-at-most"),
        )

    def check(self, argument_set: ArgumentSet) -> None:
        """Accept an argument set.

        Raises:
            ContractError: naming each argument that breaks the contract, and the nearest known name.
        """
        arguments = dict(argument_set.arguments)
        known = {name: value for name, value in arguments.items() if name in self.arguments}
        problems = [problem for name, value in arguments.items() for problem in self._beside_the_schema(name, value)]
        problems = problems or _told(self._schema.faults(known))
        problems = problems or [
            f"{name}: {known[name]} exceeds {argument.at_most}, which is {known[argument.at_most]}"
            for name, argument in self.arguments.items()
            if argument.at_most in known and name in known and known[name] > known[argument.at_most]
        ]
        if problems:
            raise ContractError(
                f"the argument set {argument_set.name!r} breaks the contract {self._where}:\n"
                + "\n".join(f"  - {problem}" for problem in problems)
                + "\nCorrect the argument set, or the contract if it is wrong."
            )

    def faults_of(self, name: str, value: object) -> list[str]:
        """What is wrong with one argument by itself; `check` also knows what arguments have to do with one another."""
        faults = self._schema.faults({name: value})
        # A fault without a path is one of the set, such as another argument that is required.
        return self._beside_the_schema(name, value) or _told(fault for fault in faults if fault.path)

    def _beside_the_schema(self, name: str, value: object) -> list[str]:
        """What no JSON Schema says: names that are near, what is no JSON, and what YAML does not take on a line."""
        if name not in self.arguments:
            return [f"{name}: no such argument. {did_you_mean(str(name), self.arguments)}"]
        problems = [f"{place}: {fault}" for place, fault in not_json(value, name)]
        if self.arguments[name].position == "line" and not is_on_one_line(value):
            problems.append(
                f"{name}: {value!r} is not on one line, or has characters that YAML refuses there; x-position is line"
            )
        return problems


def load_contract(path: Path) -> Contract:
    """The contract in that JSON file.

    Raises:
        ContractError: it is missing, no JSON, or no usable schema.
    """
    try:
        text = read_text(path)
        return Contract(json.loads(text, object_pairs_hook=_without_duplicates), str(path))
    except OSError as error:
        raise ContractError(
            f"no contract at {path}: {error.strerror}. Correct 'contract:' in the configuration."
        ) from error
    except RecursionError as error:
        raise ContractError(f"{path} is nested too deeply. Write it with fewer levels.") from error
    except ValueError as error:
        raise ContractError(f"{path} is not JSON: {error}. Correct it.") from error


def load_argument_sets(paths: Iterable[Path], contract: Contract) -> list[ArgumentSet]:
    """The argument sets in those YAML files, each checked against the contract, ordered by name.

    Raises:
        ContractError: a file is no argument set, or breaks the contract, or two sets have the same name.
    """
    found: dict[str, Path] = {}
    argument_sets = []
    for path in paths:
        argument_set = _argument_set(path, contract)
        if argument_set.name in found:
            raise ContractError(
                f"two argument sets are named {argument_set.name!r}: {found[argument_set.name]} and {path}. Rename one."
            )
        found[argument_set.name] = path
        argument_sets.append(argument_set)
    return sorted(argument_sets, key=lambda each: each.name)


def primary_sets(keys: Sequence[str], argument_sets: Sequence[ArgumentSet]) -> list[ArgumentSet]:
    """As few argument sets as it takes for every key to have one, those that make whole bundles first.

    Raises:
        ContractError: no set is for one of the keys.
    """
    chosen: list[ArgumentSet] = []
    missing = set(keys)
    while missing:
        best = max(argument_sets, key=lambda each: (sum(each.suits(key) for key in missing), each.bundles))
        if not any(best.suits(key) for key in missing):
            raise ContractError(
                f"no argument set is for {', '.join(sorted(missing))}, so it would go unseen. "
                "Add a set for it, or correct a pattern under 'skip'."
            )
        chosen.append(best)
        missing = {key for key in missing if not best.suits(key)}
    return chosen


def _argument_set(path: Path, contract: Contract) -> ArgumentSet:
    try:
        documents = load_documents(read_text(path), str(path), CONSUMER_READER)
    except (DocumentError, OSError, UnicodeDecodeError) as error:
        raise ContractError(f"the argument set {path} cannot be read: {error}") from error
    document = documents[0] if len(documents) == 1 else {}
    known = {"description", "skip", "bundles", "arguments"}
    for key in document:
        if key not in known:
            raise ContractError(f"{path}: unknown key {key!r}. {did_you_mean(str(key), known)} Correct the file.")
    if not isinstance(document.get("arguments"), dict):
        raise ContractError(f"{path} has no map 'arguments'. Add one, with an entry for each argument.")
    skip = document.get("skip") or []
    if not isinstance(skip, list) or not all(isinstance(glob, str) for glob in skip):
        raise ContractError(f"{path}: 'skip' is not a list of texts. Write one, for example: skip: [\"*-gpu.yaml\"]")
    bundles = document.get("bundles", True)
    if not isinstance(bundles, bool):
        raise ContractError(f"{path}: 'bundles' is not true or false. Write one of them.")
    name = path.stem
    if not is_folder_name(name):
        raise ContractError(
            f"{path}: an argument set cannot be named {name!r}, because that is not a usable folder name. Rename "
            f"the file."
        )
    argument_set = ArgumentSet(name, str(document.get("description", "")), tuple(skip), document["arguments"], bundles)
    contract.check(argument_set)
    return argument_set


def _told(faults: Iterable[Fault]) -> list[str]:
    return sorted({f"{fault.path or 'the set'}: {_wanted(fault)}" for fault in faults})


def _wanted(fault: Fault) -> str:
    """What is wrong; for a text whose rule says in words what it takes, in these words."""
    words = (fault.part or {}).get("description")
    if fault.keyword != "pattern" or not words or "x-position" in (fault.part or {}):
        return fault.message
    return f"{fault.instance!a} is refused; wanted is {words}"


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


def _leads_somewhere(schema: object, reference: str) -> bool:
    part: Any = schema
    for step in unquote(reference).removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(part, list):
            part = part[int(name)] if name.isdigit() and int(name) < len(part) else None
        else:
            part = part.get(name) if isinstance(part, dict) else None
    return part is not None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, _ in pairs:
        if sum(name == other for other, _ in pairs) > 1:
            raise ValueError(f"the key {name!r} stands twice in one object; remove one")
    return dict(pairs)

"""Files of endpoints: what is no endpoint is refused before anything is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nested_templates.input_file import decode, read_text
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import CONSUMER_READER, load_documents
from temporal_endpoints.api.requests import CreateRequest
from temporal_endpoints.commands.wishes import image_of
from temporal_endpoints.errors import SettingsError

# Tells the endpoints that files made from those that somebody made by hand: only these are pruned. Its value is the
# name of the apply set that they belong to, or true where none was named.
APPLIED = "temporal-endpoints/applied"
_STANDARD_INPUT = "the standard input"
_BUNDLE = {"image", "command", "env"}
# A file has its image in place of a bundle that is not recorded yet.
_FIELDS = {*CreateRequest.model_fields, *_BUNDLE} - {"model_bundle"}


@dataclass(frozen=True)
class Wanted:
    """One endpoint of a file: what is asked for in the API's names, and its image if it names one.

    Attributes:
        file: the file, for messages.
        mark: how it is marked as one of its apply set, in its metadata.
    """

    file: str
    name: str
    body: dict[str, Any]
    flavor: dict[str, Any] | None
    mark: str | bool

    @property
    def where(self) -> str:
        """The file and the name, for messages."""
        return f"{self.file}: {self.name}"

    def body_for(self, before: Mapping[str, Any] | None) -> dict[str, Any]:
        """What is asked for, with the mark in the metadata: those of the file, or as they were before it."""
        metadata = self.body.get("metadata")
        if metadata is None:
            metadata = before["metadata"] if before else {}
        return {**self.body, "metadata": {**metadata, APPLIED: self.mark}}


def read(files: Sequence[Path], apply_set: str | None) -> list[Wanted]:
    """The endpoints in these files, at least one in each, as those of this apply set.

    Raises:
        SettingsError: a file cannot be read or has no endpoint, a document is none, or a name is there twice.
        DocumentError: a file is no YAML, or a key stands twice in it.
    """
    endpoints: dict[str, Wanted] = {}
    places: list[str] = []
    for file in files:
        place = _STANDARD_INPUT if str(file) == "-" else str(file)
        if place in places:
            raise SettingsError(f"{place} is given twice. Leave one -f out.")
        places.append(place)
        documents = load_documents(_text(file), place, CONSUMER_READER, is_secret=True)
        if not documents:
            # What writes the file may have failed, and --prune would delete all that it should have held.
            raise SettingsError(
                f"{place}: no endpoint is there. Write one a document, or leave this -f out; `delete` removes an "
                "endpoint."
            )
        for number, document in enumerate(documents, start=1):
            wanted = _wanted(document, number, place, apply_set)
            if wanted.name in endpoints:
                first = endpoints[wanted.name].file
                raise SettingsError(
                    f"{place}: the endpoint {wanted.name!r} is there twice, first in {first}. Remove one."
                )
            endpoints[wanted.name] = wanted
    return list(endpoints.values())


def _text(file: Path) -> str:
    is_input = str(file) == "-"
    try:
        return _standard_input() if is_input else read_text(file)
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        place = _STANDARD_INPUT if is_input else str(file)
        raise SettingsError(f"{place} cannot be read: {str(said).removesuffix('.')}. Correct the file.") from error


def _standard_input() -> str:
    """What another program, or a shell, hands over.

    Raises:
        SettingsError: nobody does, and a person at a terminal would wait for nothing.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise SettingsError(
            f"nothing comes into {_STANDARD_INPUT}. Pipe the endpoints into it, or name a file: -f endpoints.yaml."
        )
    return decode(sys.stdin.buffer.read())


def mark_of(apply_set: str | None) -> str | bool:
    """How the endpoints of an apply set are marked in their metadata."""
    return True if apply_set is None else apply_set


def _wanted(document: dict[str, Any], number: int, file: str, apply_set: str | None) -> Wanted:
    name = document.get("name")
    if not isinstance(name, str):
        raise SettingsError(
            f"{file}: document {number} has no 'name' that is a text. Write one endpoint a document, in the API's "
            "names."
        )
    where = f"{file}: {name}"
    for field in document:
        if field not in _FIELDS:
            raise SettingsError(f"{where} has no field {field!r}. {did_you_mean(str(field), _FIELDS)}")
    body = {key: value for key, value in document.items() if key not in _BUNDLE}
    for field, key in ((field, key) for field, value in body.items() for key in _keys(value)):
        if not isinstance(key, str):
            # JSON has texts alone, so it would arrive as another key: `on` as "true".
            raise SettingsError(f"{where}: the key {key!r} in {field!r} is no text. Put it in quotes.")
    if not isinstance(body.get("metadata"), dict | None):
        raise SettingsError(f"{where}: 'metadata' is no map. Write a map, for example {{ticket: A-1}}.")
    return Wanted(file, name, body, _flavor(document, where), mark_of(apply_set))


def _keys(value: object) -> Iterator[object]:
    """All keys of the maps in a value."""
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _keys(each)


def _flavor(document: dict[str, Any], where: str) -> dict[str, Any] | None:
    image = document.get("image")
    command, variables = document.get("command"), document.get("env")
    if image is None:
        if document.get("model_bundle_id") is None:
            raise SettingsError(f"{where} has neither 'image' nor 'model_bundle_id'. Add one.")
        if command is not None or variables is not None:
            raise SettingsError(f"{where}: 'command' and 'env' belong to an image. Give 'image' as well.")
        return None
    if "model_bundle_id" in document:
        raise SettingsError(f"{where} has both 'image' and 'model_bundle_id'. Remove one.")
    if not isinstance(image, str):
        raise SettingsError(f"{where}: 'image' is no text. Write repository:tag in quotes.")
    if command is not None and not (isinstance(command, list) and all(isinstance(word, str) for word in command)):
        raise SettingsError(
            f"{where}: 'command' is no list of texts. Write for example: command: [python, -m, worker]."
        )
    if variables is not None and not isinstance(variables, dict):
        raise SettingsError(f"{where}: 'env' is no map. Write for example: env: {{MODEL: large}}.")
    for name, value in (variables or {}).items():
        if not isinstance(name, str) or not isinstance(value, str):
            # The value may be a secret, so it is not shown.
            raise SettingsError(
                f"{where}: the variable {name!r} of 'env' is no text. Put its name and value in quotes."
            )
    try:
        parts = image_of(image)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error
    return {**parts, "command": command or [], "env": variables or None}

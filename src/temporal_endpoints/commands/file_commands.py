"""The verbs of files: apply makes endpoints as files say, diff shows what apply would change."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shtab
import yaml

from temporal_endpoints.commands.api_client import ENDPOINTS, ApiClient
from temporal_endpoints.commands.endpoint_commands import Verb, flavor_of
from temporal_endpoints.commands.printing import show, table_of
from temporal_endpoints.commands.waiting import wait_ready
from temporal_endpoints.errors import SettingsError
from temporal_endpoints.terminal import say

# Tells the endpoints that files made from those that somebody made by hand: only these are pruned.
APPLIED = "temporal-endpoints/applied"
_BUNDLE = {"image", "command", "env"}
_DEFAULTS = {"endpoint_type": "temporal", "cpus": "1", "memory": "1Gi", "gpus": 0, "per_worker": 1}
_DIFFERS = 1


@dataclass(frozen=True)
class Wanted:
    """One endpoint of a file: what is asked for in the API's names, and its image if it names one."""

    name: str
    body: dict[str, Any]
    flavor: dict[str, Any] | None


def add_file_commands(add: Callable[[str, str, Verb], argparse.ArgumentParser]) -> None:
    """Add the verbs; `add` makes the parser of one by its name, its help and what it does."""
    applied = add("apply", "make endpoints as files say", _apply)
    _add_files(applied, "YAML, an endpoint a document")
    applied.add_argument("--prune", action="store_true", help="delete what apply made before and no file has any more")
    applied.add_argument("--wait", action="store_true", help="wait until all are READY")
    applied.add_argument("--timeout", type=float, default=600.0, metavar="SECONDS")
    compared = add(
        "diff", "show what apply would change, and record nothing; exit status 1 if something differs", _diff
    )
    _add_files(compared, "as for apply")


def _add_files(parser: argparse.ArgumentParser, text: str) -> None:
    files = parser.add_argument("-f", "--file", action="append", required=True, type=Path, help=text)
    files.complete = shtab.FILE  # type: ignore[attr-defined]


def _apply(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    wanted = list(read(given.file))
    rows: list[tuple[str, str, int]] = []
    made: list[tuple[str, int]] = []
    for each in wanted:
        living = client.living(each.name)
        body = _body(client, each)
        if living is None:
            answer, what = client.ask("POST", ENDPOINTS, {**_DEFAULTS, **body}), "created"
        else:
            answer = client.ask("PUT", f"{ENDPOINTS}/{living['id']}", body)
            what = "unchanged" if answer["generation"] == living["generation"] else "changed"
        made.append((answer["endpoint_id"], answer["generation"]))
        rows.append((each.name, what, answer["generation"]))
    if given.prune:
        for endpoint in _pruned(client, {each.name for each in wanted}):
            client.ask("DELETE", f"{ENDPOINTS}/{endpoint['id']}")
            rows.append((endpoint["name"], "deleted", endpoint["generation"]))
    if given.wait:
        for endpoint_id, generation in made:
            wait_ready(client, endpoint_id, generation, given.timeout)
    answer = {"endpoints": [dict(zip(("name", "done", "generation"), row, strict=True)) for row in rows]}
    show(output, answer["endpoints"], table_of(("NAME", "DONE", "GENERATION"), rows))
    return 0


def _diff(client: ApiClient, given: argparse.Namespace, output: str) -> int:  # noqa: ARG001 - the shape of a verb
    differing = False
    for each in read(given.file):
        living = client.living(each.name)
        body = _body(client, each, dry_run=True)
        if living is None:
            before, path, method = [], ENDPOINTS, "POST"
            body = {**_DEFAULTS, **body}
        else:
            path, method = f"{ENDPOINTS}/{living['id']}", "PUT"
            before = client.ask(method, path, {}, dry_run="true")["documents"]
        after = client.ask(method, path, body, dry_run="true")["documents"]
        lines = list(
            difflib.unified_diff(
                _lines(before), _lines(after), f"{each.name} as it is", f"{each.name} as the file says", lineterm=""
            )
        )
        differing = differing or bool(lines)
        if lines:
            say("\n".join(lines))
    return _DIFFERS if differing else 0


def read(files: Sequence[Path]) -> Iterator[Wanted]:
    """The endpoints in these files.

    Raises:
        SettingsError: a file cannot be read, or a document in it is no endpoint, or a name is there twice.
    """
    names: set[str] = set()
    for file in files:
        try:
            documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SettingsError(f"{file} cannot be read: {error}. Correct the file.") from error
        for document in documents:
            if document is None:
                continue
            wanted = _wanted(document, file)
            if wanted.name in names:
                raise SettingsError(f"{file}: the endpoint {wanted.name!r} is there twice. Remove one.")
            names.add(wanted.name)
            yield wanted


def _wanted(document: object, file: Path) -> Wanted:
    if not isinstance(document, dict) or not isinstance(document.get("name"), str):
        raise SettingsError(f"{file}: a document has no 'name'. Write one endpoint a document, in the API's names.")
    body = {key: value for key, value in document.items() if key not in _BUNDLE}
    body["metadata"] = {**(body.get("metadata") or {}), APPLIED: True}
    image = document.get("image")
    if image is None and "model_bundle_id" not in document:
        raise SettingsError(f"{file}: {document['name']} has neither 'image' nor 'model_bundle_id'. Add one.")
    if image is None:
        return Wanted(document["name"], body, None)
    variables = [f"{name}={value}" for name, value in (document.get("env") or {}).items()]
    return Wanted(document["name"], body, flavor_of(str(image), document.get("command"), variables))


def _body(client: ApiClient, wanted: Wanted, *, dry_run: bool = False) -> dict[str, Any]:
    if wanted.flavor is None:
        return wanted.body
    return {**wanted.body, **client.bundle(wanted.name, wanted.flavor, dry_run=dry_run)}


def _pruned(client: ApiClient, kept: set[str]) -> Iterator[dict[str, Any]]:
    for endpoint in client.endpoints():
        applied = (endpoint["metadata"] or {}).get(APPLIED)
        if applied and endpoint["name"] not in kept and endpoint["status"] != "DELETE_IN_PROGRESS":
            yield endpoint


def _lines(documents: Sequence[Any]) -> list[str]:
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True).splitlines()

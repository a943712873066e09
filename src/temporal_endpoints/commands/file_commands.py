"""The verbs of files: apply makes endpoints as files say, diff shows what apply would change."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import shtab
import yaml

from temporal_endpoints.commands.api_client import ENDPOINTS, Answer, ApiClient, AskingError
from temporal_endpoints.commands.endpoint_commands import Verb, add_timeout
from temporal_endpoints.commands.endpoint_file import APPLIED, Wanted, read
from temporal_endpoints.commands.printing import show, table_of
from temporal_endpoints.commands.waiting import wait_ready
from temporal_endpoints.commands.wishes import DEFAULTS
from temporal_endpoints.errors import NotRecordedError
from temporal_endpoints.terminal import say

_DIFFERS = 1


def add_file_commands(add: Callable[[str, str, Verb], argparse.ArgumentParser]) -> None:
    """Add the verbs; `add` makes the parser of one by its name, its help and what it does."""
    applied = add("apply", "make endpoints as files say", _apply)
    _add_files(applied, "YAML, an endpoint a document; - for the standard input")
    applied.add_argument("--prune", action="store_true", help="delete what apply made before and no file has any more")
    applied.add_argument("--wait", action="store_true", help="wait until all are READY")
    add_timeout(applied)
    compared = add(
        "diff", "show what apply would change, and record nothing; exit status 1 if something differs", _diff
    )
    _add_files(compared, "as for apply")


def _add_files(parser: argparse.ArgumentParser, text: str) -> None:
    files = parser.add_argument("-f", "--file", action="append", required=True, type=Path, help=text)
    files.complete = shtab.FILE  # type: ignore[attr-defined]


def _apply(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    wanted = read(given.file)
    # Nothing is written before all of it was found possible.
    for each in wanted:
        with _placed(each):
            _documents(client, each, client.living(each.name))
    rows: list[tuple[str, str, int]] = []
    made: list[tuple[str, int]] = []
    for each in wanted:
        try:
            with _placed(each):
                answer, what = _applied(client, each)
        except AskingError as error:
            raise AskingError(f"{error} {_so_far(wanted, rows)}") from error
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
        with _placed(each):
            living = client.living(each.name)
            before = [] if living is None else _tried(client, "PUT", f"{ENDPOINTS}/{living['id']}", {})
            after = _documents(client, each, living)
        lines = list(
            difflib.unified_diff(
                _lines(before), _lines(after), f"{each.name} as it is", f"{each.name} as the file says", lineterm=""
            )
        )
        differing = differing or bool(lines)
        if lines:
            say("\n".join(lines))
    return _DIFFERS if differing else 0


@contextmanager
def _placed(wanted: Wanted) -> Iterator[None]:
    """A refusal is told with the file and the endpoint."""
    try:
        yield
    except (AskingError, NotRecordedError) as error:
        raise AskingError(f"{wanted.where}: {error}") from error


def _applied(client: ApiClient, wanted: Wanted) -> tuple[Answer, str]:
    """What the control plane answers, and what that did to the endpoint."""
    living = client.living(wanted.name)
    body = _body(client, wanted)
    if living is None:
        return client.carry_out("POST", ENDPOINTS, _whole(body)), "created"
    answer = client.carry_out("PUT", f"{ENDPOINTS}/{living['id']}", body)
    return answer, "unchanged" if answer["generation"] == living["generation"] else "changed"


def _so_far(wanted: Sequence[Wanted], rows: Sequence[tuple[str, str, int]]) -> str:
    """What was done before something went wrong, and what was not."""
    done = [name for name, _, _ in rows]
    left = ", ".join(each.name for each in wanted if each.name not in done)
    return f"Applied before that: {', '.join(done) or 'none'}. Not applied: {left}. Apply the same files again."


def _documents(client: ApiClient, wanted: Wanted, living: Answer | None) -> Sequence[Any]:
    """The documents as the file leads to them; nothing is recorded."""
    body = _body(client, wanted)
    if living is None:
        return _tried(client, "POST", ENDPOINTS, _whole(body))
    return _tried(client, "PUT", f"{ENDPOINTS}/{living['id']}", body)


def _tried(client: ApiClient, method: str, path: str, body: dict[str, Any]) -> Sequence[Any]:
    found: Sequence[Any] = client.ask(method, path, body, dry_run="true")["documents"]
    return found


def _body(client: ApiClient, wanted: Wanted) -> dict[str, Any]:
    if wanted.flavor is None:
        return wanted.body
    return {**wanted.body, **client.bundle(wanted.name, wanted.flavor)}


def _whole(body: dict[str, Any]) -> dict[str, Any]:
    """What a new endpoint asks for: what is null in a file is not asked for."""
    return {**DEFAULTS, **{name: value for name, value in body.items() if value is not None}}


def _pruned(client: ApiClient, kept: set[str]) -> Iterator[dict[str, Any]]:
    for endpoint in client.endpoints():
        applied = (endpoint["metadata"] or {}).get(APPLIED)
        if applied and endpoint["name"] not in kept and endpoint["status"] != "DELETE_IN_PROGRESS":
            yield endpoint


def _lines(documents: Sequence[Any]) -> list[str]:
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True).splitlines()

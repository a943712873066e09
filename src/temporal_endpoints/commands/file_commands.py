"""The verbs of files: apply makes endpoints as files say, diff shows what apply would change."""

from __future__ import annotations

import argparse
import difflib
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import shtab
import yaml

from temporal_endpoints.commands.api_client import ENDPOINTS, Answer, ApiClient, AskingError
from temporal_endpoints.commands.endpoint_commands import Verb, add_timeout
from temporal_endpoints.commands.endpoint_file import APPLIED, Wanted, mark_of, read
from temporal_endpoints.commands.printing import show, table_of
from temporal_endpoints.commands.waiting import wait_ready
from temporal_endpoints.commands.wishes import DEFAULTS
from temporal_endpoints.errors import NotRecordedError
from temporal_endpoints.terminal import tell

_DIFFERS = 1


def add_file_commands(add: Callable[[str, str, Verb], argparse.ArgumentParser]) -> None:
    """Add the verbs; `add` makes the parser of one by its name, its help and what it does."""
    applied = add("apply", "make endpoints as files say", _apply)
    _add_files(applied, "YAML, an endpoint a document; - for the standard input")
    _add_pruning(applied, "delete what apply made before and no file has any more")
    applied.add_argument("--wait", action="store_true", help="wait until all are READY")
    add_timeout(applied)
    compared = add(
        "diff", "show what apply would change, and record nothing; exit status 1 if something differs", _diff
    )
    _add_files(compared, "as for apply")
    _add_pruning(compared, "show what apply --prune would delete as well")


def _add_files(parser: argparse.ArgumentParser, text: str) -> None:
    files = parser.add_argument("-f", "--file", action="append", required=True, type=Path, help=text)
    files.complete = shtab.FILE  # type: ignore[attr-defined]


def _add_pruning(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--prune", action="store_true", help=text)
    parser.add_argument(
        "--apply-set",
        type=_name_of_a_set,
        metavar="NAME",
        help="name of what these files hold together: --prune leaves what belongs to another one alone",
    )


def _name_of_a_set(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty. Write a name, as --apply-set speech")
    if text != text.strip():
        # Nobody would see that it is another set than the one without it.
        raise argparse.ArgumentTypeError(
            f"{text!r} begins or ends with white space. Write --apply-set {shlex.quote(text.strip())}"
        )
    return text


def _apply(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    wanted = read(given.file, given.apply_set)
    # Nothing is written before all of it was found possible.
    for each in wanted:
        with _placed(each):
            living = client.living(each.name)
            _documents(client, _body(client, each, living), living)
    pruned = _pruned(client, wanted, given)
    names = [each.name for each in wanted] + [each["name"] for each in pruned]
    rows: list[tuple[str, str, int]] = []
    made: list[tuple[str, int]] = []
    with _told_how_far(names, rows):
        for each in wanted:
            with _placed(each):
                answer, what = _applied(client, each)
            made.append((answer["endpoint_id"], answer["generation"]))
            rows.append((each.name, what, answer["generation"]))
        for endpoint in pruned:
            # Somebody else may have been faster.
            with suppress(NotRecordedError):
                client.ask("DELETE", f"{ENDPOINTS}/{endpoint['id']}")
            rows.append((endpoint["name"], "deleted", endpoint["generation"]))
    if given.wait:
        for endpoint_id, generation in made:
            wait_ready(client, endpoint_id, generation, given.timeout)
    answer = {"endpoints": [dict(zip(("name", "done", "generation"), row, strict=True)) for row in rows]}
    show(output, answer["endpoints"], table_of(("NAME", "DONE", "GENERATION"), rows))
    return 0


@dataclass(frozen=True)
class _Difference:
    """What `apply` would do to one endpoint: its documents, and what else is asked for, before and after."""

    name: str
    change: str
    before: Sequence[Any]
    after: Sequence[Any]

    def lines(self) -> list[str]:
        """The difference as people read it; none where there is none."""
        what = "is deleted, as no file has it" if self.change == "deleted" else "as the file says"
        files = f"{self.name} as it is", f"{self.name} {what}"
        return list(difflib.unified_diff(_lines(self.before), _lines(self.after), *files, lineterm=""))


def _diff(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    wanted = read(given.file, given.apply_set)
    differences = [_differing(client, each) for each in wanted]
    for endpoint in _pruned(client, wanted, given):
        # Somebody else may have been faster.
        with suppress(NotRecordedError):
            differences.append(_Difference(endpoint["name"], "deleted", _as_it_is(client, endpoint), []))
    differing = [each for each in differences if each.change != "unchanged"]
    text = "\n".join(line for each in differing for line in each.lines())
    if text or output != "table":
        show(output, [asdict(each) for each in differences], text)
    return _DIFFERS if differing else 0


def _differing(client: ApiClient, wanted: Wanted) -> _Difference:
    with _placed(wanted):
        living = client.living(wanted.name)
        body = _body(client, wanted, living)
        after = _documents(client, body, living)
        if living is None:
            return _Difference(wanted.name, "created", [], after)
        asked, wished = _asked(client, living, body)
        before, after = [*asked, *_as_it_is(client, living)], [*wished, *after]
    return _Difference(wanted.name, "unchanged" if before == after else "changed", before, after)


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
    body = _body(client, wanted, living)
    if living is None:
        return client.carry_out("POST", ENDPOINTS, _whole(body)), "created"
    answer = client.carry_out("PUT", f"{ENDPOINTS}/{living['id']}", body)
    return answer, "unchanged" if answer["generation"] == living["generation"] else "changed"


@contextmanager
def _told_how_far(names: Sequence[str], rows: Sequence[tuple[str, str, int]]) -> Iterator[None]:
    """What goes wrong is told with what was done before, and what was not."""
    try:
        yield
    except AskingError as error:
        raise AskingError(f"{error} {_how_far(names, rows)}") from error
    except KeyboardInterrupt:
        tell(f"\nstopped. {_how_far(names, rows)}")
        raise


def _how_far(names: Sequence[str], rows: Sequence[tuple[str, str, int]]) -> str:
    done = [name for name, _, _ in rows]
    left = ", ".join(name for name in names if name not in done)
    return f"Done before that: {', '.join(done) or 'none'}. Not done: {left}. Apply the same files again."


def _documents(client: ApiClient, body: dict[str, Any], living: Answer | None) -> Sequence[Any]:
    """The documents as the file leads to them; nothing is recorded."""
    if living is None:
        return _tried(client, "POST", ENDPOINTS, _whole(body))
    return _tried(client, "PUT", f"{ENDPOINTS}/{living['id']}", body)


def _tried(client: ApiClient, method: str, path: str, body: dict[str, Any]) -> Sequence[Any]:
    found: Sequence[Any] = client.ask(method, path, body, dry_run="true")["documents"]
    return found


def _asked(client: ApiClient, living: Answer, body: Mapping[str, Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """What changes of what is asked for, as it was and as it would be: no document shows metadata, or a ramp."""
    newest = client.ask("GET", f"{ENDPOINTS}/{living['id']}/history", limit="1")["revisions"][0]["specification"]
    after = {name: value for name, value in body.items() if name in newest and value is not None}
    after |= {"labels": {**newest["labels"], **after["labels"]}} if "labels" in after else {}
    changed = [name for name, value in after.items() if value != newest[name]]
    if not changed:
        return [], []
    return [{name: newest[name] for name in changed}], [{name: after[name] for name in changed}]


def _body(client: ApiClient, wanted: Wanted, living: Answer | None) -> dict[str, Any]:
    body = wanted.body_for(living)
    return body if wanted.flavor is None else {**body, **client.bundle(wanted.name, wanted.flavor, living)}


def _whole(body: dict[str, Any]) -> dict[str, Any]:
    """What a new endpoint asks for: what is null in a file is not asked for."""
    return {**DEFAULTS, **{name: value for name, value in body.items() if value is not None}}


def _as_it_is(client: ApiClient, endpoint: Answer) -> Sequence[Any]:
    return _tried(client, "PUT", f"{ENDPOINTS}/{endpoint['id']}", {})


def _pruned(client: ApiClient, wanted: Sequence[Wanted], given: argparse.Namespace) -> Sequence[Answer]:
    """What --prune takes: what apply made for the same set, and no file has any more."""
    if not given.prune:
        return []
    kept, mark = {each.name for each in wanted}, mark_of(given.apply_set)
    made = (each for each in client.endpoints() if (each["metadata"] or {}).get(APPLIED) == mark)
    return [each for each in made if each["name"] not in kept and each["status"] != "DELETE_IN_PROGRESS"]


def _lines(documents: Sequence[Any]) -> list[str]:
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True).splitlines()

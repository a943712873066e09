"""The verbs of one endpoint: create-endpoint, get, list, update, delete, restart, history, rollback, events."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from temporal_endpoints.commands.api_client import ENDPOINTS, Answer, ApiClient, AskingError
from temporal_endpoints.commands.printing import endpoints_table, show, table_of
from temporal_endpoints.commands.waiting import wait_gone, wait_ready
from temporal_endpoints.commands.wishes import DEFAULTS, add_wishes, wishes
from temporal_endpoints.errors import SettingsError
from temporal_endpoints.terminal import tell

Verb = Callable[[ApiClient, argparse.Namespace, str], int]


def add_endpoint_commands(add: Callable[[str, str, Verb], argparse.ArgumentParser]) -> None:
    """Add the verbs; `add` makes the parser of one by its name, its help and what it does."""
    created = add("create-endpoint", "make an endpoint", _create)
    created.add_argument("--name", required=True, help="name of the endpoint, one of its owner's")
    created.add_argument("--endpoint-type", default="temporal", help="temporal, which is all that runs here")
    add_wishes(created, DEFAULTS)
    _add_dry_run(created)
    _add_waiting(created)
    named("get", "show one endpoint", _get, add)
    listed = add("list", "show all endpoints", _list)
    listed.add_argument("--order-by", choices=("newest", "oldest", "alphabetical"), default="alphabetical")
    updated = named("update", "change what is named of an endpoint", _update, add)
    add_wishes(updated, {})
    _add_dry_run(updated)
    _add_waiting(updated)
    _add_waiting(named("delete", "delete an endpoint", _delete, add))
    restarted = named("restart", "replace an endpoint's workers, from the chart's newest templates", _restart, add)
    _add_dry_run(restarted)
    _add_waiting(restarted)
    named("history", "show all generations of an endpoint", _history, add)
    rolled = named("rollback", "ask for an older generation again", _roll_back, add)
    rolled.add_argument("--generation", type=int, help="which one (default: the one before)")
    _add_dry_run(rolled)
    _add_waiting(rolled)
    named("events", "show what happened to an endpoint", _events, add)


def named(
    verb: str, text: str, run: Verb, add: Callable[[str, str, Verb], argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """The parser of a verb of one endpoint."""
    parser = add(verb, text, run)
    parser.add_argument("endpoint", help="name or id of the endpoint")
    return parser


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """Let the parser know how long a command waits; a wrong number is refused before anything is asked for."""
    parser.add_argument("--timeout", type=_seconds, default=600.0, metavar="SECONDS", help="how long (default: 600)")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="print what would be applied, and record nothing")


def _add_waiting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true", help="wait until it is done, and say why it is not yet")
    add_timeout(parser)


def _create(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    body = {**DEFAULTS, "name": given.name, "endpoint_type": given.endpoint_type}
    body |= wishes(client, given)
    if "model_bundle_id" not in body:
        raise SettingsError("nothing says what the workers run. Give --image, or --model-bundle-id.")
    if given.dry_run:
        return _tried(client, output, "POST", ENDPOINTS, body)
    made = client.carry_out("POST", ENDPOINTS, body)
    return _shown(client, given, output, made["endpoint_id"], made["generation"])


def _get(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    found = client.named(given.endpoint)
    show(output, found, endpoints_table([found]))
    return 0


def _list(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    found = client.endpoints(order_by=given.order_by)
    show(output, found, endpoints_table(found))
    return 0


def _update(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    endpoint = _living(client, given.endpoint)
    path, body = f"{ENDPOINTS}/{endpoint['id']}", wishes(client, given, endpoint)
    if given.dry_run:
        return _tried(client, output, "PUT", path, body)
    made = client.carry_out("PUT", path, body)
    return _shown(client, given, output, endpoint["id"], made["generation"], before=endpoint["generation"])


def _living(client: ApiClient, name: str) -> Answer:
    """The endpoint of that name or id, which can be changed.

    Raises:
        NotRecordedError: there is none.
        AskingError: it is being deleted.
    """
    found = client.named(name)
    if found["status"] == "DELETE_IN_PROGRESS":
        raise AskingError(
            f"{found['name']} is being deleted, so it cannot be changed. Its name is free: create-endpoint or apply "
            "makes another one."
        )
    return found


def _delete(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    endpoint = client.named(given.endpoint)
    answer = client.ask("DELETE", f"{ENDPOINTS}/{endpoint['id']}")
    if given.wait:
        wait_gone(client, endpoint["id"], given.timeout)
    show(output, answer, f"{endpoint['name']} is deleted")
    return 0


def _restart(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    endpoint = _living(client, given.endpoint)
    path = f"{ENDPOINTS}/{endpoint['id']}/restart"
    if given.dry_run:
        return _tried(client, output, "POST", path, None)
    made = client.ask("POST", path)
    return _shown(client, given, output, endpoint["id"], made["generation"])


def _history(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    found = client.ask("GET", f"{ENDPOINTS}/{client.named(given.endpoint)['id']}/history")["revisions"]
    rows = [
        (each["generation"], each["created_at"], each["created_by"], each["cause"], each["bundle_id"]) for each in found
    ]
    show(output, found, table_of(("GENERATION", "AT", "BY", "CAUSE", "BUNDLE"), rows))
    return 0


def _roll_back(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    endpoint = _living(client, given.endpoint)
    path, body = f"{ENDPOINTS}/{endpoint['id']}/rollback", {"generation": given.generation}
    if given.dry_run:
        return _tried(client, output, "POST", path, body)
    made = client.ask("POST", path, body)
    return _shown(client, given, output, endpoint["id"], made["generation"], before=endpoint["generation"])


def _events(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    found = client.ask("GET", f"{ENDPOINTS}/{client.named(given.endpoint)['id']}/events")["events"]
    rows = [(each["at"], each["type"], each["reason"], each["message"]) for each in found]
    show(output, found, table_of(("AT", "TYPE", "REASON", "MESSAGE"), rows))
    return 0


def _shown(
    client: ApiClient,
    given: argparse.Namespace,
    output: str,
    endpoint_id: str,
    generation: int,
    before: int | None = None,
) -> int:
    if given.wait:
        seen = wait_ready(client, endpoint_id, generation, given.timeout)
    else:
        seen = client.ask("GET", f"{ENDPOINTS}/{endpoint_id}")
        if generation == before:
            tell(f"nothing changed: generation {generation} asks for all of that already")
        else:
            tell(f"recorded as generation {generation}; --wait waits until its workers run")
    show(output, seen, endpoints_table([seen]))
    return 0


def _tried(client: ApiClient, output: str, method: str, path: str, body: dict[str, Any] | None) -> int:
    """Print the documents that the request would lead to."""
    answer = client.ask(method, path, body, dry_run="true")
    show("yaml" if output == "table" else output, answer["documents"], "")
    return 0

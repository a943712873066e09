"""The verbs of one endpoint: create-endpoint, get, list, update, delete, restart, history, rollback, events."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping
from typing import Any, get_args

from temporal_endpoints.commands.api_client import ENDPOINTS, ApiClient
from temporal_endpoints.commands.printing import endpoints_table, show, table_of
from temporal_endpoints.commands.waiting import wait_gone, wait_ready
from temporal_endpoints.errors import SettingsError
from temporal_endpoints.specification import Versioning
from temporal_endpoints.terminal import tell

# The fields of a request that are flags of their own name.
_TEXTS = ("temporal-task-queue", "cpus", "memory", "storage", "gpu-type", "model-bundle-id")
_NUMBERS = ("gpus", "min-workers", "max-workers", "per-worker")
_SWITCHES = ("optimize-costs", "high-priority")
_VERSIONS = ("versioning", "ramp", "ramp-seconds")
_FIELDS = (*_TEXTS, *_NUMBERS, *_SWITCHES, *_VERSIONS)
# What a new endpoint asks for where nothing is said, by a flag or in a file.
DEFAULTS: Mapping[str, Any] = {
    "endpoint_type": "temporal",
    "cpus": "1",
    "memory": "1Gi",
    "gpus": 0,
    "min_workers": 0,
    "max_workers": 1,
    "per_worker": 1,
    "metadata": {},
    "labels": {},
}
_ABOUT = {
    "temporal-task-queue": "queue that the workers poll",
    "cpus": "processors of each worker, as 2 or 500m",
    "memory": "memory of each worker, as 4Gi",
    "storage": "disk of each worker, as 10Gi",
    "gpu-type": "kind of its GPUs, as nvidia-ampere-a10",
    "model-bundle-id": "recorded image and command of the workers, in place of --image",
    "gpus": "GPUs of each worker",
    "min-workers": "least number of workers",
    "max-workers": "greatest number of workers",
    "per-worker": "activities that a worker runs at once",
    "optimize-costs": "let a vertical autoscaler set processors and memory",
    "high-priority": "run the workers with the higher priority",
}
Verb = Callable[[ApiClient, argparse.Namespace, str], int]


def add_endpoint_commands(add: Callable[[str, str, Verb], argparse.ArgumentParser]) -> None:
    """Add the verbs; `add` makes the parser of one by its name, its help and what it does."""
    created = add("create-endpoint", "make an endpoint", _create)
    created.add_argument("--name", required=True, help="name of the endpoint, one of its owner's")
    created.add_argument("--endpoint-type", default="temporal", help="temporal, which is all that runs here")
    _add_wishes(created, DEFAULTS)
    _add_waiting(created)
    named("get", "show one endpoint", _get, add)
    listed = add("list", "show all endpoints", _list)
    listed.add_argument("--order-by", choices=("newest", "oldest", "alphabetical"), default="alphabetical")
    updated = named("update", "change what is named of an endpoint", _update, add)
    _add_wishes(updated, {})
    _add_waiting(updated)
    _add_waiting(named("delete", "delete an endpoint", _delete, add))
    _add_waiting(named("restart", "replace an endpoint's workers, from the chart's newest templates", _restart, add))
    named("history", "show all generations of an endpoint", _history, add)
    rolled = named("rollback", "ask for an older generation again", _roll_back, add)
    rolled.add_argument("--generation", type=int, help="which one (default: the one before)")
    _add_waiting(rolled)
    named("events", "show what happened to an endpoint", _events, add)


def named(
    verb: str, text: str, run: Verb, add: Callable[[str, str, Verb], argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """The parser of a verb of one endpoint."""
    parser = add(verb, text, run)
    parser.add_argument("endpoint", help="name or id of the endpoint")
    return parser


def _add_wishes(parser: argparse.ArgumentParser, defaults: Mapping[str, Any]) -> None:
    def about(name: str) -> str:
        default = defaults.get(name.replace("-", "_"))
        return _ABOUT[name] if default is None else f"{_ABOUT[name]} (default: {default})"

    for name in _TEXTS:
        parser.add_argument(f"--{name}", help=about(name))
    for name in _NUMBERS:
        parser.add_argument(f"--{name}", type=int, help=about(name))
    parser.add_argument(
        "--versioning",
        choices=get_args(Versioning),
        help="current: each bundle has workers of its own, and the newest ones take the new work",
    )
    parser.add_argument(
        "--ramp",
        type=_percentages,
        metavar="PERCENT,...",
        help="with versions: which parts of the new work a new build takes one after another, as 10,50; or none",
    )
    parser.add_argument(
        "--ramp-seconds",
        type=int,
        metavar="SECONDS",
        help="how long each part of the ramp lasts (default: 300); 0: until something else is asked for",
    )
    for name in _SWITCHES:
        parser.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=about(name))
    parser.add_argument("--label", action="append", metavar="KEY=VALUE", help="a label; team and product are needed")
    parser.add_argument("--image", help="the worker's image with its tag, instead of a bundle")
    parser.add_argument("--env", action="append", metavar="NAME=VALUE", help="a variable of the worker, with --image")
    parser.add_argument("--dry-run", action="store_true", help="print what would be applied, and record nothing")
    parser.add_argument("--command", help="the worker's command as a shell reads it, with --image: 'python -m worker'")


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """Let the parser know how long a command waits; a wrong number is refused before anything is asked for."""
    parser.add_argument("--timeout", type=_seconds, default=600.0, metavar="SECONDS", help="how long (default: 600)")


def _percentages(text: str) -> list[int]:
    try:
        return [] if text == "none" else [int(each) for each in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not numbers as 10,50, and not none") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _add_waiting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true", help="wait until it is done, and say why it is not yet")
    add_timeout(parser)


def _create(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    body = {**DEFAULTS, "name": given.name, "endpoint_type": given.endpoint_type}
    body |= _wishes(client, given, given.name)
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
    endpoint = client.named(given.endpoint)
    path, body = f"{ENDPOINTS}/{endpoint['id']}", _wishes(client, given, endpoint["bundle_name"])
    if given.dry_run:
        return _tried(client, output, "PUT", path, body)
    made = client.carry_out("PUT", path, body)
    return _shown(client, given, output, endpoint["id"], made["generation"], before=endpoint["generation"])


def _delete(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    endpoint = client.named(given.endpoint)
    answer = client.ask("DELETE", f"{ENDPOINTS}/{endpoint['id']}")
    if given.wait:
        wait_gone(client, endpoint["id"], given.timeout)
    show(output, answer, f"{endpoint['name']} is deleted")
    return 0


def _restart(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    endpoint = client.named(given.endpoint)
    made = client.ask("POST", f"{ENDPOINTS}/{endpoint['id']}/restart")
    return _shown(client, given, output, endpoint["id"], made["generation"])


def _history(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    found = client.ask("GET", f"{ENDPOINTS}/{client.named(given.endpoint)['id']}/history")["revisions"]
    rows = [
        (each["generation"], each["created_at"], each["created_by"], each["cause"], each["bundle_id"]) for each in found
    ]
    show(output, found, table_of(("GENERATION", "AT", "BY", "CAUSE", "BUNDLE"), rows))
    return 0


def _roll_back(client: ApiClient, given: argparse.Namespace, output: str) -> int:
    endpoint = client.named(given.endpoint)
    made = client.ask("POST", f"{ENDPOINTS}/{endpoint['id']}/rollback", {"generation": given.generation})
    return _shown(client, given, output, endpoint["id"], made["generation"])


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


def _tried(client: ApiClient, output: str, method: str, path: str, body: dict[str, Any]) -> int:
    """Print the documents that the request would lead to."""
    answer = client.ask(method, path, body, dry_run="true")
    show("yaml" if output == "table" else output, answer["documents"], "")
    return 0


def _wishes(client: ApiClient, given: argparse.Namespace, bundle_name: str) -> dict[str, Any]:
    """What the flags ask for, in the API's names."""
    fields = [name.replace("-", "_") for name in _FIELDS]
    body = {field: getattr(given, field) for field in fields if getattr(given, field) is not None}
    if given.label:
        body["labels"] = _pairs(given.label, "--label")
    if given.image is not None:
        flavor = flavor_of(given.image, _words(given.command), given.env)
        body |= client.bundle(bundle_name, flavor)
    elif given.env or given.command:
        raise SettingsError("--env and --command belong to an image. Give --image as well.")
    return body


def flavor_of(image: str, command: list[str] | None, variables: list[str] | None) -> dict[str, Any]:
    """Launch's flavor of an image with its tag or digest.

    Raises:
        SettingsError: the image has neither.
    """
    repository, separator, tag = image.rpartition("@" if "@" in image else ":")
    if not separator or "/" in tag:
        # What stands before an @ or after a scheme may be a password.
        shown = "" if "@" in image or "://" in image else f" {image!r}"
        raise SettingsError(f"the image{shown} has no tag. Write repository:tag, or repository@sha256:digest.")
    return {
        "repository": repository,
        "tag": tag,
        "command": command or [],
        "env": _pairs(variables or [], "--env") or None,
    }


def _words(command: str | None) -> list[str]:
    try:
        return shlex.split(command or "")
    except ValueError as error:
        # The text may hold a secret.
        raise SettingsError(f"--command is not what a shell reads: {error}. Close the quote.") from error


def _pairs(given: list[str], flag: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for number, each in enumerate(given, start=1):
        name, separator, value = each.partition("=")
        if not separator:
            # It may be a secret whose name was forgotten.
            which = f"number {number} of the {len(given)} {flag}" if len(given) > 1 else flag
            raise SettingsError(f"{which} has no '='. Write {flag} name=value.")
        if name in pairs:
            raise SettingsError(f"{flag} sets {name!r} twice. Leave one of them out.")
        pairs[name] = value
    return pairs

"""What flags and files ask for, in the API's names."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from typing import Any, get_args

from temporal_endpoints.commands.api_client import BUNDLES, Answer, ApiClient
from temporal_endpoints.errors import SettingsError
from temporal_endpoints.specification import Versioning

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
# An update with a label needs these again, as in Launch.
_NEEDED_LABELS = ("team", "product")


def add_wishes(parser: argparse.ArgumentParser, defaults: Mapping[str, Any]) -> None:
    """Let the parser know what may be asked for; `defaults` are told in its help."""

    def about(name: str) -> str:
        default = defaults.get(name.replace("-", "_"))
        return _ABOUT[name] if default is None else f"{_ABOUT[name]} (default: {default})"

    stays = "" if defaults else "; what is not named stays"
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
    labels = f"a label{stays}" if stays else "a label; team and product are needed"
    parser.add_argument("--label", action="append", metavar="KEY=VALUE", help=labels)
    parser.add_argument("--image", help="the worker's image with its tag, in place of a bundle")
    parser.add_argument("--env", action="append", metavar="NAME=VALUE", help=f"a variable of the worker{stays}")
    parser.add_argument("--command", help="the worker's command as a shell reads it: 'python -m worker'")


def wishes(client: ApiClient, given: argparse.Namespace, before: Answer | None = None) -> dict[str, Any]:
    """What the flags ask for, in the API's names.

    Args:
        client: tells which bundles there are.
        given: the flags.
        before: the endpoint that is to be changed; what is not named of its labels and its bundle stays.

    Raises:
        SettingsError: the flags contradict each other.
        AskingError: nobody answers.
    """
    fields = [name.replace("-", "_") for name in _FIELDS]
    body = {field: getattr(given, field) for field in fields if getattr(given, field) is not None}
    if given.label:
        known = before["labels"] if before else {}
        body["labels"] = {
            **{key: known[key] for key in _NEEDED_LABELS if key in known},
            **_pairs(given.label, "--label"),
        }
    if given.image is None and given.env is None and given.command is None:
        return body
    if given.model_bundle_id is not None:
        raise SettingsError("--model-bundle-id names an image already. Leave out --image, --env and --command, or it.")
    if before is None and given.image is None:
        raise SettingsError("--env and --command belong to an image. Give --image as well.")
    flavor = dict(client.ask("GET", f"{BUNDLES}/{before['bundle_id']}")["flavor"]) if before else {}
    if given.image is not None:
        flavor |= image_of(given.image)
    if given.command is not None or not before:
        flavor["command"] = _words(given.command)
    if given.env is not None or not before:
        flavor["env"] = {**(flavor.get("env") or {}), **_pairs(given.env or [], "--env")} or None
    return body | client.bundle(before["bundle_name"] if before else given.name, flavor, before)


def image_of(image: str) -> dict[str, str]:
    """An image as Launch's flavor has it: its repository, and its tag or digest.

    Raises:
        SettingsError: it has neither, or two tags.
    """
    repository, separator, tag = image.rpartition("@" if "@" in image else ":")
    if not separator or "/" in tag:
        # What stands before an @ or after a scheme may be a password.
        shown = "" if "@" in image or "://" in image else f" {image!r}"
        raise SettingsError(f"the image{shown} has no tag. Write repository:tag, or repository@sha256:digest.")
    if separator == ":" and ":" in repository.rpartition("/")[2]:
        raise SettingsError(f"the image {image!r} has two tags. Write repository:tag.")
    return {"repository": repository, "tag": tag}


def _percentages(text: str) -> list[int]:
    try:
        return [] if text == "none" else [int(each) for each in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not numbers as 10,50, and not none") from None


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

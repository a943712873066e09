"""The command line: what was asked for, done; an error is one message, and exit status 2."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Collection, Sequence
from typing import Any, NoReturn

import shtab

from nested_templates.errors import NestedTemplatesError
from nested_templates.suggestion import did_you_mean
from temporal_endpoints import __version__
from temporal_endpoints.commands import api_client
from temporal_endpoints.commands.endpoint_commands import Verb, add_endpoint_commands
from temporal_endpoints.commands.file_commands import add_file_commands
from temporal_endpoints.serving import DATABASE, SETTINGS, open_database, serve
from temporal_endpoints.settings import add_settings, resolve
from temporal_endpoints.terminal import say, tell

# What a file of settings may hold, whichever command reads it.
_KNOWN = (*SETTINGS, *api_client.SETTINGS)
_FAILED = 2
_SHELLS = ("bash", "zsh", "fish")


class Parser(argparse.ArgumentParser):
    """argparse's, which tells the nearest command to one that is unknown.

    Attributes:
        commands: all commands; of the parser of one command there are none.
    """

    commands: Collection[str] = ()

    def __init__(self, *arguments: Any, **about: Any) -> None:  # noqa: ANN401 - argparse's
        self._flags: list[str] = []
        super().__init__(*arguments, **about)

    def add_argument(self, *names: Any, **about: Any) -> argparse.Action:  # noqa: ANN401 - argparse's
        """Keep the flags for suggestions."""
        self._flags += [name for name in names if name.startswith("--")]
        return super().add_argument(*names, **about)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: ANN401 - argparse's
        """Of one command, refuse a flag that is unknown here, where the known ones are, and words of no flag."""
        words = sys.argv[1:] if args is None else list(args)
        first = words[0].partition("=")[0] if self.commands and words else ""
        if first.startswith("--") and not any(flag.startswith(first) for flag in self._flags):
            # What follows may be a secret, and would be told as an unknown command.
            self.error(f"there is no flag {first!r} before the command. Write it after the command.")
        given, rest = super().parse_known_args(words, namespace)
        flags = [each.partition("=")[0] for each in rest if each.startswith("--") and each != "--"]
        if flags and not self.commands:
            self.error(f"there is no flag {flags[0]!r}. {did_you_mean(flags[0], self._flags)}")
        if rest:
            # The word may be a secret, as in `--env A=b B=secret`.
            place = len(words) - words[::-1].index(rest[-1])
            self.error(
                f"word {place} after {self.prog!r} belongs to no flag. Write a flag before each value, as "
                "--env A=b --env C=d, and texts with spaces in quotes."
            )
        return given, rest

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end with status 2."""
        unknown = re.search(r"argument COMMAND: invalid choice: '(.*?)'", message)
        if unknown:
            message = f"there is no command {unknown[1]!r}. {did_you_mean(unknown[1], self.commands)}"
        # argparse repeats a flag with its value, which may be a secret.
        message = re.sub(r"(?s)^(ambiguous option: --?[^=\s]*)=.* (could match .*)", r"\1 \2", message)
        super().error(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 if it was done."""
    given = parser().parse_args(arguments)
    try:
        status: int = given.run(given)
    except NestedTemplatesError as error:
        tell(f"temporal-endpoints: {error}")
        return _FAILED
    return status


def parser() -> Parser:
    """All commands with their flags."""
    made = Parser(
        prog="temporal-endpoints",
        description="Runs Temporal activity workers on Kubernetes from the templates of a chart.",
    )
    made.add_argument("--version", action="version", version=f"temporal-endpoints {__version__}")
    _add_config(made)
    commands = made.add_subparsers(metavar="COMMAND", required=True)
    served = commands.add_parser("serve", help="serve the API, and bring the cluster to what it is asked for")
    _add_config(served)
    add_settings(served, SETTINGS)
    served.set_defaults(run=_serve)
    migrated = commands.add_parser("migrate", help="bring the database's tables to this version")
    _add_config(migrated)
    add_settings(migrated, DATABASE)
    migrated.set_defaults(run=_migrate)
    completed = commands.add_parser("completion", help="print what a shell needs to complete commands and flags")
    completed.add_argument("shell", choices=_SHELLS, help="which shell")
    completed.set_defaults(run=_complete)

    def add(name: str, text: str, verb: Verb) -> argparse.ArgumentParser:
        asking = commands.add_parser(name, help=text, description=text)
        _add_config(asking)
        add_settings(asking, api_client.SETTINGS)
        asking.set_defaults(run=lambda given: _ask(verb, given))
        return asking

    add_endpoint_commands(add)
    add_file_commands(add)
    made.commands = commands.choices
    return made


def _add_config(parser: argparse.ArgumentParser) -> None:
    """Before the command or after it; one that is not given there leaves what was given before it."""
    file = parser.add_argument(
        "--config",
        default=argparse.SUPPRESS,
        help="file of settings (default: ~/.config/temporal-endpoints/config.yaml)",
    )
    file.complete = shtab.FILE  # type: ignore[attr-defined]


def _ask(verb: Verb, given: argparse.Namespace) -> int:
    settings = resolve(given, api_client.SETTINGS, _KNOWN)
    client = api_client.ApiClient(settings)
    try:
        return verb(client, given, settings["output"])
    finally:
        client.close()


def _serve(given: argparse.Namespace) -> int:
    serve(resolve(given, SETTINGS, _KNOWN))
    return 0


def _complete(given: argparse.Namespace) -> int:
    say(shtab.complete(parser(), given.shell))
    return 0


def _migrate(given: argparse.Namespace) -> int:
    database = open_database(resolve(given, DATABASE, _KNOWN))
    database.migrate()
    tell(f"the tables are of revision {database.revision()}")
    database.close()
    return 0

"""The command line: reads its arguments, calls the core, prints, and turns errors into exit status 2."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import traceback
from collections.abc import Sequence

from helm_nested import __version__
from helm_nested.commands import check, coverage, diff, mutants, render
from helm_nested.errors import TRACEBACK, HelmNestedError, UnexpectedError

REFUSED = 2
INTERRUPTED = 130  # 128 + SIGINT, as a shell says it
CLOSED = 141  # 128 + SIGPIPE
_ALLOCATIONS = 50_000  # between two collections; Python's own figure is 700


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit status: 0 done, 2 not done and said why, 128 and more stopped."""
    # Nearly all that a command makes it keeps to its end: looking for garbage less often saves 5 %.
    gc.set_threshold(_ALLOCATIONS)
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone. What could not be written is written again when Python ends, and would fail
        # again: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except Exception as error:
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        _tell(str(error if isinstance(error, HelmNestedError) else UnexpectedError.of(error)))
        return REFUSED


def _tell(message: str) -> None:
    print(f"helm-nested: {message}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="helm-nested", description="Look into the templates that a Helm chart's objects carry."
    )
    parser.add_argument("--version", action="version", version=f"helm-nested {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    render.add(commands)
    check.add(commands)
    coverage.add(commands)
    diff.add(commands)
    mutants.add(commands)
    return parser

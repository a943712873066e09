"""The command line: reads its arguments, calls the core, prints, and turns errors into exit status 2."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

from helm_nested import __version__
from helm_nested.commands import check, coverage, diff, mutants, patch, render
from helm_nested.errors import TRACEBACK, HelmNestedError, UnexpectedError
from helm_nested.terminal import accept_any_text, tell
from helm_nested.watchdog import Ended, limit_renders

REFUSED = 2
INTERRUPTED = 130  # 128 + SIGINT, as a shell says it
CLOSED = 141  # 128 + SIGPIPE
_ALLOCATIONS = 50_000  # between two collections; Python's own figure is 700


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit status: 0 done, 2 not done and said why, 128 and more stopped."""
    # Nearly all that a command makes it keeps to its end: looking for garbage less often saves 5 %.
    gc.set_threshold(_ALLOCATIONS)
    accept_any_text()
    try:
        return _run(arguments)
    except Ended as ended:
        return ended.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()  # whoever read it has gone
        return CLOSED
    except Exception as error:
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        with suppress(OSError):
            tell(str(error if isinstance(error, HelmNestedError) else UnexpectedError.of(error)))
        try:
            sys.stdout.flush()
        except OSError:
            _drop_output()
        return REFUSED


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
    except SystemExit:  # --help, --version, or an option that is not understood
        sys.stdout.flush()
        raise
    if "render_seconds" in options:
        limit_renders(options.render_seconds)
    status = int(options.run(options))
    sys.stdout.flush()
    return status


def _drop_output() -> None:
    # What could not be written is written again when Python ends, and would fail again:
    # https://docs.python.org/3/library/signal.html#note-on-sigpipe
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="helm-nested", description="Render, fill and check Helm charts that carry templates in their ConfigMaps."
    )
    parser.add_argument("--version", action="version", version=f"helm-nested {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    render.add(commands)
    check.add(commands)
    coverage.add(commands)
    diff.add(commands)
    mutants.add(commands)
    patch.add(commands)
    return parser

"""The option `--render-seconds` of every command that renders."""

from __future__ import annotations

import argparse

# Some thousand times what a render takes; a machine may be busy.
_SECONDS = 60.0
_MOST = 1e9


def add_render_seconds(parser: argparse.ArgumentParser) -> None:
    """Add the option to the parser."""
    parser.add_argument(
        "--render-seconds", type=_seconds, default=_SECONDS, metavar="N",
        help="how long one render, or one template that is filled, may take before the command ends and names it "
        "(default: 60)",
    )  # fmt: skip


def _seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < _MOST:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of seconds: write for example 60")
    return seconds

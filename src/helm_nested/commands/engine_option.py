"""The option `--engine` of every command for which another engine may render."""

from __future__ import annotations

import argparse

from helm_nested.engine import IN_PROCESS


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add the option to the parser."""
    parser.add_argument(
        "--engine",
        default=IN_PROCESS,
        help=f"{IN_PROCESS}, or the name or path of a helm binary (default: %(default)s)",
    )

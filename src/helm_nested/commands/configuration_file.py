"""The option `--config` of every command that reads a configuration."""

from __future__ import annotations

import argparse
from pathlib import Path

from helm_nested.configuration import FILE_NAME


def add_configuration_file(parser: argparse.ArgumentParser) -> None:
    """Add the option to the parser."""
    parser.add_argument(
        "--config", type=Path, default=Path(FILE_NAME), metavar="FILE", help="configuration file (default: %(default)s)"
    )

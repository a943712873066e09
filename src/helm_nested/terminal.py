"""What is printed for people: nothing in it steers the terminal, or the CI system that reads along."""

from __future__ import annotations

import os
import re
import sys
from io import TextIOWrapper

from helm_nested.visible_text import visible

# GitHub's runner takes such lines, however far they are indented, and `##[` anywhere, as commands.
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)", re.MULTILINE)
_STANDARD = 3


def plain(text: str) -> str:
    """The text without what a terminal or GitHub's runner would take as a command."""
    return _COMMAND.sub(lambda found: f"{found[1] or ''}U+{ord(found[0].lstrip()):04X}", visible(text))


def show(text: str, end: str = "\n") -> None:
    """Print a result."""
    print(plain(text), end=end, flush=True)


def command(line: str) -> None:
    """Print a line that GitHub's runner is to take as a command; nothing in it may come from a chart unescaped."""
    print(line, flush=True)


def tell(message: str) -> None:
    """Print why something was not done."""
    print(plain(f"helm-nested: {message}"), file=sys.stderr, flush=True)


def warn(sentence: str) -> None:
    """Print what the user should know though the work goes on."""
    print(plain(f"warning: {sentence}"), file=sys.stderr, flush=True)


def accept_any_text() -> None:
    """Let every text be printed, in whatever encoding: what it lacks is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def open_standard_streams() -> None:
    """Put something in place of standard streams that were closed: what is opened next would take their numbers."""
    while (number := os.open(os.devnull, os.O_RDWR)) < _STANDARD:
        os.set_inheritable(number, True)
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for good

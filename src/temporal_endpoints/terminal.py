"""What is printed: results on the standard output, the rest on the standard error; nothing steers a terminal."""

from __future__ import annotations

import re
import sys

# Control characters but for tab and newline, and what reorders the text around it.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """The text with characters that would steer a terminal, or mislead who reads there, written out."""
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def can_print(text: str) -> bool:
    """Whether the text is printed as it is."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return visible(text) == text


def say(text: str) -> None:
    """A result, of one or more lines."""
    print(visible(text))


def tell(text: str) -> None:
    """What a person should know beside the result."""
    print(visible(text), file=sys.stderr)


def progress(text: str, *, last: bool = False) -> None:
    """What is going on: one line that is written anew in a terminal, else a line for each change."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{visible(text)}", end="\n" if last else "", file=sys.stderr, flush=True)
    else:
        print(visible(text), file=sys.stderr, flush=True)

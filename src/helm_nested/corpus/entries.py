"""Entries of a rendered ConfigMap cut out of its text, so that a text that differs in one key is not parsed whole.

A service-template ConfigMap is tens of kilobytes, nearly every combination renders another one, and each is put
together from few distinct entries. What is not of the simple shape `  key: |-` is left to the YAML parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Stands in a frame where an entry was cut out; a private-use character, so that no real entry is mistaken for it.
CUT = "\ue000cut"
_ENTRY = re.compile(r"^  ([-.\w]+): \|-\n", re.MULTILINE)
_OUTSIDE = re.compile(r"^ {0,3}\S", re.MULTILINE)


@dataclass(frozen=True)
class Entries:
    """A manifest with CUT in place of its block-scalar entries (`frame`, still parseable), and their raw text."""

    frame: str
    bodies: tuple[tuple[str, str], ...]


def cut(text: str) -> Entries | None:
    """The entries of a manifest under `data:`, or None if its shape is another one.

    Only when everything after the first entry is entries: then nothing else can be hidden in the text.
    """
    parts = _ENTRY.split(text)
    if len(parts) < 3 or not parts[0].rstrip().endswith("data:"):
        return None
    bodies = tuple(zip(parts[1::2], parts[2::2], strict=True))
    frame = parts[0] + "".join(f'  {key}: "{CUT}"\n' for key, _ in bodies)
    return Entries(frame, bodies)


def is_block(body: str) -> bool:
    """Whether a raw body is what `dedented` understands: indented by four, from its first line on."""
    first = body.lstrip("\n")
    return first.startswith("    ") and not first.startswith("     ") and not _OUTSIDE.search(body)


def dedented(body: str) -> str:
    """The text of a block scalar `|-` whose content is indented by four spaces."""
    return "\n".join(line[4:] for line in body.split("\n")).rstrip("\n")

"""Texts of a chart as they may be shown: nothing in them hides, or reorders what stands around them."""

from __future__ import annotations

import re

# The same characters as in review/page.js, which shows the documents: control characters but for tab and newline, soft
# hyphen, zero-width and bidirectional characters, lone surrogates.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text with such characters replaced by their numbers."""
    return _HIDDEN.sub(lambda found: f"U+{ord(found[0]):04X}", text)

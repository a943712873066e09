"""A comparison as one HTML page that needs nothing but itself, in the style of the review page."""

from __future__ import annotations

from pathlib import Path

from helm_nested.difference.change import Comparison, place, summary, title
from helm_nested.difference.terminal import when
from helm_nested.html_page import html_page

_HERE = Path(__file__).parent
_REVIEW = _HERE.parent / "review"
_OPEN = 3  # so many excerpts are open at first


def page(comparison: Comparison) -> str:
    """The comparison as a page without scripts; nothing is fetched."""
    style = "".join(file.read_text(encoding="utf-8") for file in (_REVIEW / "page.css", _HERE / "page.css"))
    filters = {"line_class": _line_class, "title_of": title, "place_of": place, "when_of": when}
    return html_page(_HERE, style, filters=filters, comparison=comparison, summary=summary(comparison), opened=_OPEN)


def _line_class(line: str) -> str:
    """How a line of a unified diff is shown."""
    return {"+": "added", "-": "removed", "@": "hunk"}.get(line[:1], "context")

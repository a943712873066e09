"""The page of survivors: one HTML file that needs nothing but itself."""

from __future__ import annotations

from pathlib import Path

from helm_nested.html_page import html_page
from helm_nested.mutation.score import Score
from helm_nested.visible_text import visible

_HERE = Path(__file__).parent


def page(score: Score) -> str:
    """The page as HTML; nothing is fetched, and nothing is run."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    return visible(html_page(_HERE, style, score=score, kinds=sorted(score.figures)))

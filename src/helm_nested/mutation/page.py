"""The page of survivors: one HTML file that needs nothing but itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from helm_nested.mutation.score import Score


def page(score: Score) -> str:
    """The page as HTML."""
    kinds = sorted(score.figures)
    return _template().render(score=score, kinds=kinds)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2")

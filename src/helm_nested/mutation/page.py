"""The page of survivors: one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from helm_nested.mutation.score import Score
from helm_nested.visible_text import visible

_HERE = Path(__file__).parent


def page(score: Score) -> str:
    """The page as HTML; nothing is fetched, and nothing is run."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    text = _template().render(
        score=score,
        kinds=sorted(score.figures),
        style=Markup(style),  # noqa: S704 - the project's own; everything else on the page is escaped
        content_security_policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )
    return visible(text)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2")

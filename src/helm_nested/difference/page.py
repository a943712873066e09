"""A comparison as one HTML page that needs nothing but itself, in the style of the review page."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from helm_nested.difference.change import Comparison, place, summary, title
from helm_nested.difference.terminal import when
from helm_nested.visible_text import visible

_HERE = Path(__file__).parent
_REVIEW = _HERE.parent / "review"
_OPEN = 3  # so many excerpts are open at first


def page(comparison: Comparison) -> str:
    """The comparison as a page without scripts; nothing is fetched."""
    style = "".join(file.read_text(encoding="utf-8") for file in (_REVIEW / "page.css", _HERE / "page.css"))
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"visible": visible, "line_class": _line_class, "title_of": title, "place_of": place}
    environment.filters["when_of"] = when
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return environment.get_template("page.html.j2").render(
        comparison=comparison,
        summary=summary(comparison),
        opened=_OPEN,
        # Both files are the project's own; everything else on the page is escaped.
        style=Markup(style),  # noqa: S704
        content_security_policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )


def _line_class(line: str) -> str:
    """How a line of a unified diff is shown."""
    return {"+": "added", "-": "removed", "@": "hunk"}.get(line[:1], "context")

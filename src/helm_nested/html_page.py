"""HTML pages that need nothing but themselves: style and script stand in them, and nothing is fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from helm_nested.visible_text import visible


def html_page(
    folder: Path, style: str, script: str = "", filters: Mapping[str, Any] | None = None, **given: object
) -> str:
    """The folder's `page.html.j2`, filled with what is given; only this style and this script are used on the page."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"visible": visible, **(filters or {})}
    sources = {"style-src": style, **({"script-src": script} if script else {})}
    allowed = "".join(f"{what} '{_source(text)}'; " for what, text in sources.items())
    return environment.get_template("page.html.j2").render(
        # Both are the project's own; everything else on the page is escaped.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        content_security_policy=f"default-src 'none'; {allowed}base-uri 'none'; form-action 'none'",
        **given,
    )


def _source(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"

"""A page as a browser's parser sees it, and texts that would break out of one."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" \'',
    "<!--<script>",
    "line\u2028and paragraph\u2029separators",
    "&lt;already&amp;escaped&gt;",
    "{{ 7 * 7 }}{% raw %}${NAME}",
]


class Markup(HTMLParser):
    """The page as a browser's parser sees it: tags with their attributes, and the text inside each kind of tag."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "br", "img", "input"}:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        """Close the tag and what was left open inside it."""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Add the text to every open tag."""
        for tag in set(self._open):
            self.texts[tag][-1] += data

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script reads."""
        loaded: dict[str, Any] = json.loads(self.texts["script"][0])
        return loaded

    @property
    def changes(self) -> list[tuple[str, str, str, list[str]]]:
        """Each difference as stage, title, status and scenarios."""
        return [(each["stage"], each["title"], each["status"], each["scenarios"]) for each in self.data["changes"]]

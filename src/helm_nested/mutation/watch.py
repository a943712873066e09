"""What tests do with a chart: which of its files they read, and what they render from it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError
from helm_nested.mutation.original import digest_of, render_key, without_place
from helm_nested.mutation.reading import Reading


class Watch:
    """Watches this process from now on, for good.

    Attributes:
        renders: by key: values as JSON, the release, and the digest of what came out.
    """

    def __init__(self, chart: Path, reading: Reading) -> None:
        self.renders: dict[str, tuple[str, dict[str, Any], str]] = {}
        self._folder = str(chart)
        self._reading = reading
        reading.forget()
        self._wrap(chart)

    @property
    def chart(self) -> bool:
        """Whether anything of the chart was read."""
        return self.templates or any(path.startswith(self._folder) for path in self._reading.paths)

    @property
    def templates(self) -> bool:
        """Whether its templates were read, other than by the in-process engine."""
        return any(path.startswith(f"{self._folder}/templates") for path in self._reading.paths) or any(
            self._folder in command for command in self._reading.commands
        )

    def _wrap(self, chart: Path) -> None:
        from helm_nested.engine.in_process import InProcessEngine

        render = InProcessEngine.render_bare

        def watched(engine: InProcessEngine, values: str, release: Release) -> str:
            mine = engine.chart_path == chart
            key = render_key(values, release)
            try:
                text = render(engine, values, release)
            except HelmNestedError as error:
                if mine:
                    self.renders[key] = (values, asdict(release), digest_of(without_place(str(error))))
                raise
            if mine:
                self.renders[key] = (values, asdict(release), digest_of(text))
            return text

        InProcessEngine.render_bare = watched  # type: ignore[method-assign,assignment]

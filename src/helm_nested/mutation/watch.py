"""What tests do with a chart: which of its files they read, and what they render from it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError
from helm_nested.mutation.original import digest_of, render_key, without_place

_READING = frozenset({"open", "os.scandir", "os.listdir", "subprocess.Popen"})


class Watch:
    """Watches this process from now on, for good.

    Attributes:
        chart: whether anything of the chart was read.
        templates: whether its templates were read, other than by the in-process engine.
        renders: by key: values as JSON, the release, and the digest of what came out.
    """

    def __init__(self, chart: Path) -> None:
        self.chart = False
        self.templates = False
        self.renders: dict[str, tuple[str, dict[str, Any], str]] = {}
        self._folder = str(chart)
        sys.addaudithook(self._hear)
        self._wrap(chart)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in _READING:
            return
        said = " ".join(str(each) for each in arguments)
        if self._folder in said:
            self.chart = True
            if event == "subprocess.Popen" or f"{self._folder}/templates" in said:
                self.templates = True

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

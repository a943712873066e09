"""A folder with a small chart and what belongs to it, written and changed by tests."""

from __future__ import annotations

from pathlib import Path


class WrittenFiles:
    """Files below `folder`; those of the chart stand in `chart/`."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Change a file of the chart."""
        text = (self.folder / "chart" / name).read_text(encoding="utf-8")
        assert old in text
        self.write(f"chart/{name}", text.replace(old, new))

"""The planted changes of benchmarks/planted-defects.yaml, and copies of the chart with one of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "temporal-endpoints"
PLANTED = ROOT / "benchmarks" / "planted-defects.yaml"


@dataclass(frozen=True)
class Change:
    """One replacement in one file of the chart; `stage` is empty for a harmless one."""

    name: str
    stage: str
    file: str
    find: str
    replace: str


@dataclass(frozen=True)
class Planted:
    """Defects to be found, changes of meaning that break no rule, and changes that change nothing."""

    defects: tuple[Change, ...]
    meaning: tuple[Change, ...]
    harmless: tuple[Change, ...]


def load_planted() -> Planted:
    """What the file says."""
    content: dict[str, list[dict[str, Any]]] = yaml.safe_load(PLANTED.read_text(encoding="utf-8"))
    return Planted(*(tuple(map(_change, content[part])) for part in ("defects", "meaning", "harmless")))


@contextmanager
def chart_with(change: Change | None, folder: Path) -> Iterator[Path]:
    """A copy of the chart below `folder`, with the change made, that is gone afterwards.

    Raises:
        ValueError: the change does not fit the chart any more.
    """
    chart = folder / "charts" / CHART.name
    shutil.rmtree(chart.parent, ignore_errors=True)
    shutil.copytree(CHART, chart)
    if change:
        file = chart / change.file
        text = file.read_text(encoding="utf-8")
        if text.count(change.find) != 1:
            raise ValueError(f"{PLANTED.name}: '{change.name}' does not fit {change.file} any more; correct 'find'")
        file.write_text(text.replace(change.find, change.replace), encoding="utf-8")
    try:
        yield chart
    finally:
        shutil.rmtree(chart.parent)


def _change(entry: dict[str, Any]) -> Change:
    return Change(entry["name"], entry.get("stage", ""), entry["file"], entry["find"], entry["replace"])

"""The charts inside a chart, as Helm's library writes and reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import PurePosixPath

from helm_nested.engine.archive import Files

# What Helm reads of a chart for its values.
_ABOUT_VALUES = {"Chart.yaml", "requirements.yaml", "values.yaml"}
_SHOWING = "templates/values.json"


def kept_apart(files: Iterable[tuple[PurePosixPath, bytes]]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """A chart's files, of which Helm's library gives those of two charts of one name below the same folder.

    Two versions of a chart, by two aliases, are such; Helm knows a chart by its Chart.yaml, and asks for no folder.
    Each chart's files come together, beginning with that one.
    """
    now: dict[PurePosixPath, PurePosixPath] = {}
    taken: set[PurePosixPath] = set()
    for path, content in files:
        folder, *inside = _chart_folders(path)
        here = now.setdefault(folder, folder)
        for below in inside:
            if below == path.parent and path.name == "Chart.yaml":
                names = chain([below.name], (f"{below.name}-{number}" for number in count(2)))
                now[below] = next(free for name in names if (free := here / "charts" / name) not in taken)
                taken.add(now[below])
            folder, here = below, now[below]
        yield here / path.relative_to(folder), content


def showing_values(files: Files) -> Files:
    """The chart that renders nothing but its values, as its templates see them; it has no schema that refuses some."""
    root = next(iter(files)).parts[0]
    about = {path: content for path, content in files.items() if path.name in _ABOUT_VALUES}
    return {**about, PurePosixPath(root, _SHOWING): b"{{ toJson .Values }}"}


def has_subcharts(files: Files) -> bool:
    """Whether there are charts in its folder charts/."""
    return any(path.parts[1] == "charts" for path in files)


def _chart_folders(path: PurePosixPath) -> Iterator[PurePosixPath]:
    """The folders of the charts that a file is in, the outermost first."""
    folder = PurePosixPath(path.parts[0])
    rest = path.parts[1:]
    yield folder
    while len(rest) > 2 and rest[0] == "charts":
        folder = folder.joinpath(*rest[:2])
        rest = rest[2:]
        yield folder

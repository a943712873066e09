"""The charts inside a chart, as Helm's library writes and reads them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, count
from pathlib import PurePosixPath

from helm_nested.engine.archive import Files
from helm_nested.engine.dependencies import dependencies_in
from nested_templates.yaml_documents import load_documents

_NAMING = {"Chart.yaml", "requirements.yaml"}
# What Helm reads of a chart for its values.
_ABOUT_VALUES = {*_NAMING, "values.yaml"}
_SHOWING = "templates/values.json"


def kept_apart(files: Iterable[tuple[PurePosixPath, bytes]]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """A chart's files, of which Helm's library gives those of two charts of one name below the same folder.

    Two versions of a chart, by two aliases, are such; Helm knows a chart by its Chart.yaml, and asks for no folder.
    Each chart's files come together, beginning with that one.
    """
    now: dict[PurePosixPath, PurePosixPath] = {}
    taken: set[PurePosixPath] = set()
    for path, content in files:
        folder, *inside = chart_folders(path)
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
    about = {path: content for path, content in files.items() if _stands_in(path, _ABOUT_VALUES)}
    return {**about, PurePosixPath(root, _SHOWING): b"{{ toJson .Values }}"}


def with_all_enabled(files: Files) -> Files:
    """The same without the conditions and tags that switch charts inside it off."""
    return {
        path: _without_switches(content) if _stands_in(path, _NAMING) else content for path, content in files.items()
    }


def _without_switches(content: bytes) -> bytes:
    documents = load_documents(content.decode("utf-8", "replace"), "Chart.yaml")
    for document in documents:
        for dependency in dependencies_in(document):
            for switch in ("condition", "tags"):
                dependency.pop(switch, None)
    return json.dumps(documents[0]).encode() if documents else content


def has_subcharts(files: Files) -> bool:
    """Whether there are charts in its folder charts/."""
    return any(path.parts[1] == "charts" for path in files)


def _stands_in(path: PurePosixPath, names: Collection[str]) -> bool:
    """Whether it is a file of one of these names, and of a chart itself."""
    return path.name in names and path.parent in chart_folders(path)


def chart_folders(path: PurePosixPath) -> Iterator[PurePosixPath]:
    """The folders of the charts that a file is in, the outermost first."""
    folder = PurePosixPath(path.parts[0])
    rest = path.parts[1:]
    yield folder
    while len(rest) > 2 and rest[0] == "charts":
        folder = folder.joinpath(*rest[:2])
        rest = rest[2:]
        yield folder

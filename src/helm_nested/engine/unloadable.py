"""Why Helm cannot load a chart: which file is wrong, and what to do. What Helm logs on its way there is left out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from helm_nested.engine.helm_log import silenced
from helm_nested.errors import ChartError
from nested_templates.input_file import fault_of

_LINK = re.compile(r"error evaluating symlink (?P<path>.+?): (?:EvalSymlinks|lstat|readlink)\b")
_NO_FILE = re.compile(r"cannot load irregular file (.+) as it has file mode type bits set|\bread (.+): is a directory")
_TOO_LARGE = re.compile(r'chart file "(?P<name>.+)" is larger than the maximum file size (?P<limit>\d+)')
_TOO_DEEP = "file name too long"
# What Go's reader of lines says of one that is longer than 64 KiB; Helm reads .helmignore by lines, and nothing else.
_TOO_LONG_A_LINE = "bufio.Scanner: token too long"
_FOLLOWED = re.compile(r"^.*found symbolic link in path.*\n", re.MULTILINE)
_OUT = "or name it in .helmignore"


def quiet_about_links(chart: Path) -> AbstractContextManager[None]:
    """What to load a chart in: Helm logs every link that it follows, which in a circle are hundreds of lines."""
    return silenced() if _has_link(chart) else nullcontext()


def without_links(log: str) -> str:
    """What a helm binary wrote, without the lines on links that it followed."""
    return _FOLLOWED.sub("", log)


def unloadable(chart: Path, error: Exception) -> ChartError:
    """The error to raise when Helm's library said this of the chart."""
    fault = fault_of_file(chart, str(error)) or f"{error}. Try: helm lint {chart}"
    return ChartError(f"Helm cannot load the chart at {chart}: {fault}")


def fault_of_file(chart: Path, said: str) -> str | None:
    """Which file of the chart Helm could not read, why, and what to do; None if Helm said something else."""
    if (named := _named(chart, said)) is not None and (link := _closing(chart, named)) is not None:
        return (
            f"{_inside(chart, link)} is a link to {link.readlink()}, a folder that it is in itself, so what is in it "
            f"has no end. Remove the link, {_OUT}."
        )
    if found := _LINK.search(said):
        link = Path(found["path"])
        leads = f"is a link to {link.readlink()}, which" if link.is_symlink() else "is a link that"
        return f"{_inside(chart, link)} {leads} cannot be followed. Remove it, or correct where it leads."
    if irregular := _NO_FILE.search(said):
        path = Path(irregular[1] or irregular[2])
        return f"{_inside(chart, path)}: {fault_of(path) or 'it is not a file'}. Remove it, {_OUT}."
    if large := _TOO_LARGE.search(said):
        place = next((_inside(chart, path) for path in _larger(chart, int(large["limit"]))), large["name"])
        return f"{place} has more than {large['limit']} bytes, the most that Helm takes. Make it smaller, {_OUT}."
    if _TOO_DEEP in said and named is not None:
        top = Path(*Path(_inside(chart, named)).parts[:2])
        return f"{top} holds folders in folders, deeper than a path can be. Remove them, {_OUT}."
    if _TOO_LONG_A_LINE in said:
        return ".helmignore has a line of more than 65535 bytes. Write one pattern a line."
    return None


def _has_link(chart: Path) -> bool:
    folders = [chart]
    while folders:
        # What cannot be read is for Helm to say.
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    return True
                if entry.is_dir():
                    folders.append(Path(entry.path))
    return False


def _named(chart: Path, said: str) -> Path | None:
    """The path below the chart that an error names."""
    found = re.search(re.escape(str(chart.absolute())) + r"/.+?(?=: |\Z)", said)
    return Path(found[0]) if found else None


def _closing(chart: Path, named: Path) -> Path | None:
    """The link by which a path comes to a folder a second time."""
    seen = {_identity(chart)}
    link = None
    with suppress(OSError):  # it leads nowhere, or is longer than a path can be
        for place in reversed([named, *named.parents][: len(named.parts) - len(chart.absolute().parts)]):
            link = place if place.is_symlink() else link
            own = _identity(place)
            if own in seen:
                return link
            seen.add(own)
    return None


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _larger(chart: Path, limit: int) -> Iterator[Path]:
    for folder, _, names in os.walk(chart, followlinks=False):
        for path in (Path(folder, name) for name in sorted(names)):
            if path.is_file() and path.stat().st_size > limit:
                yield path


def _inside(chart: Path, path: Path) -> str:
    """The path as it is seen from the chart's folder."""
    for base in (chart.absolute(), chart.resolve()):
        if path.absolute().is_relative_to(base):
            return str(path.absolute().relative_to(base))
    return str(path)

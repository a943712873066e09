"""The software that results follow from: this tool's own source, and the versions of installed libraries."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

import nested_templates
from helm_nested.digest import digest_of

# This package, and the one that fills.
PACKAGES = (Path(__file__).parent, Path(nested_templates.__file__).parent)


@cache
def source_digest(globs: Sequence[str] = ("**/*",), but: Sequence[str] = ()) -> str:
    """The digest of this tool's own files that match one of the globs, and none of the others."""
    parts = chain.from_iterable(_parts(package, globs, but) for package in PACKAGES)
    return digest_of(parts).hex()


def _parts(package: Path, globs: Sequence[str], but: Sequence[str]) -> Iterator[bytes]:
    excluded = {file for glob in but for file in package.glob(glob)}
    files = {file for glob in globs for file in package.glob(glob)} - excluded
    for file in sorted(files):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(package.parent).as_posix().encode()
            yield file.read_bytes()


def versions(names: Iterable[str]) -> list[str]:
    """Those libraries with their versions."""
    return [f"{name} {_version(name)}" for name in names]


@cache
def installed() -> tuple[str, ...]:
    """Python, and everything that is installed for it, with versions: a test may use any of it."""
    # Here, as what needs no version should not wait for it.
    from importlib.metadata import distributions

    found = {f"{each.name} {each.version}" for each in distributions()}
    return (platform.python_implementation(), platform.python_version(), *sorted(found))


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "none"

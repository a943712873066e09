"""The software that results follow from: this tool's own source, and the versions of installed libraries."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from helm_nested.digest import digest_of

_ROOT = Path(__file__).parent


@cache
def source_digest(globs: Sequence[str] = ("**/*",), but: Sequence[str] = ()) -> str:
    """The digest of this tool's own files that match one of the globs, and none of the others."""
    excluded = {file for glob in but for file in _ROOT.glob(glob)}
    files = {file for glob in globs for file in _ROOT.glob(glob)} - excluded
    own = (file for file in sorted(files) if file.is_file() and "__pycache__" not in file.parts)
    parts = ((file.relative_to(_ROOT).as_posix().encode(), file.read_bytes()) for file in own)
    return digest_of(chain.from_iterable(parts)).hex()


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

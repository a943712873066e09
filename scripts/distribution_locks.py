"""The lock of one distribution: of requirements.lock what it needs on Linux, and nothing else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from itertools import product
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).parent.parent
DISTRIBUTIONS = ROOT / "distributions"
_LOCK = ROOT / "requirements.lock"
_ENTRY = re.compile(r"^(\S+?)==.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_HEAD = "# Generated from requirements.lock by `make docs`; do not edit.\n"
# Where an image may run; a package that any of them needs is in the lock.
_ENVIRONMENTS = [
    {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }
    for machine, version in product(("x86_64", "aarch64"), ("3.11", "3.12", "3.13", "3.14"))
]


class NotLockedError(Exception):
    """Something that a distribution needs is not in the lock; the text says what."""


def control_plane_lock() -> str:
    """What the control plane's wheel needs at run time."""
    return _lock_of(_needed(DISTRIBUTIONS / "temporal-endpoints"))


def build_lock() -> str:
    """What builds the wheels."""
    project = tomllib.loads((DISTRIBUTIONS / "temporal-endpoints" / "pyproject.toml").read_text(encoding="utf-8"))
    return _lock_of(map(Requirement, project["build-system"]["requires"]))


def _needed(folder: Path) -> Iterator[Requirement]:
    """What the distribution in this folder needs of others than this repository's."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in map(Requirement, project["dependencies"]):
        own = DISTRIBUTIONS / requirement.name
        if own.is_dir():
            yield from _needed(own)
        else:
            yield requirement


def _lock_of(requirements: Iterable[Requirement]) -> str:
    locked = {canonicalize_name(entry[1]): entry[0] for entry in _ENTRY.finditer(_LOCK.read_text(encoding="utf-8"))}
    needed = dict(_closure(requirements, locked))
    return _HEAD + "".join(needed[name] for name in sorted(needed))


def _closure(requirements: Iterable[Requirement], locked: Mapping[NormalizedName, str]) -> Iterator[tuple[str, str]]:
    pending, seen = list(requirements), set()
    while pending:
        requirement = pending.pop()
        name = canonicalize_name(requirement.name)
        state = (name, frozenset(requirement.extras))
        if state in seen:
            continue
        seen.add(state)
        if name not in locked:
            raise NotLockedError(f"{name} is not in requirements.lock. Add it there.")
        yield name, locked[name]
        try:
            below = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            # It is locked for another platform than this one, and needs nothing that is not locked with it.
            below = []
        pending += (each for each in map(Requirement, below) if _applies(each, requirement.extras))


def _applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({**environment, "extra": extra}) for environment, extra in product(_ENVIRONMENTS, ("", *extras))
    )

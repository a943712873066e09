"""Runs a command in a mount namespace of its own, in which each volume lies where the container says.

Runs as a script, as root. Nothing outside the namespace changes: the command's root is a folder in memory into which
everything of the real root is bound, and a folder that lacks a mount point is covered by a layer of its own.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000

_library = ctypes.CDLL(None, use_errno=True)


def _succeed(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: Path, kind: str = "", flags: int = 0, data: str = "") -> None:
    arguments = (source.encode(), os.fsencode(target), kind.encode() or None, flags, data.encode() or None)
    _succeed(_library.mount(*arguments), f"mount {source} on {target}")


def prepare(folder: Path, mounts: list[tuple[str, str]]) -> Path:
    """Make the namespace and the root in it; `mounts` are pairs of a source and a place."""
    _succeed(_library.unshare(_CLONE_NEWNS), "unshare")
    _mount("none", Path("/"), flags=_MS_REC | _MS_PRIVATE)
    folder.mkdir(parents=True, exist_ok=True)
    _mount("tmpfs", folder, "tmpfs")
    root = folder / "root"
    root.mkdir()
    for entry in os.scandir("/"):
        place = root / entry.name
        if entry.is_symlink():
            place.symlink_to(Path(entry.path).readlink())
        elif entry.is_dir():
            place.mkdir()
            # What holds our own folder must not bring it along again.
            own = Path(entry.path) in folder.parents
            _mount(entry.path, place, flags=_MS_BIND if own else _MS_BIND | _MS_REC)
    covered: set[str] = set()
    for source, target in sorted(mounts, key=lambda pair: pair[1]):
        _bind(folder, root, source, target, covered)
    return root


def _bind(folder: Path, root: Path, source: str, target: str, covered: set[str]) -> None:
    # A link such as /var/run leads from the new root back to the real one, where nothing may be made.
    inside = os.path.realpath(target).lstrip("/")
    place = root / inside
    if not place.exists():
        top = inside.split("/")[0]
        if Path("/", top).exists() and top not in covered:
            covered.add(top)
            upper, work = folder / "upper" / top, folder / "work" / top
            upper.mkdir(parents=True)
            work.mkdir(parents=True)
            _mount("overlay", root / top, "overlay", data=f"lowerdir=/{top},upperdir={upper},workdir={work}")
        place.parent.mkdir(parents=True, exist_ok=True)
        if Path(source).is_dir():
            place.mkdir()
        else:
            place.touch()
    _mount(source, place, flags=_MS_BIND)


def main(folder: str, mounts: str, *command: str) -> None:
    """Prepare the root, and become the command in it."""
    root = prepare(Path(folder), json.loads(mounts))
    os.chroot(root)
    os.chdir("/")
    os.execvp(command[0], command)  # noqa: S606 - the container's own command


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What this process reads: the results of tests hold as long as none of it has changed."""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from types import FrameType

from helm_nested.software import PACKAGES

_FOLDERS = frozenset({"os.scandir", "os.listdir"})
_OWN = tuple(map(str, PACKAGES))
_PYTHON = sysconfig.get_path("stdlib")
# Who lists folders to find modules, tests, and files of the configuration, of which each is looked at by itself.
_FINDERS = ("<frozen importlib", f"{_PYTHON}{os.sep}importlib{os.sep}", f"{os.sep}_pytest{os.sep}", *_OWN)
_ELSEWHERE = ("/proc", "/sys", "/dev")
_CACHED = "__pycache__"
_DIGEST_BYTES = 12


class Reading:
    """Hears, from now on and for good, which files are opened, folders listed and commands started.

    A process that is forked hears on, in its own copy.
    """

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.commands: list[str] = []
        self._written: set[str] = set()
        sys.addaudithook(self._hear)

    def forget(self) -> None:
        """Begin anew."""
        self.paths.clear()
        self.commands.clear()

    def files(self, besides: Sequence[Path]) -> list[str]:
        """All that was read, absolute, but what it wrote itself, is below one of these paths or belongs to Python."""
        libraries = [path for name, path in sysconfig.get_paths().items() if name not in ("data", "scripts")]
        libraries += [path for path in sys.path if path.endswith(".zip")]
        apart = [*map(str, besides), *self._written, *libraries, *_ELSEWHERE, *_OWN]
        named = {path for command in self.commands for path in _named(command)}
        found = {_source(path) for path in self.paths | named}
        return sorted(path for path in found if not any(_is_below(path, other) for other in apart))

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "subprocess.Popen":
            self.commands.append(" ".join(_text(each) for each in arguments))
        elif event == "open":
            path, _, flags = arguments
            if isinstance(path, str | bytes):
                if isinstance(flags, int) and flags & os.O_ACCMODE == os.O_RDONLY:
                    self.paths.add(_absolute(path))
                elif not os.path.isdir(path):  # noqa: PTH112 - a folder is opened so for a file without a name
                    self._written.add(_absolute(path))
        elif event == "os.mkdir" and isinstance(arguments[0], str | bytes):
            self._written.add(_absolute(arguments[0]))  # what is in it was written as well
        elif event in _FOLDERS and not _is_finder(sys._getframe(1)):  # noqa: SLF001 - the one way
            path = arguments[0]
            self.paths.add(_absolute(path) if isinstance(path, str | bytes) else str(Path.cwd()))


def contents(path: Path, without: Iterable[Path]) -> bytes:
    """The digest of a file, or of the names in a folder but those that hold one of `without`; empty if it is absent."""
    try:
        if path.is_dir():
            names = sorted(
                each.name
                for each in path.iterdir()
                if each.name != _CACHED and not any(_is_below(str(other), str(each)) for other in without)
            )
            content = "\0".join(names).encode()
        else:
            content = path.read_bytes()
    except OSError:
        return b""
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _is_finder(frame: FrameType | None) -> bool:
    """Whether a finder calls, be it by way of Python's own modules."""
    while frame is not None:
        file = frame.f_code.co_filename
        if any(each in file for each in _FINDERS):
            return True
        if not file.startswith((_PYTHON, "<frozen")):
            return False
        frame = frame.f_back
    return False


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip(os.sep)}{os.sep}")


def _source(path: str) -> str:
    """The module that a compiled one was made from."""
    file = Path(path)
    return str(file.parents[1] / f"{file.name.partition('.')[0]}.py") if file.parent.name == _CACHED else path


def _named(command: str) -> Iterable[str]:
    """The files that a command's words name."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return (_absolute(word) for word in words if Path(word).is_file())


def _absolute(path: str | bytes) -> str:
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - a name with .. in it must be the same as without


def _text(argument: object) -> str:
    if isinstance(argument, list | tuple):
        return " ".join(map(_text, argument))
    return os.fsdecode(argument) if isinstance(argument, str | bytes | os.PathLike) else ""

"""Files that hold secrets, which may be given by mistake in place of the file."""

from __future__ import annotations

from pathlib import Path

from nested_templates.input_file import is_there, read_text
from temporal_endpoints.errors import SettingsError

# A file's ending is short, where a token has points in it as well.
_LONGEST_ENDING = len(".token")


def lines_of(path: Path) -> list[str]:
    """The secrets of a file, one a line; white space around one, and a byte order mark, belong to none.

    Raises:
        OSError: it cannot be read, or is no file.
        UnicodeDecodeError: it is not UTF-8.
    """
    return [line.strip() for line in read_text(path).split("\n") if line.strip()]


def unreadable(path: Path, flag: str, error: OSError) -> SettingsError:
    """What is told of a file that cannot be read: not what was given, if that looks like the secret itself."""
    if not is_there(path) and not _looks_like_a_path(path):
        return SettingsError(
            f"{flag} names no file that is there. Give the path of a file that holds the secret, not the secret itself."
        )
    return SettingsError(f"{path} cannot be read: {error.strerror}. Correct {flag}.")


def _looks_like_a_path(path: Path) -> bool:
    """Whether it is from a root, or has the ending of a file: base64 has slashes, and a JSON Web Token has points."""
    return path.is_absolute() or path.parts[:1] == ("..",) or 0 < len(path.suffix) <= _LONGEST_ENDING

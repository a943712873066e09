"""Files that hold secrets, which may be given by mistake in place of the file."""

from __future__ import annotations

from pathlib import Path

from temporal_endpoints.errors import SettingsError


def unreadable(path: Path, flag: str, error: OSError) -> SettingsError:
    """What is told of a file that cannot be read: not what was given, if that looks like the secret itself."""
    shown = str(path)
    if "/" not in shown and not path.suffix and not path.exists():
        return SettingsError(
            f"{flag} names no file that is there. Give the path of a file that holds the secret, not the secret itself."
        )
    return SettingsError(f"{shown} cannot be read: {error.strerror}. Correct {flag}.")

"""What is said where nothing can be kept for the next run, which this run does not need."""

from __future__ import annotations

from pathlib import Path

from helm_nested.terminal import warn

_told: set[Path] = set()


def warn_not_kept(cache: Path, error: OSError) -> None:
    """Say once of that folder that the next run must do the same work again."""
    if cache not in _told:
        _told.add(cache)
        warn(
            f"nothing can be kept in {cache}: {error.strerror or error}. The next run does all the work again. "
            "Name another folder with 'cache:' in the configuration."
        )

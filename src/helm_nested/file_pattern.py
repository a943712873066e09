"""Patterns of files in the configuration."""

from __future__ import annotations

from pathlib import Path

from helm_nested.errors import ConfigurationError
from nested_templates.input_file import fault_of


def matching_files(path: Path, key: str, globs: list[str]) -> tuple[Path, ...]:
    """The files that the patterns under that key find from the folder of the configuration `path`, each once.

    Raises:
        ConfigurationError: a pattern is none, finds nothing, or finds what cannot be read.
    """
    found: list[Path] = []
    for glob in globs:
        try:
            matches = sorted(match for match in path.parent.glob(glob) if not _is_passed_over(match, glob))
        except (NotImplementedError, ValueError) as error:
            raise ConfigurationError(
                f"{path}: {key}: {glob!r} is not a pattern: {error}. "
                "Write one relative to that file, for example 'values/*.yaml'."
            ) from error
        if not matches:
            raise ConfigurationError(
                f"{path}: {key}: nothing matches {glob!r} in {path.absolute().parent}. Correct the pattern."
            )
        for match in matches:
            fault = fault_of(match)
            if fault is not None:
                raise ConfigurationError(
                    f"{path}: {key}: {glob!r} matches {match}, which cannot be read: {fault}. "
                    "Remove it, or narrow the pattern."
                )
        found += [match for match in matches if match not in found]
    return tuple(found)


def _is_passed_over(match: Path, glob: str) -> bool:
    """Whether this is a folder that a pattern for everything finds beside the files that are meant."""
    return match.is_dir() and Path(glob).name in {"*", "**"}

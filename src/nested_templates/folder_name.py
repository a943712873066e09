"""Names that become folders of the output."""

from __future__ import annotations


def is_folder_name(name: str) -> bool:
    """Whether a folder can have this name, wherever it is written, without being another one."""
    return name not in {"", ".", ".."} and not any(character in name for character in "/\\\0")

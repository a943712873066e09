"""Names that become folders of the output."""

from __future__ import annotations

import re

_NONE = re.compile(r"[/\\\0\ud800-\udfff]")


def is_folder_name(name: str) -> bool:
    """Whether a folder can have this name, wherever it is written, without being another one.

    A name that was no UTF-8 has lone surrogates here, and no page could link to it.
    """
    return name not in {"", ".", ".."} and not _NONE.search(name)

"""What a person reads when a worker cannot begin or go on; every message ends with what to do."""

from __future__ import annotations

import re

# What Temporal's library prints of a refusal is a structure of Rust, in which the text is one of these.
_TEXT = re.compile(r'(?:message|error): "([^"]+)"')
# Lines of a file as TOML's reader shows them, with a number or without, and texts in quotes.
_CONTENTS = re.compile(r'^ *\d* *\|.*$|"[^"\n]*"', re.MULTILINE)


class WorkerError(Exception):
    """A worker cannot work; `status` is the exit status of its process."""

    status = 1


class SettingsError(WorkerError):
    """An environment variable, a file or a module is missing or wrong; starting again changes nothing."""

    status = 2


class ServerError(WorkerError):
    """Temporal cannot be reached, or refuses; it may be otherwise when the worker is started again."""


def cause(error: BaseException) -> str:
    """What a server or the network said, without the structure around it, and without a full stop."""
    text = str(error)
    texts: list[str] = _TEXT.findall(text)
    return (texts[-1] if texts else text).rstrip(".")


def without_contents(said: str) -> str:
    """What a library says of a file, in one line and without what it quotes of the file, which may be a secret."""
    return " ".join(_CONTENTS.sub("", said).split()).rstrip(".")

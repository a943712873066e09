"""What can go wrong here beside what filling raises; each message says what is wrong, where, and what to do."""

from __future__ import annotations

import re

from nested_templates.errors import NestedTemplatesError

# Lines of a file as TOML's reader shows them, with a number or without, and texts in quotes.
_CONTENTS = re.compile(r'^ *\d* *\|.*$|"[^"\n]*"', re.MULTILINE)


class TemporalEndpointsError(NestedTemplatesError):
    """The work could not be done; the text says what, where and what to do."""


class SettingsError(TemporalEndpointsError):
    """A setting of the control plane or of its command line is missing or is not possible."""


class RecordsError(TemporalEndpointsError):
    """The database is missing, unreachable, or of another version."""


class NotRecordedError(TemporalEndpointsError):
    """What was asked for is not recorded, or belongs to somebody else."""


class AlreadyRecordedError(TemporalEndpointsError):
    """A name is in use already."""


class NotLeadingError(TemporalEndpointsError):
    """Another process leads by now, so this one may change nothing."""


class RefusedError(TemporalEndpointsError):
    """A request asks for what cannot be."""


class TemporalSilentError(TemporalEndpointsError):
    """Temporal gave no answer, or not the one that was asked for."""


class NotObservedError(TemporalEndpointsError):
    """It is not known what an endpoint's workers run."""


def without_contents(said: str) -> str:
    """What a library says of a file, in one line and without what it quotes of the file, which may be a secret."""
    return " ".join(_CONTENTS.sub("", said).split()).rstrip(".")

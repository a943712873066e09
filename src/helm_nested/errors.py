"""Everything that can go wrong on the user's side, as one tree; each message ends with what to do."""

from __future__ import annotations

from collections.abc import Sequence

from nested_templates.errors import ConfigurationError, ContractError, DocumentError, FillError, NestedTemplatesError

__all__ = [
    "TRACEBACK",
    "CannotCheckError",
    "ChartError",
    "ClusterError",
    "ConfigurationError",
    "ContractError",
    "DocumentError",
    "EngineError",
    "FillError",
    "HelmNestedError",
    "OutputError",
    "RenderError",
    "RevisionError",
    "SchemaError",
    "UnexpectedError",
    "ValuesError",
]

TRACEBACK = "HELM_NESTED_TRACEBACK"

# One tree, one root: what filling raises is caught and told like everything else.
HelmNestedError = NestedTemplatesError


class ChartError(HelmNestedError):
    """The chart is missing or is no chart."""


class ValuesError(HelmNestedError):
    """The values are unreadable, or the chart's schema refuses them."""


class EngineError(HelmNestedError):
    """The engine is missing or failed for a reason that is not the chart's."""


class RenderError(HelmNestedError):
    """A template of the chart failed in stage one."""


class OutputError(HelmNestedError):
    """The results could not be written where they were asked for."""


class UnexpectedError(HelmNestedError):
    """The harness itself is at fault; whatever it was working on was not checked."""

    @classmethod
    def of(cls, error: Exception) -> UnexpectedError:
        """What to tell the user of an error that nothing here accounts for."""
        if isinstance(error, OSError | MemoryError):
            return cls(f"could not check this: {_of_the_system(error)}. Mend that, and run the same command again.")
        return cls(
            f"could not check this: helm-nested itself failed ({type(error).__name__}: {error}). "
            f"That is a bug of helm-nested, not of the chart: run the same command with {TRACEBACK}=1 and report what "
            "it prints, together with the values."
        )


def _of_the_system(error: OSError | MemoryError) -> str:
    """What the operating system refuses: a full disk or a permission is no bug of anybody here."""
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    return ": ".join(str(each) for each in (error.filename, error.strerror or error) if each)


class SchemaError(HelmNestedError):
    """There is no schema to check a document with, so it could not be checked."""


class CannotCheckError(HelmNestedError):
    """A combination could not be rendered, read or checked; nothing is said about it."""


class RevisionError(HelmNestedError):
    """The other version of the chart, with which it is to be compared, is not there."""


class ClusterError(HelmNestedError):
    """A cluster cannot be reached, or refuses what was asked; `status` is HTTP's, 0 if there was no answer.

    Attributes:
        conflicts: of a refused server-side apply, each field that somebody else owns, and who.
    """

    def __init__(self, message: str, status: int = 0, conflicts: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status, self.conflicts = status, tuple(conflicts)

"""What the configuration accepts: failures that are known and meant, and entries that stand for none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase

from helm_nested.configuration import Accepted
from helm_nested.errors import ConfigurationError
from helm_nested.findings.failure import Failure
from helm_nested.findings.finding import Finding
from helm_nested.findings.unused_entry import EXCEPTS_NOTHING, JUDGES_NOTHING
from nested_templates.suggestion import did_you_mean

# Findings that no check makes.
_OTHERS = (
    "equal-choices",
    EXCEPTS_NOTHING,
    JUDGES_NOTHING,
    "refused-input",
    "unvaried-value",
    "unvaried-release",
    "value-without-effect",
)
UNUSED = "accepts-nothing"


class Acceptance:
    """The entries under `accepted:`, and which of them were needed.

    Raises:
        ConfigurationError: an entry names no check that there is.
    """

    def __init__(self, entries: Sequence[Accepted], checks: Collection[str]) -> None:
        known = [*checks, *_OTHERS]
        for entry in entries:
            if not any(fnmatchcase(name, entry.check) for name in known):
                raise ConfigurationError(
                    f"checks.accepted: there is no check {entry.check!r}. {did_you_mean(entry.check, known)}"
                )
        self._entries = entries
        self._used: set[int] = set()

    def covers(self, failure: Failure) -> bool:
        """Whether an entry accepts that failure."""
        problem, place = failure.problem, failure.place
        return self._covers(failure.check, problem.path, place.slot, place.argument_set, problem.message)

    def covers_finding(self, finding: Finding) -> bool:
        """Whether entries accept that finding in every text that it names."""
        return all(
            self._covers(finding.checks[0], finding.path, key, None, finding.message) for key in finding.keys or ("",)
        )

    def _covers(self, check: str, path: str, key: str, argument_set: str | None, message: str) -> bool:
        covering = [
            number
            for number, entry in enumerate(self._entries)
            if entry.covers(check, path, key, argument_set, message)
        ]
        self._used.update(covering)
        return bool(covering)

    @property
    def used(self) -> list[str]:
        """The paths of the entries that something needed, as `unused` would name them."""
        return [_path(number) for number in sorted(self._used)]

    def unused(self) -> Iterator[Finding]:
        """A finding for each entry that nothing needed: it may hide what comes next."""
        for number, entry in enumerate(self._entries):
            if number not in self._used:
                yield Finding.of_values(
                    UNUSED,
                    "Every entry under 'accepted' stands for a failure that there is.",
                    _path(number),
                    f"nothing that {entry.check!r} finds at {entry.path!r} needs it any more: remove it.",
                    {},
                )


def _path(number: int) -> str:
    return f"checks.accepted[{number}]"

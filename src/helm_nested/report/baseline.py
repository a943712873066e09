"""A baseline: findings that are known, so that a chart with old ones can start and only improve."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helm_nested import output_file
from helm_nested.errors import ConfigurationError
from helm_nested.findings.finding import Finding
from nested_templates.input_file import read_text


@dataclass(frozen=True)
class Compared:
    """The findings that a baseline does not know, how many it knows, and how many of its own were not found again."""

    new: list[Finding]
    known: int
    gone: int


@dataclass(frozen=True)
class Baseline:
    """What a baseline's file knows, by the findings' identities; None if there is no file yet."""

    path: Path
    known: tuple[str, ...] | None

    def compare(self, findings: Sequence[Finding], *, is_whole: bool) -> Compared:
        """Tell old findings from new ones, and bring the file up to date.

        A missing file is written with the findings there are. What a run that looked at everything (`is_whole`) did not
        find again is taken out, so that it cannot come back unseen; a part of the combinations proves nothing of it.

        Raises:
            OutputError: the file cannot be written.
        """
        if self.known is None:
            self._write([finding.identity for finding in findings])
            return Compared([], len(findings), 0)
        present = {finding.identity for finding in findings}
        gone = [each for each in self.known if each not in present]
        if gone and is_whole:
            self._write([each for each in self.known if each in present])
        new = [finding for finding in findings if finding.identity not in self.known]
        return Compared(new, len(findings) - len(new), len(gone))

    def _write(self, identities: Sequence[str]) -> None:
        output_file.write(self.path, json.dumps(sorted(identities), indent=1, ensure_ascii=False) + "\n")


def load_baseline(path: Path) -> Baseline:
    """The baseline in that file, which need not be there yet.

    Raises:
        ConfigurationError: the file is not a baseline.
        OutputError: there is none, and none can be written there.
    """
    try:
        known = json.loads(read_text(path))
    except FileNotFoundError:
        output_file.require_writable(path)
        return Baseline(path, None)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} is not a baseline: {error}. Remove it to start a new one.") from error
    if not isinstance(known, list) or not all(isinstance(each, str) for each in known):
        raise ConfigurationError(f"{path} is not a baseline: it is not a list of texts. Remove it to start a new one.")
    return Baseline(path, tuple(known))

"""A baseline: findings that are known, so that a chart with old ones can start and only improve."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from helm_nested.errors import ConfigurationError
from helm_nested.findings.finding import Finding


def apply(path: Path, findings: Sequence[Finding]) -> tuple[list[Finding], int, int]:
    """The findings that the baseline does not know, how many it knows, and how many of its own are gone.

    A missing file is written with the findings there are; one that knows findings which are gone is written without
    them, so that they cannot come back unseen.

    Raises:
        ConfigurationError: the file is not a baseline, or cannot be written.
    """
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        _write(path, [finding.identity for finding in findings])
        return [], len(findings), 0
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} is no baseline: {error}. Remove it to start a new one.") from error
    if not isinstance(known, list) or not all(isinstance(each, str) for each in known):
        raise ConfigurationError(f"{path} is no baseline: it is no list of texts. Remove it to start a new one.")
    present = {finding.identity for finding in findings}
    gone = [each for each in known if each not in present]
    if gone:
        _write(path, [each for each in known if each in present])
    new = [finding for finding in findings if finding.identity not in known]
    return new, len(findings) - len(new), len(gone)


def _write(path: Path, identities: Sequence[str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sorted(identities), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"the baseline {path} cannot be written: {error.strerror}. Name another file."
        ) from error

"""The values file that reproduces a finding."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from helm_nested import output_file
from helm_nested.errors import OutputError
from helm_nested.findings.finding import Finding
from helm_nested.visible_text import visible

_HEAD = "# Reproduces finding "


def write_values(folder: Path, number: int, finding: Finding) -> Path:
    """Write it; a file of that name that was not written here is kept.

    Raises:
        OutputError: it cannot be written, or somebody else's file has its name.
    """
    file = folder / f"{number}-values.yaml"
    output_file.require_writable(file)
    _refuse_foreign(file)
    what = f"{', '.join(finding.checks)} at {finding.path or 'the document'}"
    head = f"{_HEAD}{number}: {' '.join(visible(what).split())}\n"
    if finding.release:
        head += f"# with this of the release: {json.dumps(finding.release)}\n"
    values = json.loads(json.dumps(finding.values))
    output_file.write(file, head + yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
    return file


def _refuse_foreign(file: Path) -> None:
    try:
        is_own = not file.is_file() or file.read_text(encoding="utf-8", errors="replace").startswith(_HEAD)
    except OSError:
        return  # writing tells why
    if not is_own:
        raise OutputError(f"{file} is there, and was not written by this command. Name another folder with --findings.")

"""A Go module as go.sum pins it: what Go downloaded, or has in its cache, and whether it is that."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


class CannotGenerateError(Exception):
    """Says what is missing or not understood, and what to do about it."""


@dataclass
class ModuleArchive:
    """The archive of one version of a module, whose sum equals the one in go.sum."""

    module: str
    version: str
    sum: str
    path: Path
    digests: dict[str, str] = field(default_factory=dict)

    def read(self, *names: str) -> bytes:
        """Returns the first of these files that the archive holds, and remembers its digest."""
        with zipfile.ZipFile(self.path) as archive:
            held = set(archive.namelist())
            for name in names:
                member = f"{self.module}@{self.version}/{name}"
                if member in held:
                    content = archive.read(member)
                    self.digests[name] = hashlib.sha256(content).hexdigest()
                    return content
        raise CannotGenerateError(
            f"{self.module} {self.version} has none of {', '.join(names)}; "
            "look up where it moved and add the path to the script in scripts/ that reads it"
        )


def required_version(folder: Path, module: str) -> tuple[str, str]:
    """Returns the version of the module that this folder's go.mod requires, and its sum from the go.sum beside it."""
    shown = folder.relative_to(REPOSITORY)
    requirement = re.search(rf"^require {re.escape(module)} (v\S+)$", (folder / "go.mod").read_text(), re.MULTILINE)
    if not requirement:
        raise CannotGenerateError(f'{shown}/go.mod has no line "require {module} <version>"; write one')
    version = requirement.group(1)
    sums = (folder / "go.sum").read_text() if (folder / "go.sum").exists() else ""
    pinned = re.search(rf"^{re.escape(module)} {re.escape(version)} (h1:\S+)$", sums, re.MULTILINE)
    if not pinned:
        raise CannotGenerateError(
            f'{shown}/go.sum has no sum of {module} {version}; run "go mod download {module}" there'
        )
    return version, pinned.group(1)


def archive_sum(path: Path) -> str:
    """Returns the h1 sum of a module's archive, as Go computes it."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(archive.namelist())
        lines = "".join(f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n" for name in names)
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def fetch(folder: Path, module: str) -> ModuleArchive:
    """Has Go download the module that this folder requires, or find it in its cache, and verifies it."""
    version, pinned = required_version(folder, module)
    go = shutil.which("go")
    if go is None:
        raise CannotGenerateError("could not check: Go is not installed; install Go 1.26 or newer and put it on PATH")
    result = subprocess.run(
        [go, "mod", "download", "-json", module], cwd=folder, capture_output=True, text=True, check=False
    )
    try:
        answer: dict[str, str] = json.loads(result.stdout)
    except json.JSONDecodeError:
        answer = {"Error": result.stderr.strip() or "go mod download said nothing"}
    if "Error" in answer or "Zip" not in answer:
        raise CannotGenerateError(
            f"could not check: {module} {version} is not to be had: {answer.get('Error', 'no archive')}\n"
            "Run this where Go can reach a module proxy, once; after that its cache is enough."
        )
    path = Path(answer["Zip"])
    # Go verifies what it downloads but trusts its cache; what is read here is this archive, so it is summed here.
    if archive_sum(path) != pinned:
        raise CannotGenerateError(
            f"{path} is not what {folder.relative_to(REPOSITORY)}/go.sum pins; empty Go's cache "
            '("go clean -modcache") and run this again'
        )
    return ModuleArchive(module, version, pinned, path)

"""The rendered scenarios as files made for reading and for `diff -r`."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from helm_nested.errors import OutputError
from helm_nested.rendering import Rendering
from helm_nested.review.model import Review

RECORD = "render.json"
PAGE = "index.html"


def write(folder: Path, renderings: Iterable[Rendering], review: Review, page: str) -> None:
    """Replace the folder's content, in one step: a failure halfway leaves what was there.

    Raises:
        OutputError: the folder holds something that was not written here, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file. Name a folder: --out build/render")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RECORD).is_file():
        raise OutputError(
            f"{folder} holds files that were not written by this command (it has no {RECORD}), and they would be "
            "replaced. Name another folder, or empty this one."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for rendering in renderings:
                _write_scenario(fresh / rendering.scenario.name, rendering)
            (fresh / RECORD).write_text(
                json.dumps(review, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
            )
            (fresh / PAGE).write_text(page, encoding="utf-8")
            fresh.chmod(0o755)
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}. Name another folder with --out.") from error


def read_record(folder: Path) -> Review:
    """The record of an earlier run in that folder.

    Raises:
        OutputError: it is not there, unreadable, or of another format.
    """
    file = folder / RECORD
    try:
        record: Review = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(
            f"nothing to compare with: {file} cannot be read ({error.strerror}). "
            f"Render the other version first, for example: git worktree add /tmp/base main, then there: "
            f"helm-nested render --out {folder}"
        ) from error
    except ValueError as error:
        raise OutputError(f"{file} is not what this command writes: {error}. Render that folder again.") from error
    if not isinstance(record, dict) or record.get("format") != 1:
        raise OutputError(f"{file} has another format than this version writes (1). Render that folder again.")
    return record


def _write_scenario(folder: Path, rendering: Rendering) -> None:
    by_source: dict[str, list[str]] = {}
    for manifest in rendering.stage_one.manifests:
        by_source.setdefault(manifest.source, []).append(manifest.text)
    for source, texts in by_source.items():
        inside = PurePosixPath(*PurePosixPath(source).parts[1:])
        _write_text(folder / "stage-one" / inside, "\n---\n".join(texts))
    if rendering.stage_one.notes.strip():
        _write_text(folder / "stage-one" / "NOTES.txt", rendering.stage_one.notes.strip("\n"))
    for template in rendering.service_templates:
        _write_text(folder / "service-templates" / _file_name(template.key), template.text)
    for filled in rendering.filled:
        _write_text(folder / "filled" / filled.argument_set.name / _file_name(filled.template.key), filled.text)


def _file_name(key: str) -> str:
    """A ConfigMap key allows only letters, digits, '-', '_' and '.', but another chart's object need not keep to it."""
    return key.replace("/", "_") if key not in {".", ".."} else "_"


def _write_text(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.rstrip("\n") + "\n", encoding="utf-8")

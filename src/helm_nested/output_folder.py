"""The rendered scenarios as files made for reading and for `diff -r`."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from helm_nested.errors import OutputError
from helm_nested.rendering import Rendering
from helm_nested.review.model import Review
from helm_nested.temporary_folder import kept_meanwhile, temporary_folder
from nested_templates.folder_name import is_folder_name
from nested_templates.input_file import read_text
from nested_templates.service_template import ServiceTemplate

RECORD = "render.json"
PAGE = "index.html"
# In the record: the files beside it, so that the next run removes no other.
_FILES = "files"


def write(folder: Path, renderings: Iterable[Rendering], review: Review, page: str) -> None:
    """Replace the folder's content, in one step: a failure halfway leaves what was there.

    Raises:
        OutputError: the folder holds something that was not written here, or cannot be written.
    """
    # A link stays a link, and `.` gets a name.
    try:
        target = folder.resolve()
        _refuse_foreign(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(f".{target.name}-", target.parent) as workplace:
            fresh, former = workplace / "fresh", workplace / "former"
            for rendering in renderings:
                if rendering.scenario.name in {RECORD, PAGE}:
                    raise OutputError(
                        f"no scenario can be named {rendering.scenario.name!r}, because a file of the output has that "
                        f"name. "
                        f"Rename {rendering.scenario.files[-1]}."
                    )
                _write_scenario(fresh / rendering.scenario.name, rendering)
            _write_text(fresh / PAGE, page)
            record = {**review, _FILES: sorted(_files(fresh))}
            _write_text(fresh / RECORD, json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True))
            with kept_meanwhile(workplace):
                if target.is_dir():
                    target.rename(former)
                try:
                    fresh.rename(target)
                except BaseException:
                    former.rename(target)
                    raise
    except RuntimeError as error:  # what Python before 3.13 says of a link to itself
        raise OutputError(f"{folder} cannot be written: {error}. Name another folder with --out.") from error
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}. Name another folder with --out.") from error


def _refuse_foreign(folder: Path) -> None:
    """Accept a folder that can be replaced, because all that is in it was written by this command."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file. Name a folder: --out build/render")
    present = set(_files(folder))
    if not present:
        return
    foreign = sorted(present - _written(folder))
    if foreign:
        raise OutputError(
            f"{folder} holds what this command did not write, and it would be lost: {', '.join(foreign[:3])}. "
            "Name another folder with --out, or empty this one."
        )


def _files(folder: Path) -> Iterator[str]:
    """Everything below a folder that is no folder itself, links not followed."""
    for place, folders, files in os.walk(folder):
        for name in (*files, *(each for each in folders if Path(place, each).is_symlink())):
            yield Path(place, name).relative_to(folder).as_posix()


def _written(folder: Path) -> set[str]:
    """The files that an earlier run says it wrote there; none if there was no run, or one of an older version."""
    try:
        files: object = dict(read_record(folder)).get(_FILES)
    except OutputError:
        return set()
    return {RECORD, *map(str, files)} if isinstance(files, list) else set()


def read_record(folder: Path) -> Review:
    """The record of an earlier run in that folder.

    Raises:
        OutputError: it is not there, unreadable, or of another format.
    """
    file = folder / RECORD
    try:
        record: Review = json.loads(read_text(file))
    except OSError as error:
        raise OutputError(
            f"nothing to compare with: {file} cannot be read ({error.strerror}). "
            f"Render the other version first, for example: git worktree add /tmp/base main, then there: "
            f"helm-nested render --out {folder}"
        ) from error
    except ValueError as error:
        raise OutputError(f"{file} is not what this command writes: {error}. Render that folder again.") from error
    if not isinstance(record, dict) or record.get("format") != 1 or not Review.__required_keys__ <= record.keys():
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
    files = _template_files(rendering.service_templates)
    for template, file in files.items():
        _write_text(folder / "service-templates" / file, template.text)
    for filled in rendering.filled:
        _write_text(folder / "filled" / filled.argument_set.name / files[filled.template], filled.text)


def _template_files(templates: Sequence[ServiceTemplate]) -> dict[ServiceTemplate, PurePosixPath]:
    """Where each template goes: under its key, and under its owner too where two owners have the same key."""
    distinct = dict.fromkeys(templates)
    keys = Counter(_file_name(template.key) for template in distinct)
    files: dict[ServiceTemplate, PurePosixPath] = {}
    for template in distinct:
        key = _file_name(template.key)
        parts = [key] if keys[key] == 1 else [_file_name(template.owner), key]
        while PurePosixPath(*parts) in files.values():  # two namespaces have an object of the same name
            parts[0] += "_"
        files[template] = PurePosixPath(*parts)
    return files


def _file_name(key: str) -> str:
    """A ConfigMap key allows only letters, digits, '-', '_' and '.', but another chart's object need not keep to it."""
    return key.replace("/", "_") if is_folder_name(key.replace("/", "_")) else "_"


def _write_text(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # A lone surrogate has no UTF-8: a value can hold one, and so has a file's name that is no UTF-8. As an escape it is
    # what JSON has for it too.
    file.write_text(text.rstrip("\n") + "\n", encoding="utf-8", errors="backslashreplace")

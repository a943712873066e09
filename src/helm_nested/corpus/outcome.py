"""What one combination leads to: the texts that stand in each place, or why it was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nested_templates.yaml_documents import Document, KeyPath


class Place(NamedTuple):
    """Where a text may stand: in a manifest of stage one, or under a key of service templates."""

    is_template: bool
    name: str


# Tells texts apart in one place, wherever they were rendered.
Digest = bytes


@dataclass(frozen=True)
class Outcome:
    """The digest of the text in each place; none if the combination was refused, and why."""

    texts: Mapping[Place, Digest]
    refusal: str | None = None


@dataclass(frozen=True)
class ManifestText:
    """One distinct manifest: its text for people, and its objects with marks in place of service templates."""

    text: str
    objects: tuple[Document, ...]
    duplicate_keys: tuple[tuple[KeyPath, ...], ...]
    # Whether the text holds marks as well, so that it is not what was rendered.
    is_marked: bool = False


@dataclass(frozen=True)
class TemplateText:
    """One distinct service template: its text, the object that holds it, and the number of its selector."""

    text: str
    owner: str
    selector: int


Texts = Mapping[tuple[Place, Digest], ManifestText | TemplateText]

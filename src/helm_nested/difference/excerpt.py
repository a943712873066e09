"""What a change looks like: a unified diff of its first example, with nothing else in it."""

from __future__ import annotations

import difflib
import json
from typing import Any

import yaml

from helm_nested.difference.collection import Entry
from helm_nested.difference.edit import MISSING, mixed

# A page of a terminal; a document that is new is longer than one wants to read here.
_LINES = 40
_COLUMNS = 240
_SHORT = 60


class _Dumper(yaml.CSafeDumper):
    """Blocks, and texts of several lines as they are."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - the base class's signature
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def excerpt(entry: Entry) -> str:
    """A unified diff of the first example, in which only this entry's edits are made."""
    before, after = entry.example.before, entry.example.after
    if isinstance(before, str) or isinstance(after, str):
        return _unified(str(before or ""), str(after or ""))
    if before is not None and after is not None:
        after = mixed(before, after, {edit.path for edit in entry.edits})
    return _unified(*("" if each is None else as_yaml(each) for each in (before, after)))


def as_yaml(value: Any) -> str:  # noqa: ANN401 - any YAML
    """A value as YAML, its keys in their order."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=4096)
    return text


def short(value: Any) -> str:  # noqa: ANN401 - any YAML
    """A value on one line, cut if it is long; empty if there is none."""
    if value is MISSING:
        return ""
    text = json.dumps(value, ensure_ascii=False, default=str, skipkeys=True)
    return text if len(text) <= _SHORT else text[: _SHORT - 4] + " ..."


def _unified(before: str, after: str) -> str:
    lines = list(difflib.unified_diff(_lines(before), _lines(after), lineterm="", n=3))[2:]
    shown = [line if len(line) <= _COLUMNS else line[: _COLUMNS - 4] + " ..." for line in lines[:_LINES]]
    if len(lines) > _LINES:
        # A space before: that is a line of a unified diff, and neither of the two texts has it.
        shown.append(f" ... {len(lines) - _LINES} more lines")
    return "\n".join(shown)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []

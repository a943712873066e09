"""Why a mutant changes nothing: mutants that no property could tell from the chart, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from helm_nested.errors import ConfigurationError, DocumentError
from helm_nested.mutation.mutant import Mutant
from nested_templates.input_file import read_text
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import load_all

_KEYS = ("template", "line", "change", "reason")


@dataclass(frozen=True)
class Reason:
    """One entry: template, text of the line and change, each as it is or as a glob, and the reason."""

    template: str
    line: str
    change: str
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        """Whether the entry is about that mutant."""
        pairs = ((self.template, mutant.template), (self.line, mutant.source), (self.change, mutant.change))
        return all(said == pattern or fnmatchcase(said, pattern) for pattern, said in pairs)

    def __str__(self) -> str:
        return f"{self.template}: {self.line}: {self.change}"


def load_reasons(path: Path | None) -> list[Reason]:
    """The entries of that file, a list under `same:`; none if there is no such file.

    Raises:
        ConfigurationError: it cannot be read, or an entry is not understood.
    """
    if path is None or not (path.exists() or path.is_symlink()):
        return []
    try:
        documents = load_all(read_text(path), str(path))
    except (OSError, UnicodeDecodeError, DocumentError) as error:
        raise ConfigurationError(f"the reasons cannot be read: {error}. Correct the file.") from error
    document = documents[0] if len(documents) == 1 else None
    entries = document.get("same") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ConfigurationError(f"{path} holds no list under 'same:'. Each entry has {', '.join(_KEYS)}.")
    return [_reason(path, number, entry) for number, entry in enumerate(entries, start=1)]


def _reason(path: Path, number: int, entry: object) -> Reason:
    where = f"{path}: entry {number}"
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{where} is not a map. Write {', '.join(_KEYS)}.")
    for key in entry:
        if key not in _KEYS:
            raise ConfigurationError(f"{where}: unknown key {key!r}. {did_you_mean(str(key), _KEYS)}")
    for key in _KEYS:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise ConfigurationError(f"{where} has no text under {key!r}. Add it.")
    return Reason(*(entry[key].strip() for key in _KEYS))


def stale(reasons: Sequence[Reason], same: Iterable[Mutant], tried: Iterable[Mutant]) -> list[tuple[Reason, str]]:
    """The entries that are not true any more, and why: `same` are the mutants that change nothing, of all `tried`."""
    same, tried = list(same), list(tried)
    found = []
    for reason in reasons:
        if not any(reason.covers(mutant) for mutant in tried):
            found.append((reason, "there is no such mutant"))
        elif not any(reason.covers(mutant) for mutant in same):
            found.append((reason, "it is killed, or it changes something"))
    return found

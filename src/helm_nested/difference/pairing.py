"""Which document of one version is which of the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from nested_templates.yaml_documents import Document


@dataclass
class Pairing:
    """Documents that are the same thing in both versions, and those that only one has."""

    pairs: list[tuple[Document, Document]] = field(default_factory=list)
    before: list[Document] = field(default_factory=list)
    after: list[Document] = field(default_factory=list)


def by_identity(before: Sequence[Document], after: Sequence[Document]) -> Pairing:
    """Documents of the same kind, namespace and name; apiVersion may differ, for an object keeps its identity."""
    return _paired(before, after, lambda document: (kind(document), *_name(document)))


def by_kind(pairing: Pairing) -> Pairing:
    """Further, where each version has exactly one more document of a kind, these: it got another name."""
    single = [
        name
        for name in dict.fromkeys(map(kind, pairing.before))
        if all(sum(kind(each) == name for each in side) == 1 for side in (pairing.before, pairing.after))
    ]
    again = _paired(
        [each for each in pairing.before if kind(each) in single],
        [each for each in pairing.after if kind(each) in single],
        kind,
    )
    return Pairing(
        pairing.pairs + again.pairs,
        [each for each in pairing.before if kind(each) not in single],
        [each for each in pairing.after if kind(each) not in single],
    )


def kind(document: Document) -> str:
    """The kind of a document, empty if it has none."""
    return str(document.get("kind") or "")


def label(document: Document) -> str:
    """A document as people name it: `Deployment/name`."""
    return f"{kind(document)}/{_name(document)[1]}"


def _name(document: Document) -> tuple[str, str]:
    metadata = document.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return str(known.get("namespace", "")), str(known.get("name", ""))


def _paired(before: Sequence[Document], after: Sequence[Document], key: Callable[[Document], Hashable]) -> Pairing:
    waiting: dict[Hashable, list[Document]] = {}
    for document in after:
        waiting.setdefault(key(document), []).append(document)
    found = Pairing()
    for document in before:
        same = waiting.get(key(document))
        if same:
            found.pairs.append((document, same.pop(0)))
        else:
            found.before.append(document)
    found.after = [document for document in after if any(document is each for each in waiting[key(document)])]
    return found

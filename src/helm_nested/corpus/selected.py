"""Whether the configuration's selectors chose something: what was not selected was not checked."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from helm_nested.corpus.corpus import Corpus
from helm_nested.errors import ConfigurationError
from nested_templates.service_template import Selector, owner
from nested_templates.suggestion import did_you_mean


def require_selected(corpus: Corpus, selectors: Sequence[Selector]) -> None:
    """Accept a corpus in which every selector, and every one of its key patterns, chose a service template.

    Raises:
        ConfigurationError: one chose nothing in any combination; the text names the nearest object or key.
    """
    for message in unselected(corpus, selectors).values():
        raise ConfigurationError(message)


def unselected(corpus: Corpus, selectors: Sequence[Selector]) -> dict[str, str]:
    """Of each selector and key pattern that chose nothing, by its place in the configuration, what to say of it."""
    objects = [document for documents in corpus.objects.values() for document in documents]
    found: dict[str, str] = {}
    if not objects and corpus.refusals.texts:
        return found  # nothing could be rendered at all, which is told
    for number, selector in enumerate(selectors):
        where = f"serviceTemplates[{number}]"
        chosen = [document for document in objects if selector.selects(document)]
        if not chosen:
            names = sorted({owner(document) for document in objects})
            found[where] = (
                f"{where}: no combination renders a {selector.kind} whose name matches {selector.name!r}, so no "
                f"service template was checked. {_advice(f'{selector.kind}/{selector.name}', names)}"
            )
            # What it does not choose its patterns do not either.
            found.update((_pattern(where, pattern), found[where]) for pattern in selector.keys)
            continue
        keys = sorted({str(key) for document in chosen for key in document.get("data") or {}})
        for pattern in selector.keys:
            if not any(fnmatchcase(key, pattern) for key in keys):
                found[_pattern(where, pattern)] = (
                    f"{where}.keys: {pattern!r} matches no key of {owner(chosen[0])}, so nothing under it was checked. "
                    f"{_advice(pattern, keys)}"
                )
    return found


def _advice(name: str, known: Sequence[str]) -> str:
    if not known:
        return "Nothing else is there either: name another chart, or values with which it renders something."
    return f"{did_you_mean(name, known)} Correct it."


def _pattern(where: str, pattern: str) -> str:
    return f"{where}.keys: {pattern}"

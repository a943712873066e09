"""Whether the configuration's selectors chose something: what was not selected was not checked."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from helm_nested.corpus.corpus import Corpus
from helm_nested.errors import ConfigurationError
from helm_nested.service_template import Selector, owner
from helm_nested.suggestion import did_you_mean


def require_selected(corpus: Corpus, selectors: Sequence[Selector]) -> None:
    """Accept a corpus in which every selector, and every one of its key patterns, chose a service template.

    Raises:
        ConfigurationError: one chose nothing in any combination; the text names the nearest object or key.
    """
    objects = [document for documents in corpus.objects.values() for document in documents]
    if not objects and corpus.refusals.texts:
        return  # nothing could be rendered at all, which is told
    for number, selector in enumerate(selectors):
        where = f"serviceTemplates[{number}]"
        chosen = [document for document in objects if selector.selects(document)]
        if not chosen:
            names = sorted({owner(document) for document in objects})
            raise ConfigurationError(
                f"{where}: no combination renders a {selector.kind} whose name matches {selector.name!r}, so no "
                f"service template was checked. {did_you_mean(f'{selector.kind}/{selector.name}', names)} Correct it."
            )
        keys = sorted({str(key) for document in chosen for key in document.get("data") or {}})
        for pattern in selector.keys:
            if not any(fnmatchcase(key, pattern) for key in keys):
                raise ConfigurationError(
                    f"{where}.keys: {pattern!r} matches no key of {owner(chosen[0])}, so nothing under it was checked. "
                    f"{did_you_mean(pattern, keys)} Correct it."
                )

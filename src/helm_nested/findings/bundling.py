"""The bundle checks: everything that one combination and one argument set lead to, looked at together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from helm_nested.checking.model import BundleSubject, Check, Claims, Problem
from helm_nested.corpus import Corpus
from helm_nested.corpus.corpus import ABSENT
from helm_nested.findings.failure import BUNDLE, Failure, Place
from helm_nested.findings.filling import View, ViewKey, Views, run_check
from helm_nested.matrix.axes import Combination
from nested_templates.contract import ArgumentSet
from nested_templates.yaml_documents import Document

# By a slot, an id and an argument set's name: see `Views`.
_ByIdentity = dict[int, tuple[ViewKey, ...]]
# A document of a bundle, and whether it was filled from a service template.
_Member = tuple[ViewKey, bool]


class Bundler:
    """The bundle checks, and what tells bundles apart: what the checks need of them, and the release's namespace."""

    def __init__(self, checks: Sequence[Check], claims: Claims, namespace: Callable[[Combination], str]) -> None:
        self._checks = [check for check in checks if check.scope == "bundle"]
        # Most checks share one view.
        self.views: list[View] = list(dict.fromkeys(check.view for check in self._checks))
        self._claims = claims
        self._namespace = namespace
        self.bundles = 0

    def failures(
        self,
        corpus: Corpus,
        sets_of: Callable[[int], Sequence[ArgumentSet]],
        views: Views,
        parts: Mapping[ViewKey, Sequence[Document]],
    ) -> Iterator[Failure]:
        """What the checks say of every distinct bundle; `sets_of` tells the argument sets of a combination's number.

        A bundle of whose templates one could not be read is no whole: what it lacks is told by that template's failure.
        """
        bundles: dict[tuple[str, tuple[_Member, ...]], tuple[ArgumentSet, list[int]]] = {}
        for number, argument_set, namespace, members in _members(corpus, sets_of, views, self._namespace):
            bundle = (namespace, tuple(sorted(members)))
            if bundle not in bundles:
                bundles[bundle] = (argument_set, [])
            bundles[bundle][1].append(number)
        self.bundles = len(bundles)
        for (namespace, together), (argument_set, numbers) in bundles.items():
            filled = frozenset(number for number, (_, is_filled) in enumerate(together) if is_filled)
            for check in self._checks:
                position = self.views.index(check.view)
                documents = [parts[key][position] for key, _ in together]
                subject = BundleSubject(documents, self._claims, namespace, filled)
                for failure in run_check(check, subject, Place(BUNDLE, 0)):
                    problem = _with_kind(failure.problem, documents)
                    for number in numbers:
                        place = Place(BUNDLE, number, argument_set.name, failure.problem.document)
                        yield Failure(check.name, problem, place)


def _members(
    corpus: Corpus,
    sets_of: Callable[[int], Sequence[ArgumentSet]],
    views: Views,
    namespace: Callable[[Combination], str],
) -> Iterator[tuple[int, ArgumentSet, str, list[_Member]]]:
    """Each combination's number with each of its sets, its namespace, and all its documents by their view keys."""
    slots = [(name, slot, False) for name, slot in corpus.manifests.items()]
    slots += [(key, slot, True) for key, slot in corpus.templates.items()]
    by_slot: dict[tuple[str, str | None], _ByIdentity] = {}
    for place, keys in views.items():
        by_slot.setdefault((place.slot, place.argument_set), {})[place.identity] = keys
    nothing: _ByIdentity = {}
    read: dict[str, list[tuple[Sequence[int], _ByIdentity, bool]]] = {}
    for number, row in enumerate(corpus.combinations):
        if corpus.refusals.ids[number] != ABSENT:
            continue  # it leads to nothing, and that is told
        for argument_set in sets_of(number):
            if not argument_set.bundles:
                continue
            if argument_set.name not in read:
                read[argument_set.name] = [
                    (slot.ids, by_slot.get((name, argument_set.name if is_template else None), nothing), is_template)
                    for name, slot, is_template in slots
                    if not is_template or argument_set.suits(name)
                ]
            members: list[_Member] = []
            for ids, known, is_template in read[argument_set.name]:
                identity = ids[number]
                if identity != ABSENT:
                    keys_of = known.get(identity)
                    if keys_of is None:
                        break
                    members += ((key, is_template) for key in keys_of)
            else:
                yield number, argument_set, namespace(row), members


def _with_kind(problem: Problem, documents: Sequence[Document]) -> Problem:
    """The problem of a bundle with the kind of its document before the path: a bundle has many documents."""
    if problem.document is None:
        return problem
    kind = documents[problem.document].get("kind")
    return replace(problem, path=f"{kind}: {problem.path}", document=None)

"""Every check over the corpus: templates, documents of both stages, bundles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from helm_nested.checking.model import BundleSubject, Check, Claims, DocumentSubject, Level, Problem, TemplateSubject
from helm_nested.contract import ArgumentSet, Contract, primary_sets
from helm_nested.corpus import Corpus
from helm_nested.corpus.corpus import ABSENT
from helm_nested.encoder import Encoder
from helm_nested.errors import CannotCheckError, DocumentError, FillError, HelmNestedError
from helm_nested.fill import fill_text, filled_name
from helm_nested.findings.failure import BUNDLE, REFUSALS, Failure, Place
from helm_nested.findings.parts import in_parts
from helm_nested.findings.pipeline_failure import NO_DOCUMENT, NOT_FILLED, NOT_RENDERED, NOT_YAML, pipeline_problem
from helm_nested.findings.tried import Tried
from helm_nested.matrix.axes import Combination
from helm_nested.service_template import ServiceTemplate
from helm_nested.watchdog import working_on
from helm_nested.yaml_documents import Document, KeyPath, parse_documents

_EMPTY = "If the key is to be empty, say so under 'accepted' in the configuration; else correct the template."

View = Callable[[Document], Document]


@dataclass
class Counts:
    """How much was looked at."""

    templates: int = 0
    documents: int = 0
    bundles: int = 0


@dataclass
class _Views:
    """What the bundle checks need of a document, each distinct part once: documents themselves are not kept."""

    parts: list[list[Document]] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)

    def keep(self, views: Sequence[View], document: Document) -> int:
        part = [view(document) for view in views]
        key = json.dumps(part, sort_keys=True, default=str)
        if key not in self.known:
            self.known[key] = len(self.parts)
            self.parts.append(part)
        return self.known[key]


class Inspector:
    """The checks and what they need; one inspector inspects one corpus."""

    def __init__(
        self,
        checks: Sequence[Check],
        claims: Claims,
        contract: Contract,
        argument_sets: Sequence[ArgumentSet],
        encoder: Encoder,
        level: Callable[[Sequence[Document]], Level | None],
        namespace: Callable[[Combination], str],
    ) -> None:
        self._template_checks = [check for check in checks if check.scope == "template"]
        self._filling = {check.name for check in self._template_checks if check.fills}
        self._document_checks = [check for check in checks if check.scope == "document"]
        self._bundle_checks = [check for check in checks if check.scope == "bundle"]
        # Most checks share one view.
        self._bundle_views: list[View] = list(dict.fromkeys(check.view for check in self._bundle_checks))
        self._claims = claims
        self._contract = contract
        self._argument_sets = argument_sets
        self._encoder = encoder
        self._level = level
        self._namespace = namespace
        self._views = _Views()
        # Keys of which some document came, or that could not be filled or read, which is told as that.
        self._with_documents: set[str] = set()
        self.counts = Counts()

    def inspect(
        self,
        corpus: Corpus,
        sample: Sequence[int],
        only: str | None = None,
        *,
        is_complete: bool = False,
        is_whole: bool = False,
    ) -> Iterator[Failure]:
        """What every check says of every distinct template, document and bundle.

        Every template meets the primary argument sets that suit it, or the one named `only`; those of the combinations
        in `sample` meet all, and with `is_complete` every template does. Bundles meet all sets in the sample. Of a
        corpus that `is_whole`, a key that never yields a document is a failure.

        Raises:
            CannotCheckError: a check itself failed; the text names it and the place.
        """
        primary = [each for each in self._argument_sets if each.name == only]
        primary = primary or primary_sets(list(corpus.templates), self._argument_sets)
        for number, text in enumerate(corpus.refusals.texts, start=1):
            yield Failure(NOT_RENDERED, pipeline_problem(text), Place(REFUSALS, number))
        levels = self._levels(corpus)
        views: dict[Place, tuple[int, ...]] = {}
        remaining: list[tuple[str, int, bool]] = []
        for (name, identity), documents in corpus.objects.items():
            place = Place(name, identity)
            with working_on(f"the checks of {name}"):
                yield from self._documents(documents, corpus.duplicate_keys.get((name, identity)), place, None)
            views[place] = tuple(self._views.keep(self._bundle_views, each) for each in documents)
        for key, slot in corpus.templates.items():
            everywhere = {slot.ids[number] for number in sample}
            for identity in range(1, len(slot.texts) + 1):
                template = corpus.service_templates[(key, identity)]
                of_text = list(self._template(template, Place(key, identity), primary))
                yield from of_text
                wrong = [each for each in of_text if each.check not in self._filling]
                sets = self._argument_sets if identity in everywhere else primary
                if is_complete and identity not in everywhere:
                    remaining.append((key, identity, bool(wrong)))
                for argument_set in sets:
                    if argument_set.suits(key):
                        place = Place(key, identity, argument_set.name)
                        with working_on(f"the checks of {key} filled with {argument_set.name!r}"):
                            found = self._filled(template, argument_set, place, levels.get((key, identity)), views)
                            # What a check said of the template is why it cannot be filled: one finding, not two.
                            yield from (each for each in found if not (wrong and each.check == NOT_FILLED))
        yield from self._bundles(corpus, primary, sample, views)
        yield from self._remaining(corpus, primary, remaining, levels)
        if is_whole:
            yield from self._without_documents(corpus)

    def tried(self, corpus: Corpus, sample: Sequence[int], *, is_complete: bool) -> Tried:
        """What `inspect` looks at with these arguments."""
        primary = primary_sets(list(corpus.templates), self._argument_sets)
        return Tried(corpus, {None, *(each.name for each in primary)}, sample, is_complete=is_complete)

    def _remaining(
        self,
        corpus: Corpus,
        primary: Sequence[ArgumentSet],
        templates: Sequence[tuple[str, int, bool]],
        levels: Mapping[tuple[str, int], Level],
    ) -> Iterator[Failure]:
        """The templates filled with the sets that are not primary, by as many processes as there are cores."""
        others = [argument_set for argument_set in self._argument_sets if argument_set not in primary]

        def fill(part: Sequence[tuple[str, int, bool]]) -> tuple[list[Failure], int, frozenset[str]]:
            before, failures = self.counts.documents, []
            for key, identity, is_wrong in part:
                template = corpus.service_templates[(key, identity)]
                for argument_set in others:
                    if not argument_set.suits(key):
                        continue
                    place = Place(key, identity, argument_set.name)
                    failed = self._filled(template, argument_set, place, levels.get((key, identity)), {})
                    failures += [failure for failure in failed if not (is_wrong and failure.check == NOT_FILLED)]
            return failures, self.counts.documents - before, frozenset(self._with_documents)

        for failures, documents, keys in in_parts(fill, templates):
            self.counts.documents += documents
            self._with_documents |= keys
            yield from failures

    def _without_documents(self, corpus: Corpus) -> Iterator[Failure]:
        """Keys of which nothing ever came: nothing about them was checked."""
        for key, slot in corpus.templates.items():
            if key not in self._with_documents:
                problem = Problem("", "it yields no document, with any argument set that was tried.", advice=_EMPTY)
                yield from (Failure(NO_DOCUMENT, problem, Place(key, number + 1)) for number in range(len(slot.texts)))

    def _levels(self, corpus: Corpus) -> dict[tuple[str, int], Level]:
        """The lowest Pod Security level that is claimed wherever a template stands."""
        order: tuple[Level, ...] = ("privileged", "baseline", "restricted")
        claimed: dict[tuple[str, int], Level] = {}
        for manifest in corpus.manifests.values():
            known = {
                identity: self._level(corpus.objects[(manifest.name, identity)])
                for identity in range(1, len(manifest.texts) + 1)
            }
            if not any(known.values()):
                continue
            for key, slot in corpus.templates.items():
                for own, text in zip(manifest.ids, slot.ids, strict=True):
                    level = known.get(own)
                    if level is not None and text != ABSENT:
                        before = claimed.get((key, text))
                        # A template that two levels lead to must satisfy the stricter claim.
                        if before is None or order.index(level) > order.index(before):
                            claimed[(key, text)] = level
        return claimed

    def _template(
        self, template: ServiceTemplate, place: Place, argument_sets: Sequence[ArgumentSet]
    ) -> Iterator[Failure]:
        self.counts.templates += 1
        suiting = next((each for each in argument_sets if each.suits(template.key)), None)
        subject = TemplateSubject(template, self._contract, suiting, self._encoder)
        for check in self._template_checks:
            yield from _run(check, subject, place)

    def _filled(
        self,
        template: ServiceTemplate,
        argument_set: ArgumentSet,
        place: Place,
        level: Level | None,
        views: dict[Place, tuple[int, ...]],
    ) -> Iterator[Failure]:
        name = filled_name(template, argument_set)
        try:
            text = fill_text(template, argument_set, self._contract, self._encoder)
            parsed = parse_documents(text, name, template.reader)
        except FillError as error:
            self._with_documents.add(template.key)
            problem = pipeline_problem(str(error).replace(template.where, "the template"))
            # The set's name is the place's: the same problem with another set is the same problem.
            message = problem.message.replace(repr(argument_set.name), "given")
            yield Failure(NOT_FILLED, replace(problem, message=message), place)
            return
        except DocumentError as error:
            self._with_documents.add(template.key)
            yield Failure(NOT_YAML, pipeline_problem(str(error).replace(name, "the filled template")), place)
            return
        if parsed.documents:
            self._with_documents.add(template.key)
        yield from self._documents(parsed.documents, parsed.duplicate_keys, place, level)
        views[place] = tuple(self._views.keep(self._bundle_views, each) for each in parsed.documents)

    def _documents(
        self,
        documents: Sequence[Document],
        duplicate_keys: Sequence[tuple[KeyPath, ...]] | None,
        place: Place,
        level: Level | None,
    ) -> Iterator[Failure]:
        for document, duplicates in zip(documents, duplicate_keys or [()] * len(documents), strict=True):
            self.counts.documents += 1
            subject = DocumentSubject(document, self._claims, level, duplicates)
            for check in self._document_checks:
                yield from _run(check, subject, place)

    def _bundles(
        self,
        corpus: Corpus,
        primary: Sequence[ArgumentSet],
        sample: Sequence[int],
        views: Mapping[Place, tuple[int, ...]],
    ) -> Iterator[Failure]:
        """Bundles are told apart by what the checks need of them and by the release's namespace, so there are few.

        One of whose templates nothing could be read is no whole: what it lacks is told by that template's failure.
        """
        slots = [(name, slot, False) for name, slot in corpus.manifests.items()]
        slots += [(key, slot, True) for key, slot in corpus.templates.items()]
        bundles: dict[tuple[str, tuple[int, ...]], tuple[ArgumentSet, list[int]]] = {}
        in_sample = frozenset(sample)
        for number, row in enumerate(corpus.combinations):
            if corpus.refusals.ids[number] != ABSENT:
                continue  # it leads to nothing, and that is told
            namespace = self._namespace(row)
            for argument_set in self._argument_sets if number in in_sample else primary:
                if not argument_set.bundles:
                    continue
                parts: list[int] = []
                is_whole = True
                for name, slot, is_template in slots:
                    identity = slot.ids[number]
                    if identity == ABSENT or (is_template and not argument_set.suits(name)):
                        continue
                    part = views.get(Place(name, identity, argument_set.name if is_template else None))
                    is_whole = is_whole and part is not None
                    parts += part or ()
                if not is_whole:
                    continue
                bundle = (namespace, tuple(sorted(parts)))
                if bundle not in bundles:
                    bundles[bundle] = (argument_set, [])
                bundles[bundle][1].append(number)
        self.counts.bundles = len(bundles)
        for (namespace, members), (argument_set, numbers) in bundles.items():
            for check in self._bundle_checks:
                position = self._bundle_views.index(check.view)
                documents = [self._views.parts[part][position] for part in members]
                subject = BundleSubject(documents, self._claims, namespace)
                for failure in _run(check, subject, Place(BUNDLE, 0)):
                    problem = _with_kind(failure.problem, documents)
                    for number in numbers:
                        yield Failure(check.name, problem, Place(BUNDLE, number, argument_set.name))


def _run(check: Check, subject: object, place: Place) -> Iterator[Failure]:
    try:
        for problem in check.run(subject):
            yield Failure(check.name, problem, place)
    except HelmNestedError as error:
        raise CannotCheckError(f"the check {check.name!r} could not check {place.slot}: {error}") from error
    except Exception as error:
        raise CannotCheckError(
            f"the check {check.name!r} could not check {place.slot}: it failed itself, with "
            f"{type(error).__name__}: {error}. That is a bug of the check, not of the chart: report it."
        ) from error


def _with_kind(problem: Problem, documents: Sequence[Document]) -> Problem:
    """The problem of a bundle with the kind of its document before the path: a bundle has many documents."""
    if problem.document is None:
        return problem
    kind = documents[problem.document].get("kind")
    return replace(problem, path=f"{kind}: {problem.path}", document=None)

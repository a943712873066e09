"""Templates and documents checked one by one; what bundles need of each document is kept besides."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from helm_nested.checking.model import Check, Claims, DocumentSubject, Level, TemplateSubject
from helm_nested.errors import CannotCheckError, DocumentError, FillError, HelmNestedError
from helm_nested.findings.failure import Failure, Place
from helm_nested.findings.pipeline_failure import NOT_FILLED, NOT_YAML, pipeline_problems
from helm_nested.findings.unused_entry import needed_entries
from helm_nested.watchdog import rendering, working_on
from nested_templates.contract import ArgumentSet, Contract
from nested_templates.encoder import Encoder
from nested_templates.fill import fill_text, filled_name
from nested_templates.service_template import ServiceTemplate
from nested_templates.yaml_documents import Document, KeyPath, parse_documents

View = Callable[[Document], Document]
# Names what bundle checks need of a document: documents of which they need the same have the same.
ViewKey = bytes
# Of each filled text, and of each manifest, what bundle checks need of its documents.
Views = Mapping[Place, tuple[ViewKey, ...]]
_KEY_BYTES = 16
# So many templates are filled before what comes of them is checked: with all argument sets some 300 documents, 10 MB.
_TOGETHER = 32


@dataclass(frozen=True)
class Work:
    """One distinct template: the argument sets that it is to be filled with, and those of which bundles are made."""

    template: ServiceTemplate
    identity: int
    argument_sets: Sequence[ArgumentSet]
    bundled: Container[str]
    level: Level | None


@dataclass(frozen=True)
class _Read:
    """What a template and one argument set lead to: why it cannot be filled or read, or what is to be checked."""

    place: Place
    failures: Sequence[Failure]
    subjects: Sequence[DocumentSubject]


@dataclass
class Filled:
    """What came of some of them.

    Attributes:
        failures: what the checks say.
        documents: how many documents were checked.
        entries: where those entries under `checks` stand that a document needs.
        keys: those of which some document came, or that could not be filled or read, which is told as that.
        views: of each filled text, what bundle checks need of its documents.
        parts: what stands behind those of the view keys that are new.
    """

    failures: list[Failure] = field(default_factory=list)
    documents: int = 0
    entries: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    views: dict[Place, tuple[ViewKey, ...]] = field(default_factory=dict)
    parts: dict[ViewKey, list[Document]] = field(default_factory=dict)


class Filler:
    """The checks of templates and documents, and what they need."""

    def __init__(
        self, checks: Sequence[Check], claims: Claims, contract: Contract, encoder: Encoder, views: Sequence[View]
    ) -> None:
        self._template_checks = [check for check in checks if check.scope == "template"]
        self._filling = {check.name for check in self._template_checks if check.fills}
        self._document_checks = [check for check in checks if check.scope == "document"]
        self._claims = claims
        self._contract = contract
        self._encoder = encoder
        self._views = views
        self._known: set[ViewKey] = set()

    def fill(self, works: Sequence[Work]) -> Filled:
        """Fill templates, and check them and what comes of them."""
        filled = Filled()
        for start in range(0, len(works), _TOGETHER):
            self._fill(works[start : start + _TOGETHER], filled)
        return filled

    def _fill(self, works: Sequence[Work], filled: Filled) -> None:
        """All of them are filled before what comes of them is checked, as questions about many take half the time."""
        read = [[self._read(work, argument_set, filled) for argument_set in work.argument_sets] for work in works]
        self._ask_ahead([subject for parts in read for part in parts for subject in part.subjects])
        for work, parts in zip(works, read, strict=True):
            of_text = list(self._of_text(work))
            filled.failures += of_text
            is_wrong = any(failure.check not in self._filling for failure in of_text)
            for part in parts:
                # What a check said of the template is why it cannot be filled: one finding, not two.
                filled.failures += [each for each in part.failures if not (is_wrong and each.check == NOT_FILLED)]
                with working_on(f"the checks of {part.place.slot} filled with {part.place.argument_set!r}"):
                    filled.failures += self._judged(part.subjects, part.place, filled)
                    if part.place.argument_set in work.bundled and not part.failures:
                        self._keep_views(part.place, [subject.document for subject in part.subjects], filled)

    def _of_text(self, work: Work) -> Iterator[Failure]:
        """What the checks say of the template; one that fills it is asked with every argument set that may branch."""
        place, first = Place(work.template.key, work.identity), next(iter(work.argument_sets), None)
        for check in self._template_checks:
            # Where arguments are given as they are a template may do with each of them something else.
            if check.fills and work.template.dialect.native:
                for argument_set in work.argument_sets:
                    subject = TemplateSubject(work.template, self._contract, argument_set, self._encoder)
                    yield from run_check(check, subject, replace(place, argument_set=argument_set.name))
            else:
                subject = TemplateSubject(work.template, self._contract, first, self._encoder)
                yield from run_check(check, subject, place)

    def installed(
        self, place: Place, documents: Sequence[Document], duplicate_keys: Sequence[tuple[KeyPath, ...]] | None
    ) -> Filled:
        """Check the objects of a manifest."""
        filled = Filled()
        subjects = self._subjects(documents, duplicate_keys, None)
        self._ask_ahead(subjects)
        with working_on(f"the checks of {place.slot}"):
            filled.failures += self._judged(subjects, place, filled)
        self._keep_views(place, documents, filled)
        return filled

    def _read(self, work: Work, argument_set: ArgumentSet, filled: Filled) -> _Read:
        template = work.template
        place, name = Place(template.key, work.identity, argument_set.name), filled_name(template, argument_set)
        try:
            with working_on(f"{template.key} filled with {argument_set.name!r}"):
                with rendering():
                    text = fill_text(template, argument_set, self._contract, self._encoder)
                parsed = parse_documents(text, name, template.reader)
        except FillError as error:
            filled.keys.add(template.key)
            # The set's name is the place's: the same problem with another set is the same problem.
            said = str(error).replace(template.where, "the template").replace(repr(argument_set.name), "given")
            return _Read(place, [Failure(NOT_FILLED, problem, place) for problem in pipeline_problems(said)], [])
        except DocumentError as error:
            filled.keys.add(template.key)
            said = str(error).replace(name, "the filled template")
            return _Read(place, [Failure(NOT_YAML, problem, place) for problem in pipeline_problems(said)], [])
        if parsed.documents:
            filled.keys.add(template.key)
        return _Read(place, [], self._subjects(parsed.documents, parsed.duplicate_keys, work.level))

    def _subjects(
        self,
        documents: Sequence[Document],
        duplicate_keys: Sequence[tuple[KeyPath, ...]] | None,
        level: Level | None,
    ) -> list[DocumentSubject]:
        return [
            DocumentSubject(document, self._claims, level, duplicates)
            for document, duplicates in zip(documents, duplicate_keys or [()] * len(documents), strict=True)
        ]

    def _ask_ahead(self, subjects: Sequence[DocumentSubject]) -> None:
        for check in self._document_checks:
            if check.ahead is not None:
                check.ahead(subjects)

    def _judged(self, subjects: Sequence[DocumentSubject], place: Place, filled: Filled) -> Iterator[Failure]:
        for number, subject in enumerate(subjects):
            filled.documents += 1
            own = replace(place, document=number)
            for check in self._document_checks:
                yield from run_check(check, subject, own)
            filled.entries.update(needed_entries(self._claims, subject.document, filled.entries))

    def _keep_views(self, place: Place, documents: Sequence[Document], filled: Filled) -> None:
        keys = []
        for document in documents:
            part = [view(document) for view in self._views]
            text = json.dumps(part, sort_keys=True, default=str)
            keys.append(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest())
            if keys[-1] not in self._known:
                self._known.add(keys[-1])
                filled.parts[keys[-1]] = part
        filled.views[place] = tuple(keys)


def run_check(check: Check, subject: object, place: Place) -> Iterator[Failure]:
    """What a check says of its subject.

    Raises:
        CannotCheckError: the check itself failed; the text names it and the place.
    """
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

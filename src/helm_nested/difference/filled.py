"""Two versions of a service template, compared by what they are filled to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helm_nested.difference.collection import Where
from helm_nested.difference.edit import MISSING, Edit, edits
from helm_nested.difference.pairing import by_identity, by_kind, kind
from helm_nested.errors import DocumentError, FillError
from helm_nested.watchdog import rendering, working_on
from nested_templates.contract import ArgumentSet, Contract, primary_sets
from nested_templates.encoder import Encoder
from nested_templates.fill import fill
from nested_templates.service_template import ServiceTemplate
from nested_templates.yaml_documents import Document

# What stands for the documents of a template that cannot be filled.
UNFILLED = "template that cannot be filled"

# A line with a placeholder, and the line it stands under.
_Line = tuple[str, str]
# Those that only one of the versions has; none at all: they are the same, in the same order.
_Signature = tuple[tuple[_Line, ...], ...]


@dataclass(frozen=True)
class Difference:
    """One edit of a document, or of a text that leads to none, and the argument set that shows it."""

    where: Where
    edit: Edit
    before: Document | str | None
    after: Document | str | None
    argument_set: str

    @property
    def identity(self) -> tuple[object, ...]:
        """What it is, whatever the values."""
        return self.where, self.edit.path, self.edit.status


class Filling:
    """A contract, and the argument sets that templates are filled with."""

    def __init__(
        self, contract: Contract, argument_sets: Sequence[ArgumentSet], encoder: Encoder, keys: Sequence[str]
    ) -> None:
        primary = primary_sets(keys, argument_sets)
        self._sets = [*primary, *(each for each in argument_sets if each not in primary)]
        self._contract = contract
        self._encoder = encoder
        # By key and changed lines: the argument sets that show what the first does not.
        self._telling: dict[tuple[str, _Signature], list[ArgumentSet]] = {}

    def differences(self, key: str, before: ServiceTemplate | None, after: ServiceTemplate | None) -> list[Difference]:
        """In what the documents of two versions of the template under that key differ; None: it is not there.

        Where arguments stand where they stood, one argument set shows it all. Else every set is tried, to find those
        that show more: a text without its quotes is another value for some arguments only. Texts with the same changed
        lines are shown by the same sets; but only every set shows that nothing differs.
        """
        first, *others = [each for each in self._sets if each.suits(key)]
        found = list(self._differences(key, before, after, first))
        signature = _signature(before, after)
        if signature == ():
            return found
        known = {each.identity for each in found}
        trusted = self._telling.get((key, signature)) if signature is not None and found else None
        telling = []
        for argument_set in others if trusted is None else trusted:
            more = [
                each
                for each in self._differences(key, before, after, argument_set)
                if each.identity not in known
            ]  # fmt: skip
            if more:
                telling.append(argument_set)
                found += more
                known |= {each.identity for each in more}
        if signature is not None and trusted is None:
            self._telling.setdefault((key, signature), telling)
        return found

    def _differences(
        self, key: str, before: ServiceTemplate | None, after: ServiceTemplate | None, argument_set: ArgumentSet
    ) -> Iterator[Difference]:
        name = argument_set.name
        olds, news = self._filled(before, argument_set), self._filled(after, argument_set)
        if isinstance(olds, str) or isinstance(news, str):
            where = Where("filled", UNFILLED, key)
            earlier, later = _said(olds, key), _said(news, key)
            for edit in edits(earlier, later):
                yield Difference(where, edit, earlier, later, name)
            if before and after and earlier == later:
                # Of documents that cannot be had nothing is known but the text.
                edit = Edit(("text",), "cannot be filled", "cannot be filled, and is another text")
                yield Difference(where, edit, before.text, after.text, name)
            return
        pairing = by_kind(by_identity(olds, news))
        for old, new in pairing.pairs:
            for edit in edits(old, new):
                yield Difference(Where("filled", kind(new), key), edit, old, new, name)
        for old in pairing.before:
            yield Difference(Where("filled", kind(old), key), Edit((), old, MISSING), old, None, name)
        for new in pairing.after:
            yield Difference(Where("filled", kind(new), key), Edit((), MISSING, new), None, new, name)

    def _filled(self, template: ServiceTemplate | None, argument_set: ArgumentSet) -> Sequence[Document] | str:
        """The documents; as text why there are none."""
        if template is None:
            return ()
        try:
            with working_on(f"{template.key} filled with {argument_set.name!r}"), rendering():
                return fill(template, argument_set, self._contract, self._encoder).documents
        except (FillError, DocumentError) as error:
            return str(error)


def _said(documents: Sequence[Document] | str, key: str) -> Document:
    return {"filling": documents if isinstance(documents, str) else f"{key} can be filled"}


def _signature(before: ServiceTemplate | None, after: ServiceTemplate | None) -> _Signature | None:
    """How the lines that take arguments changed; None where a dialect does not tell, so that it may be anyhow."""
    lines = [_lines(each) for each in (before, after) if each is not None]
    known = [each for each in lines if each is not None]
    if len(known) < len(lines):
        return None
    if known[0] == known[-1]:
        return ()
    old, new = map(Counter, known)
    return tuple(sorted((old - new).elements())), tuple(sorted((new - old).elements()))


def _lines(template: ServiceTemplate) -> list[_Line] | None:
    if template.dialect.native:
        return None
    try:
        asked = template.dialect.placeholders(template.text, template.where)
    except FillError:
        return None
    lines = template.text.split("\n")
    return None if asked is None else [(lines[each.line - 1].strip(), _above(lines, each.line - 1)) for each in asked]


def _above(lines: Sequence[str], number: int) -> str:
    """The nearest line above that is less indented: a key, or where a block of text or an open quote starts."""
    indentation = _indentation(lines[number])
    above = (line for line in reversed(lines[:number]) if line.strip() and _indentation(line) < indentation)
    return next(above, "").strip()


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())

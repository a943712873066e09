"""One comparison: two charts -> two corpora -> what differs -> under which choices."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from helm_nested.configuration import Configuration
from helm_nested.corpus import Corpus
from helm_nested.corpus.corpus import ABSENT
from helm_nested.corpus.selected import unselected
from helm_nested.corpus.store import load_or_build
from helm_nested.difference.change import Change, Comparison
from helm_nested.difference.comparer import Comparer
from helm_nested.difference.explanation import Again, Explainer, Version, first_line, refusals
from helm_nested.difference.filled import Filling
from helm_nested.difference.installed import installed_changes
from helm_nested.difference.update import Updates
from helm_nested.errors import CannotCheckError, ConfigurationError
from helm_nested.kubernetes import validation
from helm_nested.matrix.combinations import Strength
from nested_templates.contract import load_argument_sets, load_contract
from nested_templates.encoder import ENCODERS

Progress = Callable[[str, int, int], None]


def run(
    configuration: Configuration,
    base: Version,
    head: Version,
    strength: Strength,
    progress: Progress = lambda _phase, _done, _total: None,
) -> Comparison:
    """Render the matrix with both charts, and say what differs and when; both get the same values and arguments.

    `progress` is told the phase, how much of it is done, and how much there is.

    Raises:
        ConfigurationError: there is no matrix, or a selector chooses nothing in both versions.
        CannotCheckError: something could not be rendered or read, or no combination is accepted by both.
    """
    started = time.perf_counter()
    corpora = []
    for version in (base, head):
        matrix, corpus = load_or_build(
            configuration,
            version.chart,
            strength,
            lambda done, total, name=version.name: progress(f"rendering {name}", done, total),  # type: ignore[misc]
            keep_refused=True,
        )
        corpora.append(corpus)
    before, after = corpora
    if list(before.combinations) != list(after.combinations):
        raise CannotCheckError("the matrix changed while it was read. Run the same command again.")
    _require_selected(configuration, corpora)
    contract = load_contract(configuration.contract)
    filling = Filling(
        contract,
        load_argument_sets(configuration.argument_sets, contract),
        ENCODERS[configuration.encoder],
        list(dict.fromkeys([*before.templates, *after.templates])),
    )
    refused = [(old != ABSENT, new != ABSENT) for old, new in zip(before.refusals.ids, after.refusals.ids, strict=True)]
    numbers = [number for number, each in enumerate(refused) if each == (False, False)]
    if not numbers:
        raise CannotCheckError(
            f"no combination is accepted by both versions, so nothing was compared. {base.name}: "
            f"{_first_refusal(before)}. {head.name}: {_first_refusal(after)}. Correct the chart, or the matrix."
        )
    found = Comparer(before, after, numbers, filling).compare(lambda done, total: progress("comparing", done, total))
    again = Again(configuration, matrix, base, head, filling) if strength != "all" else None
    program = configuration.claims.kubernetes_program
    explainer = Explainer(matrix, [before.combinations[number] for number in numbers], again, Updates(program))
    changes = [change for entry in found.entries() for change in explainer.changes(entry)]
    changes += refusals(matrix, before, after, again)
    changes += installed_changes(base.chart.path, head.chart.path, len(numbers))
    return Comparison(
        chart=head.chart.name,
        base=base.name,
        head=head.name,
        strength=strength,
        combinations=len(before.combinations),
        compared=len(numbers),
        refused_by_both=refused.count((True, True)),
        texts=sum(
            len({slot.ids[number] for number in numbers} - {ABSENT})
            for slots in (after.manifests, after.templates)
            for slot in slots.values()
        ),
        changes=tuple(sorted(changes, key=_weight)),
        seconds=time.perf_counter() - started,
        engine=after.engine,
        kubernetes_validation=f"by the code of Kubernetes {validation.release(program)}"
        if program
        else validation.NOT_RUN,
        proofs={
            version.name: corpus.proof for version, corpus in zip((base, head), corpora, strict=True) if corpus.proof
        },
    )


def _require_selected(configuration: Configuration, corpora: Sequence[Corpus]) -> None:
    """Accept selectors that choose something in one of the versions: the other may lack what came or went."""
    before, after = (unselected(corpus, configuration.selectors) for corpus in corpora)
    for place, message in after.items():
        if place in before:
            raise ConfigurationError(message)


def _weight(change: Change) -> tuple[int, int]:
    """What a reviewer wants to see first: what restarts pods, what is refused now; what is only text last."""
    order = ("refused", "removed", "changed", "added", "accepted", "text")
    if change.rejected:
        return (-2, -change.combinations)
    return (-1 if change.restarts else order.index(change.what), -change.combinations)


def _first_refusal(corpus: Corpus) -> str:
    texts = corpus.refusals.texts
    return first_line(texts[0]).rstrip(".") if texts else "refuses nothing"

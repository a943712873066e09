"""Inspectors for several corpora, with one contract and one list of argument sets."""

from __future__ import annotations

from collections.abc import Container, Sequence

from helm_nested.checking.model import Check
from helm_nested.configuration import Configuration
from helm_nested.findings.inspection import Inspector
from helm_nested.findings.pipeline_failure import NOT_FILLED
from helm_nested.matrix.axes import Matrix
from nested_templates.contract import load_argument_sets, load_contract


class Inspectors:
    """What all inspectors of one run share."""

    def __init__(self, configuration: Configuration, matrix: Matrix, checks: Sequence[Check]) -> None:
        self._configuration = configuration
        self.claims = configuration.claims
        self._matrix = matrix
        self._checks = checks
        self._contract = load_contract(configuration.contract)
        self._argument_sets = load_argument_sets(configuration.argument_sets, self._contract)

    def sets_for(self, key: str) -> list[str]:
        """The names of the argument sets that suit a template's key."""
        return [argument_set.name for argument_set in self._argument_sets if argument_set.suits(key)]

    def new(self, names: Container[str] | None = None) -> Inspector:
        """An inspector for one more corpus, with all checks or with as many as tell whether those of `names` fail."""
        return Inspector(
            [check for check in self._checks if names is None or _is_needed(check, names)],
            self.claims,
            self._contract,
            self._argument_sets,
            self._configuration,
            self._matrix,
        )


def _is_needed(check: Check, names: Container[str]) -> bool:
    # What a check says of a template is said in place of NOT_FILLED.
    return check.name in names or (check.scope == "template" and NOT_FILLED in names)

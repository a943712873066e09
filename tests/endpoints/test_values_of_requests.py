"""A value of a request is refused if and only if the contract refuses it as an argument."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nested_templates.contract import ArgumentSet, Contract
from nested_templates.errors import ContractError
from temporal_endpoints.api import argument_value
from temporal_endpoints.planning.documents import contract

ARGUMENTS = ("ENDPOINT_NAME", "TEMPORAL_TASK_QUEUE", "CPUS", "MEMORY", "GPU_TYPE", "COMMAND", "MAIN_ENV", "IMAGE")
TEXTS = st.text(max_size=12) | st.sampled_from(["a", "500m", "1Gi", "nvidia-ampere-a10", "a b", "a\u2028b", "r:1"])
VARIABLES = st.fixed_dictionaries({"name": TEXTS, "value": TEXTS})
VALUES = TEXTS | st.integers() | st.floats() | st.none() | st.lists(TEXTS, max_size=2) | st.lists(VARIABLES, max_size=2)


def is_argument(judge: Contract, name: str, value: object) -> bool:
    """Whether the contract takes an argument set of this alone."""
    try:
        judge.check(ArgumentSet("of a test", "", (), {name: value}))
    except ContractError:
        return False
    return True


def is_taken(name: str, value: object) -> bool:
    """Whether a request may hold the value."""
    try:
        argument_value.require(name, value)
    except ValueError:
        return False
    return True


@settings(max_examples=400, deadline=None, database=None)
@given(name=st.sampled_from(ARGUMENTS), value=VALUES)
def test_request_and_contract_agree(name: str, value: Any) -> None:
    """Whatever the value."""
    assert is_taken(name, value) == is_argument(contract(), name, value)


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\u2028b"])
def test_what_no_schema_says_is_refused_as_well(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is one line, also where the contract has no pattern for it."""
    judge = Contract({"properties": {"QUEUE": {"x-position": "line", "description": "A queue."}}}, "of a test")
    monkeypatch.setattr(argument_value, "contract", lambda: judge)
    with pytest.raises(ValueError, match=r"is not possible. A queue\."):
        argument_value.require("QUEUE", text)
    assert argument_value.require("QUEUE", "a b") == "a b"

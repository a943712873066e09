"""Free values: what stands in the values reaches the worker as it is; four identifiers alone are filled in."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from .bundle import CHART, argument_sets, render

if TYPE_CHECKING:
    from pathlib import Path


def annotation(text: str, argument_set: str) -> Any:
    """What becomes of a pod annotation with this text."""
    deployment = render({"temporal": {"podAnnotations": {"text": text}}}).deployment("cpu", argument_set)
    return deployment["spec"]["template"]["metadata"]["annotations"]["text"]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{}.{}",  # 1234.1234
        "1{}",  # 11234
        "12:{}",  # a time, in seconds to YAML 1.1
        "{}: {}",
        "first\nsecond: {}\n",
        "first\n{}\nlast",
        "- {}",
        "'{}'",
        '"{}"',
        "price: $5, {} and $${}",
        "\\x01{}\\x02",
        "\x01{} 😀",
        "a long text that a writer of YAML would fold somewhere, as it has more than the eighty characters {}",
    ],
)
def test_identifiers_are_filled_in_and_stay_text(text: str) -> None:
    """Wherever an identifier stands in a text, and though it is filled with digits, the result is that text."""
    assert annotation(text.replace("{}", "${ENDPOINT_NAME}"), "looks-like-numbers") == text.replace("{}", "1234")


@pytest.mark.parametrize("name", ["RESOURCE_NAME", "ENDPOINT_ID", "ENDPOINT_NAME", "NAMESPACE"])
def test_four_identifiers_are_filled_in(name: str) -> None:
    """The identifiers are the endpoint's resource name, id, name and namespace."""
    value = argument_sets()["looks-like-words"].arguments[name]
    assert annotation(f"${{{name}}}", "looks-like-words") == value


@pytest.mark.parametrize(
    "text", ["$IMAGE", "$${GPUS}", "${namespace}", "$NAMESPACE", "${ NAMESPACE}", "$", "\\x01IMAGE\\x02"]
)
def test_no_other_placeholder_is_filled_in(text: str) -> None:
    """Anything else that looks like a placeholder is data."""
    assert annotation(text, "cpu-no-storage") == text


def test_a_setting_that_is_one_text_is_data_altogether(tmp_path: Path) -> None:
    """Where a value is no free YAML nothing is filled in, the four identifiers neither.

    The schema takes no dollar sign there, but a chart that includes the service templates has a schema of its own.
    """
    chart = tmp_path / "chart"
    shutil.copytree(CHART, chart, ignore=shutil.ignore_patterns("values.schema.json"))
    name = "$5.${NAMESPACE}.$"
    assert render({"temporal": {"runtimeClassName": name}}, chart=chart).pod("cpu")["runtimeClassName"] == name

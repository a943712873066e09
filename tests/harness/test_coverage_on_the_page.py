"""The page shows the coverage that was measured, whatever its texts hold."""

from __future__ import annotations

import pytest

from helm_nested.report.coverage_json import BranchRecord, CoverageRecord
from helm_nested.review.page import page

from .page_markup import HOSTILE, Markup
from .review_sample import sample_review


def _branch(
    line: int, source: str, way: str, *, reached_by: str | None = None, reason: str | None = None
) -> BranchRecord:
    return {"line": line, "source": source, "way": way, "reachedBy": reached_by, "reason": reason}


def _coverage(text: str) -> CoverageRecord:
    """One template with a branch that is reached, one that is open, one with a reason and a reason too many."""
    return {
        "format": 1,
        "engine": "in-process",
        "inputs": 3,
        "renders": 7,
        "seconds": 0.1,
        "templates": [
            {"template": "templates/plain.yaml", "branches": [], "stale": []},
            {
                "template": f"templates/{text}.yaml",
                "branches": [
                    _branch(4, "{{ if .a }}", "taken", reached_by="the scenario 'a'"),
                    _branch(5, f"{{{{ if .{text} }}}}", "taken"),
                    _branch(6, "{{ if .c }}", "not taken", reason=f"since {text}"),
                ],
                "stale": [{"line": 9, "reason": f"once {text}"}],
            },
        ],
    }


def test_coverage_only_when_it_was_measured() -> None:
    """Without a measurement the page has no view of it, and no link to one."""
    markup = Markup(page(sample_review(), None))
    assert "coverage" not in {attributes.get("id") for _, attributes in markup.tags}
    assert "coverage" not in {attributes.get("data-view") for _, attributes in markup.tags}


def test_coverage_says_what_is_left() -> None:
    """The figures, each open branch with its source, each reason; a template without branches is left out."""
    markup = Markup(page(sample_review(), None, coverage=_coverage("x")))
    section = markup.texts["section"][-1]
    assert (
        "Of 3 branches of the chart's templates (if, with, range, each way) 1 is reached by 3 inputs, 1 has a reason "
        "not to be, 1 is open; 1 reason holds no longer."
    ) in " ".join(section.split())
    assert [" ".join(each.split()) for each in markup.texts["td"][-12:]] == [
        *("5", "taken", "{{ if .x }}"),
        *("9", "once x"),
        *("6", "not taken", "since x"),
        *("3", "1", "1", "1"),
    ]
    assert section.count("templates/x.yaml") == 4
    assert "plain" not in section
    assert "Coverage 2 left" in " ".join(markup.texts["nav"][0].split())


def test_complete_coverage_has_no_table_of_what_is_open() -> None:
    """With every branch reached there are the figures, and nothing left."""
    record = _coverage("x")
    record["templates"][1]["branches"] = record["templates"][1]["branches"][:1]
    record["templates"][1]["stale"] = []
    markup = Markup(page(sample_review(), None, coverage=record))
    assert [each for each in markup.texts["h3"] if each in ("Open", "Not reached for a reason")] == []
    assert "Coverage complete" in " ".join(markup.texts["nav"][0].split())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_of_coverage_stays_text(text: str) -> None:
    """Names of templates, their source and reasons add no tag and no attribute."""
    found = Markup(page(sample_review(), None, coverage=_coverage(text)))
    expected = Markup(page(sample_review(), None, coverage=_coverage("harmless")))
    assert found.tags == expected.tags

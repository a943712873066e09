"""The review page: one HTML file that needs nothing but itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from helm_nested.html_page import html_page
from helm_nested.review.change import STAGES, changes_between, filled_difference
from helm_nested.review.covered import covered
from helm_nested.review.side import Pool, Titles, filled_counts, side_of
from helm_nested.review.variant import variants_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helm_nested.report.coverage_json import CoverageRecord
    from helm_nested.review.model import Review

_HERE = Path(__file__).parent

# How their number is said.
_STAGES_COUNTED = {
    "template": ("in service templates", "in service templates"),
    "object": ("in stage one", "in stage one"),
    "notes": ("in the notes", "in the notes"),
    "values": ("in values", "in values"),
    "scenario": ("scenario", "scenarios"),
    "arguments": ("argument set", "argument sets"),
    "contract": ("placeholder", "placeholders"),
}


def page(
    review: Review, against: Review | None, *, against_name: str | None = None, coverage: CoverageRecord | None = None
) -> str:
    """The whole review as one self-contained HTML page, with what changed since `against` if that is given.

    With `coverage`, a view of it says which branches of the chart's templates the matrix reaches.

    The same reviews give the same page. `against_name` is how the earlier review is called on the page,
    for example its folder; without it that is its chart's name and version.
    """
    pool = Pool()
    titles = Titles([review] if against is None else [review, against])
    now = side_of(review, pool, titles)
    before = None if against is None else side_of(against, pool, titles)
    changes = None if before is None else changes_between(before, now, pool)
    if against is not None and against_name is None:
        against_name = f"{against['chart']['name']} {against['chart']['version']}".strip()
    # The pool is complete only now: changes add the texts of argument sets and placeholders to it.
    data = {
        "now": asdict(now),
        "before": None if before is None else asdict(before),
        "texts": list(pool.texts),
        "templates": [json.loads(template) for template in pool.templates],
        "changes": None if changes is None else [asdict(change) for change in changes],
        "stages": STAGES,
        "chart": review["chart"],
        "againstName": against_name,
    }
    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    text = html_page(
        _HERE,
        style,
        script,
        review=review,
        against_name=against_name,
        now=now,
        before=before,
        changes=changes,
        stages=STAGES,
        stages_counted=_STAGES_COUNTED,
        rendered=None if before is None else filled_difference(before, now, pool),
        variants=variants_of(now),
        coverage=None if coverage is None else covered(coverage),
        distinct_templates=len({each.content for scenario in now.scenarios for each in scenario.at("template")}),
        filled_counts=filled_counts(now),
        data=Markup(_json_for_html(data)),  # noqa: S704
    )
    # A lone surrogate, which JSON can express, has no UTF-8: without this the file could not be written.
    return text.encode("utf-8", "replace").decode("utf-8")


def _json_for_html(data: Mapping[str, Any]) -> str:
    """The data as JSON that no HTML parser takes for markup, whatever it holds."""
    # ASCII JSON already escapes U+2028, U+2029 and lone surrogates.
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

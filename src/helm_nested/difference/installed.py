"""Changes of what stands in a chart's crds/, which Helm installs as it is: no combination renders it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from helm_nested.chart_definitions import installed_files
from helm_nested.difference.change import Change, What
from nested_templates.yaml_documents import Document

_ADVICE = "Helm installs this file as it is with a new release, and leaves it alone at an upgrade."


def installed_changes(base: Path, head: Path, combinations: int) -> Iterator[Change]:
    """One change for each file below crds/, the chart's or a subchart's, that came, went, or has another text.

    Raises:
        ChartError: one of the files cannot be read.
    """
    before, after = _files(base), _files(head)
    for path in sorted(before.keys() | after.keys()):
        (old, old_text), (new, new_text) = before.get(path, ((), "")), after.get(path, ((), ""))
        if path in before and path in after and old_text == new_text:
            continue
        what: What = "text" if old == new else "changed"
        if path not in before or path not in after:
            what = "added" if path in after else "removed"
        lines = list(unified_diff(old_text.splitlines(), new_text.splitlines(), "before", "after", lineterm=""))
        kinds = tuple(sorted({str(each.get("kind", "")) for each in (*old, *new)}))
        yield Change(
            what=what,
            restarts=False,
            kinds=kinds,
            where=(path,),
            names=(path,),
            paths=(),
            when=("always",),
            confirmed=None,
            combinations=combinations,
            unexplained=0,
            message=_ADVICE,
            excerpt="\n".join(lines[2:]),
            example="all of them",
        )


def _files(chart: Path) -> dict[str, tuple[tuple[Document, ...], str]]:
    return {path: (parsed.documents, text) for path, parsed, text in installed_files(chart)}

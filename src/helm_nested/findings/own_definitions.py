"""What Helm installs of a chart's crds/: no values change it, and the API server judges it like everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from helm_nested.chart_definitions import InstalledFile
from helm_nested.findings.failure import Failure, FailureGroup
from helm_nested.findings.finding import Finding, of_file
from nested_templates.yaml_documents import Parsed


def unfit_definitions(
    installed: Iterable[InstalledFile],
    inspected: Callable[[str, Parsed], Sequence[Failure]],
    rules: Mapping[str, str],
) -> Iterator[Finding]:
    """A finding for each problem that the checks of documents see in a file below crds/, also of a subchart."""
    for path, parsed, text in installed:
        groups: dict[tuple[int | None, str], FailureGroup] = {}
        # What several checks see in one place is one finding, as elsewhere; another document is another place.
        for failure in inspected(path, parsed):
            where = failure.place.document, failure.problem.path
            group = groups.setdefault(where, FailureGroup([], failure.problem, [failure.place]))
            if failure.check not in group.checks:
                group.checks.append(failure.check)
        for group in groups.values():
            yield of_file(group, path, text, rules)

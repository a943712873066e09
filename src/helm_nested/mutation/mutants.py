"""All mutants of a chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from helm_nested.errors import ChartError
from helm_nested.mutation.lines import line_mutants
from helm_nested.mutation.mutant import Mutant
from helm_nested.mutation.scalars import scalar_mutants

_SUBCHART = "it is a chart of its own. Name it as 'chart:' in a configuration of its own to change its templates."


@dataclass(frozen=True)
class Mutants:
    """Every mutant once, by template and line, and what has none.

    Attributes:
        mutants: the mutants.
        left_out: how many lines have no mutant of their own, by why: blank, comment, structure.
        excluded: the templates and subcharts that were left out as a whole, and the reason.
    """

    mutants: tuple[Mutant, ...]
    left_out: Mapping[str, int]
    excluded: Mapping[str, str]


def mutants_of(chart: Path, exclude: Mapping[str, str]) -> Mutants:
    """The mutants of every file in the chart's templates/; `exclude` has the reason by a glob of paths.

    Raises:
        ChartError: the chart is an archive, has no templates, or one of them cannot be read.
    """
    folder = chart / "templates"
    if not folder.is_dir():
        raise ChartError(f"no templates to change at {folder}. Name a chart's directory, not an archive, as 'chart:'.")
    found: dict[tuple[str, str], Mutant] = {}
    left_out: Counter[str] = Counter()
    excluded: dict[str, str] = {}
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        template = file.relative_to(chart).as_posix()
        reason = next((reason for pattern, reason in exclude.items() if fnmatchcase(template, pattern)), None)
        if reason is not None:
            excluded[template] = reason
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ChartError(f"the template {file} cannot be read: {error}. Save it as UTF-8.") from error
        for mutant in (*line_mutants(template, text, left_out), *scalar_mutants(template, text)):
            found.setdefault((template, mutant.text), mutant)
    excluded |= {f"charts/{each.name}": _SUBCHART for each in _subcharts(chart / "charts")}
    ordered = sorted(found.values(), key=lambda each: (each.template, each.line))
    return Mutants(tuple(ordered), left_out, excluded)


def _subcharts(folder: Path) -> list[Path]:
    """The charts inside the chart: folders, and archives."""
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    return [each for each in inside if (each / "Chart.yaml").is_file() or (each.is_file() and each.suffix == ".tgz")]

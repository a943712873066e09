"""`helm-nested mutants`: the chart changed in one place at a time, to see whether a check or a property notices."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.commands.configuration_file import add_configuration_file
from helm_nested.commands.progress_bar import progress_bar
from helm_nested.errors import CannotCheckError, OutputError

if TYPE_CHECKING:
    from helm_nested.mutation.score import Score

REACHED = 0
BELOW = 1
_PAGE = "index.html"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    mutants = commands.add_parser(
        "mutants",
        help="change the chart in one place at a time, and see whether a check or a property notices",
        description="Delete each line of the chart's templates, force each branch and change each scalar, one at a "
        "time, and run the checks and the chart's properties on it. A mutant survives if no check and no test that "
        "names what is broken fails because of it. Results are kept: an interrupted run goes on. "
        "Exit status: 0 enough are killed, 1 too few "
        "or a stale reason, 2 could not check.",
    )
    add_configuration_file(mutants)
    mutants.add_argument(
        "--at-least", type=_percent, default=98.0, metavar="PERCENT", help="how many must be killed (default: 98)"
    )
    mutants.add_argument(
        "--only", default="*", metavar="GLOB", help="templates to change, for example 'templates/_*.tpl'"
    )
    mutants.add_argument(
        "--sample", type=_number, metavar="N", help="try only N mutants, spread over the chart, always the same ones"
    )
    mutants.add_argument(
        "--jobs", type=_number, default=os.cpu_count() or 1, metavar="N", help="workers (default: one a core)"
    )
    mutants.add_argument(
        "--trust", action="store_true",
        help="keep earlier results of killed mutants even if other templates have changed since",
    )  # fmt: skip
    mutants.add_argument("--again", action="store_true", help="ignore earlier results and try every mutant again")
    mutants.add_argument("--json", type=Path, metavar="FILE", help="write everything to that file as well")
    mutants.add_argument(
        "--out", type=Path, default=Path("build/mutants"), metavar="DIRECTORY",
        help="where the page and the results go (default: %(default)s)",
    )  # fmt: skip
    mutants.set_defaults(run=mutants_command)


def mutants_command(options: argparse.Namespace) -> int:
    """Try them, print who survives, and write the page."""
    # Here, so that the other commands need not wait for it.
    from helm_nested import output_file
    from helm_nested.mutation.campaign import Wanted, run
    from helm_nested.mutation.page import page
    from helm_nested.terminal import show
    from helm_nested.watched_files import read_files

    output_file.require_writable(options.json, options.out / _PAGE, reads=read_files(options.config, None))
    _refuse_foreign(options.out / _PAGE)
    wanted = Wanted(options.only, options.sample, options.jobs, options.trust, options.again)
    with progress_bar("mutants") as progress:
        score = run(options.config, options.out, wanted, progress)
    errors = output_file.write_all(
        {
            options.out / _PAGE: lambda: page(score),
            options.json: lambda: json.dumps(score.to_json(), indent=1, ensure_ascii=False),
        }
    )
    show(score.text())
    output_file.refuse(errors)
    if score.not_judged:
        raise CannotCheckError(
            f"{len(score.not_judged)} of the mutants could not be judged, as the process that tried them died; the "
            "other results are kept. Use fewer --jobs if memory ran out, and run the same command again."
        )
    show(f"{_goal(score, options.at_least)} Look at: {options.out / _PAGE}")
    return REACHED if score.percent >= options.at_least and not score.stale else BELOW


def _refuse_foreign(page: Path) -> None:
    """Accept a page that an earlier run wrote, or none: another one would be lost."""
    if page.is_file() and "<title>Mutants</title>" not in page.read_text(encoding="utf-8", errors="replace"):
        raise OutputError(f"{page} is there, and was not written by this command. Name another folder with --out.")


def _goal(score: Score, at_least: float) -> str:
    if score.percent < at_least:
        return f"Below the goal of {at_least:g} %: write a property for each survivor, or remove what nothing needs."
    return f"The goal is {at_least:g} %."


def _percent(given: str) -> float:
    try:
        percent = float(given)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise argparse.ArgumentTypeError(f"{given!r} is not a percentage: write a number from 0 to 100")
    return percent


def _number(given: str) -> int:
    if not given.isdigit() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of at least 1")
    return int(given)

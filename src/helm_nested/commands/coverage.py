"""`helm-nested coverage`: which branches of the chart's templates the matrix reaches."""

from __future__ import annotations

import argparse
from pathlib import Path

from helm_nested.commands.configuration_file import add_configuration_file
from helm_nested.commands.render_seconds import add_render_seconds

DONE = 0
NOT_REACHED = 1


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    coverage = commands.add_parser(
        "coverage",
        help="tell which branches of the chart's templates the matrix reaches",
        description="Render the combinations of the matrix, the inputs that must be refused and the scenarios, and say "
        "which branches (if, with, range, each way) of the chart's own templates Helm reaches; and, or, ternary and "
        "default do not count as branches. A branch that nothing can reach has a reason beside it or above: "
        "{{- /* not reached: REASON */}}. Exit status: 0 every branch is reached or has a reason, and every reason "
        "holds; 1 not so; 2 could not check.",
    )
    coverage.add_argument(
        "chart", nargs="?", type=Path, metavar="CHART", help="the chart (default: the configured one)"
    )
    coverage.add_argument(
        "--strength", choices=["all", "3", "2"], default="3",
        help="which combinations: all inside each block; 3: every three choices meet; 2: every two (default: "
        "%(default)s)",
    )  # fmt: skip
    coverage.add_argument("--json", type=Path, metavar="FILE", help="write the coverage as JSON")
    add_configuration_file(coverage)
    add_render_seconds(coverage)
    coverage.set_defaults(run=coverage_command)


def coverage_command(options: argparse.Namespace) -> int:
    """Measure, print the table and the summary."""
    # Here, so that the other commands need not wait for it.
    from tqdm import tqdm

    from helm_nested import output_file
    from helm_nested.chart import load_chart
    from helm_nested.configuration import load_configuration
    from helm_nested.coverage.measurement import measure
    from helm_nested.coverage.trial import trials
    from helm_nested.engine import open_in_process
    from helm_nested.report import coverage_json, coverage_text
    from helm_nested.terminal import show
    from helm_nested.watched_files import read_files

    output_file.require_writable(options.json, reads=read_files(options.config, options.chart))
    configuration = load_configuration(options.config)
    engine = open_in_process(load_chart(options.chart or configuration.chart))
    inputs = trials(configuration, engine, options.strength)
    with tqdm(total=len(inputs), unit=" inputs", disable=None, leave=False, delay=0.5) as bar:

        def progress(done: int) -> None:
            bar.update(done - bar.n)

        coverage = measure(engine, inputs, progress)
    errors = output_file.write_all({options.json: lambda: coverage_json.to_json(coverage)})
    show(coverage_text.table(coverage), end="\n\n")
    show(coverage_text.summary(coverage))
    output_file.refuse(errors)
    return DONE if coverage.is_complete else NOT_REACHED

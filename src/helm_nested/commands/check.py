"""`helm-nested check`: every combination through both stages, checked and explained."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from helm_nested import output_file
from helm_nested.chart import load_chart
from helm_nested.check_extent import Shard
from helm_nested.check_outcome import Outcome
from helm_nested.check_registry import load_checks
from helm_nested.check_run import run
from helm_nested.commands.configuration_file import add_configuration_file
from helm_nested.commands.progress_bar import progress_bar
from helm_nested.commands.render_seconds import add_render_seconds
from helm_nested.configuration import Configuration, load_configuration
from helm_nested.errors import ConfigurationError, HelmNestedError, OutputError
from helm_nested.findings.finding import Finding
from helm_nested.findings.values_file import write_values
from helm_nested.report import github, json_file, text
from helm_nested.report.baseline import Baseline, Compared, load_baseline
from helm_nested.terminal import command, show, tell, warn
from helm_nested.watched_files import WatchedFiles, read_files

DONE = 0
FOUND = 1
# How often a watched chart is looked at; below what a person notices.
_LOOK_SECONDS = 0.2


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    check = commands.add_parser(
        "check",
        help="render every combination of the matrix, check everything, explain what fails",
        description="Render every combination of the matrix, or every scenario where there is no matrix, fill its "
        "service templates, check every distinct template, document and bundle, and explain what fails by the choices "
        "that make it fail. Exit status: 0 nothing found, 1 findings, 2 could not check.",
    )
    check.add_argument("chart", nargs="?", type=Path, metavar="CHART", help="the chart (default: the configured one)")
    check.add_argument(
        "-f", "--values", action="append", type=Path, default=[], metavar="FILE",
        help="check these values instead of the matrix; repeat it as with helm: the files make one set of values",
    )  # fmt: skip
    check.add_argument(
        "--strength", choices=["all", "3", "2"], default="all",
        help="all: every combination inside each block; 3: every three choices meet; 2: every two. 3 and 2 "
        "are faster; 2 also uses fewer argument sets and does not try the values that must be refused "
        "(default: %(default)s)",
    )  # fmt: skip
    check.add_argument(
        "--shard",
        type=_shard,
        default=Shard(),
        metavar="I/N",
        help="check only part I of N of the combinations, for example 2/4",
    )
    check.add_argument(
        "--exhaustive", action="store_true",
        help="render every combination; otherwise those whose result follows from others are left out",
    )  # fmt: skip
    check.add_argument(
        "--seed", type=int, metavar="NUMBER",
        help="seed of the random sample that proves what was left out; repeats the sample of an earlier run "
        "(default: a new one)",
    )  # fmt: skip
    check.add_argument("--json", type=Path, metavar="FILE", help="write the outcome as JSON")
    check.add_argument("--junit", type=Path, metavar="FILE", help="write the outcome as JUnit XML")
    check.add_argument("--github", action="store_true", help="print findings as GitHub annotations")
    check.add_argument(
        "--baseline", type=Path, metavar="FILE",
        help="file of known findings, which do not fail the run. It is created if it is missing. A full run "
        "(--strength all, no --shard) removes findings that are fixed",
    )  # fmt: skip
    check.add_argument("--watch", action="store_true", help="check again whenever a file changes")
    add_configuration_file(check)
    check.add_argument(
        "--findings", type=Path, default=Path("build/findings"), metavar="DIRECTORY",
        help="directory for the values files that reproduce each finding (default: %(default)s)",
    )  # fmt: skip
    add_render_seconds(check)
    check.set_defaults(run=check_command)
    merging = commands.add_parser(
        "merge", help="merge the JSON files of several shards", description="Merge the JSON files of several shards."
    )
    merging.add_argument("files", nargs="+", type=Path, metavar="FILE")
    merging.add_argument("--json", type=Path, required=True, metavar="FILE", help="where the merged outcome goes")
    merging.set_defaults(run=merge_command)


def check_command(options: argparse.Namespace) -> int:
    """Check once, or with --watch until it is interrupted."""
    if not options.watch:
        return _check(options)
    watched = WatchedFiles(options.config, options.chart)
    while True:
        before = watched.state()
        try:
            _check(options)
        except HelmNestedError as error:
            tell(str(error))
        show("Waiting for a change (Ctrl-C ends) ...")
        while watched.state() == before:
            time.sleep(_LOOK_SECONDS)
        watched.look_again()


def merge_command(options: argparse.Namespace) -> int:
    """Merge shards' files into one."""
    output_file.require_writable(options.json, reads=options.files)
    outcome = json_file.merge([json_file.read(file) for file in options.files])
    errors = output_file.write_all({options.json: lambda: json_file.to_json(outcome)})
    for number, finding in enumerate(outcome.findings, start=1):
        show(text.finding_text(number, finding, None), end="\n\n")
    show(text.summary(outcome))
    output_file.refuse(errors)
    return FOUND if outcome.findings else DONE


def _check(options: argparse.Namespace) -> int:
    output_file.require_writable(options.json, options.junit, reads=read_files(options.config, options.chart))
    known = load_baseline(options.baseline) if options.baseline else None
    if known is not None and known.known is None and (options.values or options.shard.total > 1):
        raise ConfigurationError(
            f"there is no baseline {options.baseline} yet, and a part of the chart must not make it: it would know "
            f"only what {'these values show' if options.values else 'this shard finds'}. Write it with a run over "
            "everything: leave out -f and --shard."
        )
    configuration = load_configuration(options.config)
    chart = load_chart(options.chart or configuration.chart)
    with progress_bar("combinations") as progress:
        outcome = run(
            configuration, chart, options.strength, options.shard, progress,
            exhaustive=options.exhaustive, seed=options.seed, values=options.values,
        )  # fmt: skip
    is_whole = options.strength == "all" and options.shard.total == 1 and not options.values
    compared, errors = _compared(known, outcome, is_whole)
    errors += output_file.write_all(
        {
            options.json: lambda: json_file.to_json(outcome),
            options.junit: lambda: _junit(outcome, configuration),
        }
    )
    for number, finding in enumerate(compared.new, start=1):
        show(text.finding_text(number, finding, _values_file(options.findings, number, finding)), end="\n\n")
        if options.github:
            command(github.annotation(finding))
    show(_last_line(outcome, compared, is_whole))
    output_file.refuse(errors)
    return FOUND if compared.new else DONE


def _compared(known: Baseline | None, outcome: Outcome, is_whole: bool) -> tuple[Compared, list[OutputError]]:
    """The findings that are new; all of them, if the baseline cannot be brought up to date."""
    if known is not None:
        try:
            return known.compare(outcome.findings, is_whole=is_whole), []
        except OutputError as error:
            return Compared(list(outcome.findings), 0, 0), [error]
    return Compared(list(outcome.findings), 0, 0), []


def _values_file(folder: Path, number: int, finding: Finding) -> Path | None:
    """The file that reproduces the finding; None if none does, or it cannot be written: that must not hide it."""
    if finding.is_of_file:
        return None
    try:
        return write_values(folder, number, finding)
    except OutputError as error:
        warn(str(error))
        return None


def _junit(outcome: Outcome, configuration: Configuration) -> str:
    from helm_nested.report import junit  # brings an XML library, which is seldom asked for

    return junit.to_junit(outcome, [check.name for check in load_checks(configuration.check_modules)])


def _last_line(outcome: Outcome, compared: Compared, is_whole: bool) -> str:
    if not (compared.known or compared.gone):
        return text.summary(outcome)
    gone = "gone" if is_whole else "not found by this part of the combinations"
    return (
        f"{text.summary(outcome)} New: {len(compared.new)}; known to the baseline: {compared.known}; "
        f"of the baseline's {gone}: {compared.gone}."
    )


def _shard(given: str) -> Shard:
    match = re.fullmatch(r"(\d+)/(\d+)", given)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"{given!r} is not a part of a whole: write for example 1/4")
    return Shard(int(match[1]), int(match[2]))

"""`helm-nested diff`: what changed between two versions of the chart, in every combination."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.commands.configuration_file import add_configuration_file
from helm_nested.commands.render_seconds import add_render_seconds

if TYPE_CHECKING:
    from helm_nested.difference.explanation import Version
    from helm_nested.difference.run import Progress

SAME = 0
CHANGED = 1
WORKING_TREE = "the working tree"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    diff = commands.add_parser(
        "diff",
        help="what changed between two git revisions of the chart, in every combination, and when",
        description="Render every combination of the matrix with two versions of the chart, fill the service "
        "templates, and say what differs in the documents and under which choices. Configuration, matrix, contract and "
        "argument sets are those of the working tree for both, so that combinations correspond. Exit status: 0 no "
        "document changed (another text of the same documents is only mentioned), 1 changes, 2 could not compare.",
    )
    diff.add_argument(
        "--base", required=True, metavar="REV",
        help="the version before: a git revision, or the folder or .tgz archive of a chart",
    )  # fmt: skip
    diff.add_argument("--head", metavar="REV", help="the version after (default: the working tree)")
    diff.add_argument(
        "--strength", choices=["all", "3", "2"], default="all",
        help="all: every combination inside each block; 3: every three choices meet; 2: every two "
        "(default: %(default)s)",
    )  # fmt: skip
    diff.add_argument("--markdown", type=Path, metavar="FILE", help="write it as a comment of a pull request")
    diff.add_argument("--json", type=Path, metavar="FILE", help="write it as JSON")
    diff.add_argument("--html", type=Path, metavar="FILE", help="write it as one page that needs nothing but itself")
    add_configuration_file(diff)
    add_render_seconds(diff)
    diff.set_defaults(run=diff_command)


def diff_command(options: argparse.Namespace) -> int:
    """Compare, print what changed, and write what is asked for."""
    # Here, so that the other commands need not wait for it.
    from helm_nested import output_file
    from helm_nested.chart import load_chart
    from helm_nested.configuration import load_configuration
    from helm_nested.difference import json_file, markdown, page, terminal
    from helm_nested.difference.change import summary
    from helm_nested.difference.explanation import Version
    from helm_nested.difference.revision import chart_at
    from helm_nested.difference.run import run
    from helm_nested.terminal import show
    from helm_nested.watched_files import read_files

    written = options.json, options.markdown, options.html
    output_file.require_writable(*written, reads=read_files(options.config, None))
    configuration = load_configuration(options.config)
    with ExitStack() as stack:

        def version(revision: str | None) -> Version:
            if revision is None:
                return Version(load_chart(configuration.chart), WORKING_TREE)
            return Version(stack.enter_context(chart_at(revision, configuration.chart)), revision)

        base, head = version(options.base), version(options.head)
        progress = stack.enter_context(_bar())
        comparison = run(configuration, base, head, options.strength, progress)
    errors = output_file.write_all(
        {
            options.json: lambda: json_file.to_json(comparison),
            options.markdown: lambda: markdown.to_markdown(comparison),
            options.html: lambda: page.page(comparison),
        }
    )
    for number, change in enumerate(comparison.changes, start=1):
        show(terminal.change_text(number, change), end="\n\n")
    show(summary(comparison))
    output_file.refuse(errors)
    return CHANGED if comparison.differs else SAME


@contextmanager
def _bar() -> Iterator[Progress]:
    """A bar for each phase, one after the other in one line."""
    from tqdm import tqdm

    with tqdm(total=None, disable=None, leave=False, delay=0.5) as bar:
        shown = ""

        def progress(phase: str, done: int, total: int) -> None:
            nonlocal shown
            if phase != shown:
                shown = phase
                bar.reset(total)
                bar.set_description(phase, refresh=False)
            bar.update(done - bar.n)

        yield progress

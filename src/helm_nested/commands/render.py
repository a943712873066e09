"""`helm-nested render`: both stages of every scenario, as files and as a page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.commands.configuration_file import add_configuration_file
from helm_nested.commands.engine_option import add_engine
from helm_nested.commands.release_options import add_release_options, release_of
from helm_nested.commands.render_seconds import add_render_seconds
from nested_templates.encoder import ENCODERS

if TYPE_CHECKING:
    from helm_nested.rendering import Rendering


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    render = commands.add_parser(
        "render",
        help="write both stages of every scenario as files, and a page to look at them",
        description="Render the chart with every scenario's values, fill its service templates with every argument "
        "set, and write both stages as files and as one page.",
    )
    render.add_argument("chart", nargs="?", type=Path, metavar="CHART", help="the chart (default: the configured one)")
    render.add_argument(
        "-f", "--values", action="append", type=Path, default=[], metavar="FILE",
        help="a values file; repeat it as with helm: the files make one scenario, instead of the configured ones",
    )  # fmt: skip
    render.add_argument(
        "--out",
        type=Path,
        default=Path("build/render"),
        metavar="DIRECTORY",
        help="output directory (default: %(default)s)",
    )
    render.add_argument(
        "--against", type=Path, metavar="DIRECTORY", help="an earlier --out folder; the page shows what changed since"
    )
    render.add_argument("--coverage", type=Path, metavar="FILE", help="what `coverage --json` wrote; the page shows it")
    add_configuration_file(render)
    add_engine(render)
    render.add_argument(
        "--encoder", choices=sorted(ENCODERS), help="how arguments become text (default: the configured one, else json)"
    )
    add_release_options(render, namespace=True)
    add_render_seconds(render)
    render.set_defaults(run=render_command)


def render_command(options: argparse.Namespace) -> int:
    """Render every scenario and write what came out."""
    # Jinja2 among them, which the other commands need not wait for.
    from helm_nested import output_folder
    from helm_nested.chart import load_chart
    from helm_nested.configuration import load_configuration
    from helm_nested.engine import open_engine
    from helm_nested.rendering import Renderer
    from helm_nested.report import coverage_json
    from helm_nested.review.page import page
    from helm_nested.review.record import record
    from helm_nested.scenario import load_scenario, load_scenarios
    from helm_nested.terminal import show
    from nested_templates.contract import load_argument_sets, load_contract

    configuration = load_configuration(options.config)
    chart = load_chart(options.chart or configuration.chart)
    contract = load_contract(configuration.contract)
    scenarios = [load_scenario(options.values)] if options.values else load_scenarios(configuration.scenarios)
    against = output_folder.read_record(options.against) if options.against else None
    coverage = coverage_json.read(options.coverage) if options.coverage else None
    renderer = Renderer(
        engine=open_engine(options.engine, chart),
        release=release_of(options, configuration.release),
        selectors=configuration.selectors,
        contract=contract,
        argument_sets=load_argument_sets(configuration.argument_sets, contract),
        encoder=ENCODERS[options.encoder or configuration.encoder],
    )
    renderings: list[Rendering] = []
    for scenario in scenarios:
        renderings.append(renderer.render(scenario))
        show(_summary(renderings[-1]))
    review = record(chart, renderer, renderings)
    output_folder.write(
        options.out,
        renderings,
        review,
        page(review, against, against_name=options.against and str(options.against), coverage=coverage),
    )
    show(f"\n{len(renderings)} scenarios, {renderer.engine.description}. Look at: {options.out / output_folder.PAGE}")
    return 0


def _summary(rendering: Rendering) -> str:
    return (
        f"{rendering.scenario.name:<28} {len(rendering.objects):>3} objects  "
        f"{len(rendering.service_templates):>2} service templates  {len(rendering.filled):>4} filled"
    )

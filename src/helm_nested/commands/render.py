"""`helm-nested render`: both stages of every scenario, as files and as a page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.commands.render_seconds import add_render_seconds
from helm_nested.configuration import FILE_NAME
from helm_nested.engine import IN_PROCESS, Release
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
        "--out", type=Path, default=Path("build/render"), metavar="DIRECTORY", help="default: %(default)s"
    )
    render.add_argument(
        "--against", type=Path, metavar="DIRECTORY", help="an earlier --out folder; the page shows what changed since"
    )
    render.add_argument("--coverage", type=Path, metavar="FILE", help="what `coverage --json` wrote; the page shows it")
    render.add_argument("--config", type=Path, default=Path(FILE_NAME), metavar="FILE", help="default: %(default)s")
    render.add_argument(
        "--engine",
        default=IN_PROCESS,
        help=f"{IN_PROCESS}, or the name or path of a helm binary (default: %(default)s)",
    )
    render.add_argument(
        "--encoder", choices=sorted(ENCODERS), help="how arguments become text (default: the configured one, else json)"
    )
    _add_release(render)
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
        release=_release(options, configuration.release),
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


def _add_release(parser: argparse.ArgumentParser) -> None:
    """Named as `helm template` names them; the release's name, which is no option there, is `--release`."""
    release = parser.add_argument_group("the release, instead of the configured one")
    release.add_argument("--release", metavar="NAME", help="its name")
    release.add_argument("--namespace", metavar="NAME", help="its namespace")
    release.add_argument("--kube-version", metavar="VERSION", help="the cluster's Kubernetes version")
    release.add_argument(
        "--api-versions", action="append", metavar="VERSION",
        help="an API version that the cluster has besides Helm's own; repeat it; '' for none",
    )  # fmt: skip
    release.add_argument(
        "--is-upgrade", action=argparse.BooleanOptionalAction, default=None, help="whether it is an upgrade"
    )


def _release(options: argparse.Namespace, configured: Release) -> Release:
    from helm_nested.engine import release_map
    from helm_nested.errors import ConfigurationError
    from helm_nested.schema_problem import schema_problems

    given = {
        "name": options.release,
        "namespace": options.namespace,
        "kubeVersion": options.kube_version,
        "apiVersions": options.api_versions and [each for each in options.api_versions if each],
        "isUpgrade": options.is_upgrade,
    }
    over = {key: value for key, value in given.items() if value is not None}
    problems = schema_problems(release_map.SCHEMA, over)
    if problems:
        raise ConfigurationError(f"the release cannot be like that: {'; '.join(problems)}. Correct the option.")
    return release_map.released(configured, over)


def _summary(rendering: Rendering) -> str:
    return (
        f"{rendering.scenario.name:<28} {len(rendering.objects):>3} objects  "
        f"{len(rendering.service_templates):>2} service templates  {len(rendering.filled):>4} filled"
    )

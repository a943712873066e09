"""`helm-nested patch`: the chart's own keys brought into a living ConfigMap of somebody else, and taken out again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.commands.configuration_file import add_configuration_file
from helm_nested.commands.engine_option import add_engine
from helm_nested.commands.release_options import add_release_options, release_of
from helm_nested.commands.render_seconds import add_render_seconds

if TYPE_CHECKING:
    from helm_nested.api_server import ApiServer


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    patch = commands.add_parser(
        "patch",
        help="bring the chart's own keys into a living ConfigMap of somebody else, or take them out again",
        description="Render the chart, and bring those of its service templates whose keys the configuration names "
        "under 'patch' into a living ConfigMap, by server-side apply with the field manager helm-nested-patch. The "
        "difference is shown first. No other key is touched, and none that somebody else owns. Exit status: 0 it is "
        "as it should be, 2 it could not be done.",
    )
    patch.add_argument("config_map", metavar="CONFIGMAP", help="the name of the living ConfigMap")
    patch.add_argument("-n", "--namespace", required=True, metavar="NAME", help="its namespace, also the release's")
    patch.add_argument(
        "-f", "--values", action="append", type=Path, default=[], metavar="FILE",
        help="a values file of the chart; repeat it as with helm (default: the chart's own values)",
    )  # fmt: skip
    patch.add_argument("--dry-run", action="store_true", help="ask the server and show the difference; write nothing")
    patch.add_argument("--revert", action="store_true", help="take out every key that an earlier patch has brought")
    patch.add_argument("--context", metavar="NAME", help="the context of the kubeconfig (default: the current one)")
    patch.add_argument("--kubeconfig", metavar="FILE", help="the kubeconfig (default: as kubectl finds it)")
    patch.add_argument("--kubectl", default="kubectl", metavar="PROGRAM", help="its name or path; it is how the "
        "cluster is asked (default: %(default)s)")  # fmt: skip
    add_configuration_file(patch)
    add_engine(patch)
    add_release_options(patch, namespace=False)
    add_render_seconds(patch)
    patch.set_defaults(run=patch_command)


def patch_command(options: argparse.Namespace) -> int:
    """Show the difference, and make it so."""
    from helm_nested.api_server import api_server
    from helm_nested.config_map_patch import LivingConfigMap
    from helm_nested.errors import ConfigurationError
    from helm_nested.terminal import show, warn

    if options.revert and options.values:
        raise ConfigurationError("--revert takes out what was brought, whatever the values. Leave out --values.")
    given = {"context": options.context, "kubeconfig": options.kubeconfig}
    with api_server(options.kubectl, [f"--{name}={value}" for name, value in given.items() if value]) as server:
        texts = {} if options.revert else _texts(options, server)
        living = LivingConfigMap.read(server, options.namespace, options.config_map)
        changes = living.changes(living.patched(texts, dry_run=True))
        for change in changes:
            show(change.difference, end="\n\n")
        if living.warning and not options.revert:
            warn(f"{living.warning}.")
        keys = ", ".join(change.key for change in changes)
        if options.dry_run:
            show(f"{len(changes)} keys of {living.shown} would change: {keys}." if changes else _same(living.shown))
            return 0
        # Also where no text differs: what was brought by somebody else alone becomes ours too, or no longer is.
        living.patched(texts, dry_run=False)
        show(f"{len(changes)} keys of {living.shown} have changed: {keys}." if changes else _same(living.shown))
    return 0


def _same(shown: str) -> str:
    return f"No text of {shown} differs."


def _texts(options: argparse.Namespace, server: ApiServer) -> dict[str, str]:
    """What the chart renders for this cluster."""
    from helm_nested.chart import load_chart
    from helm_nested.config_map_patch import wanted_texts
    from helm_nested.configuration import load_configuration
    from helm_nested.engine import open_engine
    from helm_nested.scenario import load_scenario
    from nested_templates.yaml_documents import load_documents

    configuration = load_configuration(options.config)
    globs = configuration.required_patch_keys()
    options.kube_version = options.kube_version or server.get("/version").get("gitVersion")
    release = release_of(options, configuration.release)
    layers = load_scenario(options.values).layers if options.values else ()
    stage_one = open_engine(options.engine, load_chart(configuration.chart)).render(layers, release)
    objects = (
        document
        for manifest in stage_one.manifests
        for document in load_documents(manifest.text, f"{manifest.source} as rendered")
    )
    return wanted_texts(objects, configuration.selectors, globs)

"""The options that say which release a chart is rendered for."""

from __future__ import annotations

import argparse

from helm_nested.engine import Release


def add_release_options(parser: argparse.ArgumentParser, *, namespace: bool) -> None:
    """Named as `helm template` names them; the release's name, which is no option there, is `--release`.

    `namespace` False leaves that option to the command, for which it means more.
    """
    release = parser.add_argument_group("the release, instead of the configured one")
    release.add_argument("--release", metavar="NAME", help="its name")
    if namespace:
        release.add_argument("--namespace", metavar="NAME", help="its namespace")
    release.add_argument("--kube-version", metavar="VERSION", help="the cluster's Kubernetes version")
    release.add_argument(
        "--api-versions", action="append", metavar="VERSION",
        help="an API version that the cluster has besides Helm's own; repeat it; '' for none",
    )  # fmt: skip
    release.add_argument(
        "--is-upgrade", action=argparse.BooleanOptionalAction, default=None, help="whether it is an upgrade"
    )


def release_of(options: argparse.Namespace, configured: Release) -> Release:
    """The configured release with what these options say.

    Raises:
        ConfigurationError: a release cannot be like that.
    """
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

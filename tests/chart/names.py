"""The names that a release goes by: what each follows from, by the chart's README and llm-engine's own rule."""

from __future__ import annotations

from typing import Any

from helm_nested.engine import Release

# 63 is Kubernetes' limit for a label; `-service-template-config` has 24 characters, and two are kept to spare.
_LONGEST = 37
# llm-engine cuts its full name so that its own suffixes fit.
_LONGEST_OF_LLM_ENGINE = 40


def full_name(values: Any, release: Release) -> str:
    """The name of what this release installs."""
    name = release.name if "temporal-endpoints" in release.name else f"{release.name}-temporal-endpoints"
    # A release name may have dots.
    return str(values["temporal.fullnameOverride"] or name)[:_LONGEST].rstrip("-.")


def launch_name(values: Any) -> str:
    """llm-engine's full name, by which what belongs to its release is referred to."""
    if values["temporal.launchName"]:
        return str(values["temporal.launchName"])
    if values["fullnameOverride"]:
        return _cut(values["fullnameOverride"], _LONGEST_OF_LLM_ENGINE)
    if values["serviceIdentifier"]:
        return _cut(f"model-engine-{values['serviceIdentifier']}", _LONGEST_OF_LLM_ENGINE)
    return "model-engine"


def account_name(values: Any) -> str:
    """The workers' service account."""
    return str(
        values["temporal.serviceAccount.name"] or values["serviceTemplate.serviceAccountName"] or launch_name(values)
    )


def endpoint_namespace(values: Any, release: Release) -> str:
    """The namespace of the endpoints, where everything stands that their workers use."""
    configured = ((values["config"] or {}).get("values") or {}).get("launch") or {}
    return str(configured.get("endpoint_namespace") or release.namespace)


def _cut(name: str, longest: int) -> str:
    return name[:longest].removesuffix("-")

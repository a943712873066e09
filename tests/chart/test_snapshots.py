"""Snapshots for reviewers: all that a few scenarios lead to, as files whose differences a change shows.

They prove nothing that the properties do not, and say nothing of what is right: update them with --snapshot-update.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from .bundle import ROOT, default_argument_set, render_file

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

# One of each: llm-engine's, stand-alone with KEDA, GPUs, an API key, a client certificate.
FILES = ("llm-engine-aws", "stand-alone", "gpu-pipelines", "temporal-cloud-api-key", "mutual-tls")


class YamlFiles(SingleFileSnapshotExtension):
    """One YAML file for each snapshot."""

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"


@pytest.mark.parametrize("name", FILES)
def test_scenario_leads_to_what_was_reviewed(name: str, snapshot: SnapshotAssertion) -> None:
    """What the release installs and what endpoints of both devices get is what a person last looked at."""
    bundle = render_file(ROOT / "values" / Path(name).with_suffix(".yaml"))
    documents = [each for each in bundle.objects if "service-templates" not in _component(each)]
    for device in ("cpu", "gpu"):
        argument_set = default_argument_set(device)
        other = f"-{'gpu' if device == 'cpu' else 'cpu'}.yaml"
        for key in bundle.templates:
            if not key.endswith(other) and (device == "gpu" or key.endswith("-cpu.yaml")):
                documents += bundle.filled(key, argument_set)
    text = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=120)
    assert text == snapshot(extension_class=YamlFiles)


def _component(document: dict[str, object]) -> str:
    """The part of the release that an object is."""
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    return str(metadata["labels"].get("app.kubernetes.io/component"))

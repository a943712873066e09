"""The Helm plugin: `helm nested` is this tool, of this version."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import yaml

from helm_nested import __version__

ROOT = Path(__file__).parents[2]
PLUGIN = yaml.safe_load((ROOT / "plugin.yaml").read_text(encoding="utf-8"))


def test_version_is_the_tools() -> None:
    """plugin.yaml and the package say the same version."""
    assert PLUGIN["version"] == __version__


def test_command_runs_the_tool_from_anywhere(tmp_path: Path) -> None:
    """The plugin's command, called in another folder, is helm-nested."""
    command = PLUGIN["command"].replace("$HELM_PLUGIN_DIR", str(ROOT))
    assert os.access(command, os.X_OK)
    done = subprocess.run([command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"helm-nested {__version__}"

"""Promise 9: chart-testing installs and tests the chart with every ci values file, as in the CI of charts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from local_cluster.cluster import Cluster
from local_cluster.command import Command

from .mounts import needs_mounts
from .releases import CHART, MAJORS, ROOT

# The program is in no package registry; `make e2e CT=path/to/ct` names it.
CT = shutil.which(os.environ.get("CT", "ct"))


@needs_mounts
@pytest.mark.skipif(CT is None, reason="chart-testing is not on PATH; name it: make e2e CT=path/to/ct")
@pytest.mark.parametrize("major", MAJORS)
def test_chart_testing_installs_and_tests_the_chart(cluster: Cluster, tmp_path: Path, major: int) -> None:
    """`ct install` ends well, and has tried every file."""
    assert CT
    for name in ("launch-endpoints", "temporal-endpoints"):
        cluster.plane.namespace(name)
    # It calls what is named so on PATH.
    for name, target in (("helm", cluster.tools(f"helm{major}")), ("kubectl", cluster.tools("kubectl"))):
        (tmp_path / name).symlink_to(target)
    environment = cluster.plane.environment()
    command = Command(Path(CT), {**environment, "PATH": f"{tmp_path}:{environment['PATH']}"}, seconds=300)
    options = ("--config", ROOT / "ct.yaml", "--charts", CHART, "--helm-extra-args", "--timeout 60s")
    said = command("install", *options)
    for file in (CHART / "ci").glob("*-values.yaml"):
        assert file.name in said
    assert "All charts installed successfully" in said

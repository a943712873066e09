"""Every pinned tool is described once: its go.mod names the version, and the cache keeps each version apart."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scripts import build_tools, pinned_tools
from scripts.build_tools import Plan
from scripts.pinned_tools import TOOLS, CannotBuildError, Requirement, Tool

BY_NAME = {tool.name: tool for tool in TOOLS}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is pinned of the control plane, to be changed."""
    target = tmp_path / "tools" / "control-plane"
    shutil.copytree(pinned_tools.REQUIREMENTS / "control-plane", target)
    for module in (pinned_tools, build_tools):
        monkeypatch.setattr(module, "REQUIREMENTS", target.parent)
        monkeypatch.setattr(module, "REPOSITORY", tmp_path)
    return target


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_each_tool_has_a_package_and_a_version(tool: Tool) -> None:
    """Each go.mod names the package that the tool is built from, and the version of its module."""
    plan = Plan.of(tool)
    assert plan.requirement.version_of(plan.package).startswith("v")
    assert plan.place.parent.name.startswith(f"{tool.name}-v")


def test_no_two_tools_share_a_place() -> None:
    """Tools of one go.mod lie apart in the cache."""
    places = [Plan.of(tool).place.parent for tool in TOOLS]
    assert len(set(places)) == len(places)


def test_a_server_says_the_version_that_is_pinned() -> None:
    """Clients read the minor version of an API server, which is empty unless it is linked in."""
    flags = Plan.of(BY_NAME["kube-apiserver"]).link_flags
    assert "-X k8s.io/component-base/version.gitMinor=36" in flags
    assert "-X k8s.io/component-base/version.gitVersion=v1.36." in flags


def test_the_programs_and_the_definitions_of_keda_are_of_one_version() -> None:
    """A cluster's definitions are those of its operator."""
    versions = {
        tool.name: plan.requirement.version_of(plan.package)
        for tool in TOOLS
        if tool.name.startswith("keda-")
        for plan in [Plan.of(tool)]
    }
    assert len(versions) == 4
    assert len(set(versions.values())) == 1


def test_the_control_plane_is_of_the_version_whose_code_judges() -> None:
    """A verdict of the API server can be compared with the embedded validation only at one version."""
    judge, server = (Plan.of(BY_NAME[name]).requirement for name in ("kubernetes", "kube-apiserver"))
    assert judge.version_of("k8s.io/kubernetes") == server.version_of("k8s.io/kubernetes")


def test_another_version_has_another_place(folder: Path) -> None:
    """A tool is built again when what is pinned changes."""
    before = Plan.of(BY_NAME["kube-apiserver"]).place
    text = (folder / "go.mod").read_text()
    (folder / "go.mod").write_text(text.replace("k8s.io/kubernetes v1.36.3", "k8s.io/kubernetes v1.36.4"))
    assert Plan.of(BY_NAME["kube-apiserver"]).place != before


def test_a_package_that_go_mod_lacks_is_told(folder: Path) -> None:
    """The message has the line that is missing."""
    text = (folder / "go.mod").read_text()
    (folder / "go.mod").write_text(text.replace("\tk8s.io/kubernetes/cmd/kube-apiserver\n", ""))
    with pytest.raises(CannotBuildError, match=r'needs one line "tool k8s\.io/kubernetes/cmd/kube-apiserver"'):
        Plan.of(BY_NAME["kube-apiserver"])


def test_tools_written_in_a_block_or_alone_are_read(folder: Path) -> None:
    """Go writes one tool on a line of its own and several in a block."""
    assert Requirement.read("control-plane").packages == (
        "k8s.io/kubernetes/cmd/kube-apiserver",
        "k8s.io/kubernetes/cmd/kube-controller-manager",
    )
    (folder / "go.mod").write_text("go 1.26\n\ntool example.com/one/cmd\n\nrequire example.com/one v1.0.0\n")
    assert Requirement.read("control-plane").packages == ("example.com/one/cmd",)


@pytest.mark.parametrize("name", ["keda-definitions", "etcd"])
def test_two_checkouts_that_build_a_tool_at_the_same_time_build_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """They share the cache: the second one waits and takes what the first has built, be it a program or a folder."""
    built: list[Path] = []

    def slowly(make: Callable[[Path], object]) -> Callable[[str, Plan, Path], None]:
        def write(_go: str, _plan: Plan, target: Path) -> None:
            time.sleep(0.05)
            make(target)
            built.append(target)

        return write

    def folder_of_files(target: Path) -> None:
        target.mkdir()
        (target / "definition.yaml").write_text("kind: ScaledObject\n")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(build_tools, "copy_files", slowly(folder_of_files))
    monkeypatch.setattr(build_tools, "compile_program", slowly(Path.touch))
    plan = Plan.of(BY_NAME[name])
    assert plan.place.is_relative_to(tmp_path)
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(build_tools.build, "go", plan) for _ in range(2)]:
            done.result()
    assert len(built) == 1
    assert plan.place.exists()

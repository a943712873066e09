"""The wheel that brings Kubernetes' own validation to a machine without Go."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scripts.build_kubernetes_wheel import build

from helm_nested.kubernetes import validation


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A stand-in for the program, which says its version."""
    script = tmp_path / "kubernetes"
    script.write_text("#!/bin/sh\necho 1.36.3\n")
    script.chmod(0o755)
    return script


def test_two_builds_are_the_same(program: Path, tmp_path: Path) -> None:
    """Two wheels of one program are the same bytes, named after its version and the platform."""
    first, second = build(program, tmp_path / "first"), build(program, tmp_path / "second")
    assert first.name.startswith("helm_nested_kubernetes-1.36.3-py3-none-")
    assert first.read_bytes() == second.read_bytes()


def test_the_installed_package_is_found(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program of the installed wheel is found without any other setting, and runs."""
    wheel = build(program, tmp_path)
    target = tmp_path / "installed"
    install = ["install", "--quiet", "--no-index", "--no-deps", "--no-compile", "--target", str(target), str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True)
    monkeypatch.syspath_prepend(str(target))
    monkeypatch.delenv(validation.PROGRAM, raising=False)
    monkeypatch.delitem(sys.modules, "helm_nested_kubernetes", raising=False)
    found = validation.find_program(tmp_path)
    assert found == target / "helm_nested_kubernetes" / "kubernetes"
    assert validation.release(found) == "1.36.3"
    sys.modules.pop("helm_nested_kubernetes", None)

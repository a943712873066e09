"""The packages are distributions of their own: each wheel, installed with what it declares and nothing else, works."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
# Imports every module but programs, which begin when they are imported.
IMPORTS = """\
import importlib, pkgutil, sys
sys.path += {folders}
package = importlib.import_module({package!r})
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__") and module.name not in {apart}:
        importlib.import_module(module.name)
for name, module in list(sys.modules.items()):
    print(name)
"""


@dataclass(frozen=True)
class Wheel:
    """A distribution of this repository.

    Attributes:
        folder: where its pyproject.toml is.
        package: what it installs.
        apart: the modules that need an extra, or the program that they are a plugin of.
        foreign: packages that nothing in it may import, also not by way of others.
    """

    folder: Path
    package: str
    apart: tuple[str, ...]
    foreign: tuple[str, ...]


WHEELS = {
    "nested-templates": Wheel(
        ROOT / "distributions" / "nested-templates",
        "nested_templates",
        ("nested_templates.dialect.jinja2_dialect",),
        ("helm_nested", "helm_python", "kubernetes_validate", "jinja2"),
    ),
    "temporal-endpoints": Wheel(
        ROOT / "distributions" / "temporal-endpoints",
        "temporal_endpoints",
        ("temporal_endpoints.records.migrations.env",),
        ("helm_nested", "helm_python", "kubernetes_validate"),
    ),
    "temporal-endpoints-worker": Wheel(
        ROOT / "distributions" / "temporal-endpoints-worker",
        "temporal_endpoints_worker",
        (),
        ("temporal_endpoints", "nested_templates", "helm_nested", "yaml"),
    ),
    "helm-nested": Wheel(
        ROOT,
        "helm_nested",
        ("helm_nested.pytest_plugin", "helm_nested.mutation.crew", "helm_nested.mutation.worker"),
        (),
    ),
}


@cache
def project(name: str) -> dict[str, Any]:
    """What the distribution's pyproject.toml says of it."""
    text = (WHEELS[name].folder / "pyproject.toml").read_text(encoding="utf-8")
    declared: dict[str, Any] = tomllib.loads(text)["project"]
    return declared


def install(name: str, extras: set[str], place: Path, built: set[str]) -> None:
    """Put the distribution and what it declares in a folder, as `pip install --target` would without a registry."""
    if name in built:
        return
    built.add(name)
    if name in WHEELS:
        wheels = place.parent / "wheels"
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
        subprocess.run(command, cwd=WHEELS[name].folder, check=True, capture_output=True)
        (wheel,) = wheels.glob(f"{name.replace('-', '_')}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)
        texts = project(name)["dependencies"]
    else:
        installed = distribution(name)
        for first in {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}:
            if not (place / first).exists():
                (place / first).symlink_to(Path(str(installed.locate_file(first))))
        texts = installed.requires or []
    for requirement in map(Requirement, texts):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
            install(requirement.name.lower(), requirement.extras, place, built)


@pytest.mark.parametrize("name", WHEELS)
def test_wheel_alone_is_imported(name: str, tmp_path: Path) -> None:
    """Every module of it finds what it needs, and none brings what the distribution is to do without."""
    wheel = WHEELS[name]
    place = tmp_path / "installed"
    place.mkdir()
    install(name, set(), place, set())
    script = IMPORTS.format(folders=[str(place)], package=wheel.package, apart=wheel.apart)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert {each.split(".")[0] for each in done.stdout.split()} & {wheel.package, *wheel.foreign} == {wheel.package}


def test_every_distribution_is_tried() -> None:
    """A folder under distributions/ is one of those above."""
    assert {each.name for each in (ROOT / "distributions").iterdir()} == WHEELS.keys() - {"helm-nested"}


@pytest.mark.parametrize("name", WHEELS)
def test_distributions_demand_one_another_in_this_version(name: str) -> None:
    """Wheels of one version belong together, and what is declared is what the packages say of themselves."""
    for requirement in map(Requirement, project(name)["dependencies"]):
        if requirement.name in WHEELS:
            package = ROOT / "src" / WHEELS[requirement.name].package / "__init__.py"
            (version,) = re.findall(r'^__version__ = "(.+)"$', package.read_text(encoding="utf-8"), re.MULTILINE)
            assert str(requirement.specifier) == f"=={version}"


@pytest.mark.parametrize("name", WHEELS)
def test_tests_try_the_checkout(name: str) -> None:
    """What is imported here is the source beside these tests; an editable installation can hold a copy of it."""
    (place,) = importlib.import_module(WHEELS[name].package).__path__
    assert Path(place) == ROOT / "src" / WHEELS[name].package

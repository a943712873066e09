"""Other charts that include the service templates, by the two ways in of docs/beside-llm-engine.md."""

from __future__ import annotations

import shutil
from pathlib import Path

from .bundle import CHART, ROOT

LIBRARY = ROOT / "charts" / "temporal-service-templates"
# What is copied into the other chart's templates/, by the documentation.
COPIED = (
    "_helpers.tpl",
    "_connection.tpl",
    "_defaults.tpl",
    "_service-templates.tpl",
    "service-templates",
    "validations",
)
_PARENTS = Path(__file__).parent / "charts"
DEPENDING_PARENT = _PARENTS / "depending-parent"


def copy_into_parent(folder: Path) -> Path:
    """llm-engine's ConfigMap in small: a chart below that folder, with the service templates beside its own."""
    chart = folder / "copied" / "model-engine"
    shutil.copytree(_PARENTS / "parent", chart)
    for source in COPIED:
        target = chart / "templates" / "temporal" / source
        if (CHART / "templates" / source).is_dir():
            shutil.copytree(CHART / "templates" / source, target)
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy(CHART / "templates" / source, target)
    return chart


def depend_on_library(folder: Path) -> Path:
    """The same chart with the library chart as a dependency, as `helm dependency build` leaves it."""
    chart = folder / "depending" / "model-engine"
    shutil.copytree(DEPENDING_PARENT, chart)
    library = chart / "charts" / LIBRARY.name
    library.mkdir(parents=True)
    for file in ("Chart.yaml", ".helmignore"):
        shutil.copy(LIBRARY / file, library)
    # As they are in the chart that is looked at, which a mutant may have changed.
    shutil.copytree(CHART / "templates", library / "templates")
    return chart


WAYS_IN = {"copy": copy_into_parent, "dependency": depend_on_library}

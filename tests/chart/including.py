"""Another chart that includes the service templates, as llm-engine's would: the way in of docs/beside-llm-engine.md."""

from __future__ import annotations

import shutil
from pathlib import Path

from .bundle import CHART

# What is copied into the other chart's templates/, by the documentation.
COPIED = (
    "_helpers.tpl",
    "_connection.tpl",
    "_defaults.tpl",
    "_service-templates.tpl",
    "service-templates",
    "validations",
)
PARENT = Path(__file__).parent / "charts" / "parent"


def copy_into_parent(folder: Path) -> Path:
    """llm-engine's ConfigMap in small: a chart below that folder, with the service templates beside its own."""
    chart = folder / "model-engine"
    shutil.copytree(PARENT, chart)
    for source in COPIED:
        target = chart / "templates" / "temporal" / source
        if (CHART / "templates" / source).is_dir():
            shutil.copytree(CHART / "templates" / source, target)
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy(CHART / "templates" / source, target)
    return chart

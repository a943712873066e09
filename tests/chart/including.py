"""Other charts that include the service templates, by the two ways in of docs/beside-llm-engine.md."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from helm_nested.chart import load_chart
from helm_nested.engine import IN_PROCESS, Release, open_engine

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


# The problems of many values in one rendering.
ALL_PROBLEMS = """\
kind: Problems
problems:
{{- range .Values.cases }}
  - {{ include "temporal-endpoints.problemsBySchema" . }}
{{- end }}
"""


class Validations:
    """The templates in validations/ and the defaults, alone in a chart with one template that asks them something."""

    def __init__(self, folder: Path, template: str) -> None:
        chart = folder / "asked"
        shutil.copytree(CHART / "templates" / "validations", chart / "templates" / "validations")
        shutil.copy(CHART / "templates" / "_defaults.tpl", chart / "templates")
        (chart / "templates" / "answers.yaml").write_text(template, encoding="utf-8")
        (chart / "Chart.yaml").write_text("{apiVersion: v2, name: asked, version: 0.1.0}", encoding="utf-8")
        self._engine = open_engine(IN_PROCESS, load_chart(chart))

    def answer(self, values: Mapping[str, Any]) -> Any:
        """What the template renders to with these values, read."""
        (manifest,) = self._engine.render([json.dumps(values, ensure_ascii=False)], Release()).manifests
        return yaml.safe_load(manifest.text)


class Interpreter:
    """What the include says of another chart's values by the schema in its templates, which stand alone in a chart."""

    def __init__(self, folder: Path) -> None:
        self._validations = Validations(folder, ALL_PROBLEMS)

    def problems(self, cases: Sequence[Mapping[str, Any]]) -> list[list[dict[str, str]]]:
        """The problems of each of these values: what is wrong, and the YAML to set."""
        return [answer["problems"] for answer in self._validations.answer({"cases": cases})["problems"]]

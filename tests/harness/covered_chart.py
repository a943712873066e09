"""A chart whose branches are few, and the project around it."""

from __future__ import annotations

from pathlib import Path

from .conftest import Outcome, Run
from .written_files import WrittenFiles

CONFIGURATION = """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: "*-templates", keys: ["*.yaml"]}]
contract: contract.json
argumentSets: ["sets.yaml"]
scenarios: ["scenario.yaml"]
matrix: matrix.yaml
refused: refused.yaml
"""


# Both axes are switches of the values; what is not set is false, "" or empty.
MATRIX = """\
blocks: {all: everything}
axes:
  size: {block: all, choices: {small: {}, large: {size: large}}}
  names: {block: all, choices: {none: {}, two: {names: [a, b]}}}
"""


VALUES = 'size: ""\nnames: []\nnever: false\nowner: {}\n'


class Project(WrittenFiles):
    """A chart of one template, or more, with its matrix; nothing in it is refused."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder = folder
        self._run = run
        self.write("chart/Chart.yaml", "apiVersion: v2\nname: previews\nversion: 0.1.0\n")
        self.write("chart/values.yaml", VALUES)
        self.write("helm-nested.yaml", CONFIGURATION)
        self.write("matrix.yaml", MATRIX)
        self.write("refused.yaml", "refused: []\n")
        self.write("scenario.yaml", "{}\n")
        self.write("sets.yaml", "arguments: {}\n")

    def coverage(self, template: str | None = None, *options: str) -> Outcome:
        """The command's outcome, for a chart with that template."""
        if template is not None:
            self.write("chart/templates/a.yaml", template)
        return self._run("coverage", "--config", self.folder / "helm-nested.yaml", *options)


def remarks(outcome: Outcome) -> list[str]:
    """What the table says below the templates' figures."""
    return [line.strip() for line in outcome.out.splitlines() if line.startswith("  ")]

"""A helm binary, called once a render: the reference the in-process engine is compared with."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from helm_nested.chart import Chart
from helm_nested.engine.explanation import BY_SCHEMA, explain, explain_values
from helm_nested.engine.protocol import Manifest, Release, StageOne, in_order, split_manifests
from helm_nested.engine.unloadable import fault_of_file, without_links
from helm_nested.errors import ChartError, EngineError, RenderError, ValuesError
from helm_nested.temporary_folder import temporary_folder
from helm_nested.watchdog import rendering

# What `helm template` writes before each document; a lone `---` may be a document's own.
_SOURCE = re.compile(r"^---\n# Source: (.+)\n", re.MULTILINE)


class CommandEngine:
    """`helm template` of the binary that was named."""

    def __init__(self, chart: Chart, binary: str) -> None:
        found = shutil.which(binary)
        if found is None:
            raise EngineError(
                f"the engine {binary!r} is not here: no such command on PATH, nor an executable file. "
                "Use --engine in-process, or install helm and name it: --engine /path/to/helm"
            )
        self._binary = found
        self._chart = chart
        answer = self._run(["version", "--template", "{{ .Version }}"])
        self._version = answer.stdout.strip()
        if answer.returncode != 0 or not re.fullmatch(r"v\d+\.\d+\.\d+\S*", self._version):
            said = (answer.stderr or answer.stdout).strip().partition("\n")[0]
            raise EngineError(
                f"the engine {found} does not answer as helm does to 'version': {said or 'nothing'}. "
                "Name a helm binary: --engine /path/to/helm"
            )

    @property
    def description(self) -> str:
        """Which engine and version this is, for people."""
        return f"{Path(self._binary).name} (Helm {self._version})"

    def render(self, layers: Sequence[str], release: Release) -> StageOne:
        """Render the chart; see `Engine.render`. NOTES.txt is not shown by `helm template`, so notes stay empty."""
        with temporary_folder() as folder:
            arguments = ["template", release.name, str(self._chart.path), "--namespace", release.namespace]
            arguments += ["--kube-version", release.kube_version]
            for version in release.api_versions:
                arguments += ["--api-versions", version]
            if release.is_upgrade:
                arguments.append("--is-upgrade")
            for number, layer in enumerate(layers):
                file = folder / f"values-{number}.yaml"
                file.write_text(layer, encoding="utf-8")
                arguments += ["--values", str(file)]
            with rendering():
                done = self._run(arguments)
        if done.returncode != 0:
            said = without_links(done.stderr)
            if fault := fault_of_file(self._chart.path, said):
                raise ChartError(f"Helm cannot load the chart at {self._chart.path}: {fault}")
            # The files are gone by now, and the user never saw them.
            raise _refusal(re.sub(rf"{re.escape(str(folder))}/values-\d+\.yaml", "the values file", said))
        # What stands before the first is nothing, then sources and documents take turns.
        _, *parts = _SOURCE.split(done.stdout)
        manifests: list[Manifest] = []
        for source, text in zip(parts[::2], parts[1::2], strict=True):
            manifests.extend(split_manifests(source, text))
        return StageOne(in_order(manifests), "")

    def _run(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run([self._binary, *arguments], capture_output=True, encoding="utf-8", check=False)
        except OSError as error:
            raise EngineError(f"{self._binary} could not be run: {error}. Try: {self._binary} version") from error


def _refusal(message: str) -> ValuesError | RenderError:
    if BY_SCHEMA in message or "failed to parse the values file" in message:
        return ValuesError(explain_values(message))
    return RenderError(explain(message))

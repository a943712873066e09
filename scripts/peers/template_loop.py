"""`helm template` and kubeconform in a loop, as everybody does it or with the ConfigMap's entries pulled out."""

from __future__ import annotations

import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from scripts.peers.inputs import Inputs
from scripts.peers.peer import WORKERS, Verdict, first_line, passed, run, tool
from scripts.peers.schemas import write_custom, write_kubernetes

_KEDA = "v2.21.0"
# What a user writes who wants to see YAML where a placeholder stands: most take any text, these four do not.
_STANDS_FOR = {
    "COMMAND": '["a"]',
    "MAIN_ENV": '[{"name": "A", "value": "a"}]',
    "STORAGE_DICT": 'ephemeral-storage: "1Gi"',
    "IMAGE_HASH": "a",
}
_SCHEMA = "{{ .ResourceKind }}{{ .KindSuffix }}.json"
_PLACEHOLDER = re.compile(r"\$(?:\$|\{([A-Z_]+)\})")


class TemplateLoop:
    """Every values file rendered by the helm command, then kubeconform once for each minor over all that came out."""

    def __init__(self, folder: Path, inputs: Inputs, *, entries: bool) -> None:
        """With `entries` the service templates are pulled out, filled naively and checked too."""
        self._helm, self._kubeconform = tool("helm4"), tool("kubeconform")
        self._folder, self._inputs, self._entries = folder, inputs, entries
        self._minors = inputs.configuration.claims.kubernetes_minors
        for minor in self._minors:
            write_kubernetes(folder / "schemas" / minor, minor)
        write_custom(folder / "schemas" / "keda", inputs.configuration.chart.parents[1] / "schemas" / "keda" / _KEDA)
        self.name = "helm template + kubeconform" + (", entries filled naively" if entries else "")
        helm = run([self._helm, "version", "--template", "{{.Version}}"]).stdout.strip()
        self.version = f"helm {helm}, kubeconform {run([self._kubeconform, '-v']).stdout.strip()}"
        self.sees = "objects, each alone; service templates " + (
            "with one dummy for each argument" if entries else "not"
        )

    def verdict(self, chart: Path) -> Verdict:
        """All scenarios and combinations."""
        return self._check(chart, self._inputs.all)

    def seconds(self, chart: Path) -> float:
        """Over the combinations."""
        started = time.perf_counter()
        passed(self._check(chart, self._inputs.combinations))
        return (time.perf_counter() - started) / len(self._inputs.combinations)

    def _check(self, chart: Path, values: tuple[Path, ...]) -> Verdict:
        output = self._folder / "rendered"
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir(parents=True)

        def render(file: Path) -> Verdict:
            return self._render(chart, file, output)

        with ThreadPoolExecutor(WORKERS) as pool:
            failed = [each for each in pool.map(render, values) if each.failed]
        if failed:
            return failed[0]
        for minor in self._minors:
            done = run(
                [
                    self._kubeconform, "-strict", "-n", str(WORKERS), "-skip", "VerticalPodAutoscaler",
                    "-schema-location", f"{self._folder}/schemas/{minor}/{_SCHEMA}",
                    "-schema-location", f"{self._folder}/schemas/keda/{_SCHEMA}",
                    output,
                ]
            )  # fmt: skip
            if done.returncode:
                return Verdict(True, first_line(done.stdout or done.stderr))
        return Verdict(False)

    def _render(self, chart: Path, values: Path, output: Path) -> Verdict:
        release = self._inputs.configuration.release
        done = run(
            [
                self._helm, "template", release.name, chart, "--namespace", release.namespace,
                "--kube-version", release.kube_version, "--values", values,
            ]
        )  # fmt: skip
        if done.returncode:
            return Verdict(True, first_line(done.stderr))
        (output / f"{values.stem}.yaml").write_text(done.stdout, encoding="utf-8")
        if self._entries:
            for number, text in enumerate(_entries(done.stdout)):
                (output / f"{values.stem}-{number}.yaml").write_text(text, encoding="utf-8")
        return Verdict(False)


def _entries(manifests: str) -> list[str]:
    found = []
    for document in yaml.load_all(manifests, yaml.CSafeLoader):
        if document and document["metadata"]["name"].endswith("-service-template-config"):
            found += [_PLACEHOLDER.sub(_dummy, text) for text in document["data"].values()]
    return found


def _dummy(match: re.Match[str]) -> str:
    return _STANDS_FOR.get(match[1], "1") if match[1] else "$"

"""Helm 4.2.3 inside this process: the fast engine, which loads the library and the chart once, not at every render.

Helm compiles values.schema.json anew at every render (21 ms for one of 92 KB), so the chart is rendered from an
archive without it, and the merged values are checked beforehand by `values_schema`. The options `kube_version` and
`api_versions` are in the library's C interface but not in its Python signature: this module alone calls past that
signature, and the package is pinned to the release this was written against.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path, PurePosixPath

import helm_python
from helm_python import _native
from helm_python.errors import HelmError, HelmRenderError, HelmValuesError

from helm_nested.chart import Chart
from helm_nested.digest import as_bytes, digest
from helm_nested.engine.archive import Files, members, packed
from helm_nested.engine.dependencies import require_dependencies
from helm_nested.engine.explanation import explain, explain_values
from helm_nested.engine.kube_version import require_kube_version
from helm_nested.engine.protocol import Manifest, Release, StageOne, in_order, split_manifests
from helm_nested.engine.subcharts import has_subcharts, kept_apart, showing_values, with_all_enabled
from helm_nested.engine.unloadable import quiet_about_links, unloadable
from helm_nested.errors import ChartError, DocumentError, EngineError, RenderError, ValuesError
from helm_nested.temporary_folder import temporary_folder
from helm_nested.values import Values, merge
from helm_nested.values_schema import ValuesSchema
from helm_nested.watchdog import rendering

# Go writes U+FFFD as it is, and as an escape where a byte is no UTF-8. The escape alone is found fast.
_REPLACED = r"\ufffd"
_NOT_UTF8 = re.compile(r"(?<!\\)((?:\\\\)*)\\ufffd")
# No text that Go writes as JSON has this one.
_BYTE = "\udcff"


class InProcessEngine:
    """Helm's own code, loaded as a library."""

    def __init__(self, chart: Chart) -> None:
        files = dict(loaded_files(chart.path))
        try:
            self._take(files, chart, _schema(files))
        except HelmError as error:
            raise unloadable(chart.path, error) from error
        require_dependencies(chart, self._files)

    def _take(self, files: dict[PurePosixPath, bytes], chart: Chart, schema: ValuesSchema | None) -> None:
        self._files = files
        self._bare = _bare(files)
        self._schema = schema
        self._chart = chart

    def __reduce__(self) -> tuple[object, ...]:
        """How another process gets the same chart, whatever has become of its files meanwhile."""
        return _unpacked, (self._files, self._chart)

    def templates(self) -> dict[str, str]:
        """The sources of the chart's own templates by their path in the chart, those of subcharts left out.

        Raises:
            ChartError: one of them is no UTF-8.
        """
        found = {}
        for path, content in self._files.items():
            if len(path.parts) > 2 and path.parts[1] == "templates":  # CHART/templates/...
                inside = str(PurePosixPath(*path.parts[1:]))
                try:
                    found[inside] = content.decode("utf-8")
                except UnicodeDecodeError as error:
                    raise ChartError(
                        f"{inside} is not UTF-8: {error.reason} at byte {error.start}. Save it as UTF-8, or move it "
                        "out of templates/."
                    ) from error
        return found

    @property
    def subchart_templates(self) -> int:
        """How many templates its subcharts have."""
        return sum("templates" in path.parts[3:] for path in self._files if path.parts[1] == "charts")

    def with_templates(self, texts: Mapping[str, str]) -> InProcessEngine:
        """An engine with the same chart in which these templates, by their path in the chart, have other sources."""
        root = next(iter(self._files)).parts[0]
        sources = {PurePosixPath(root, path): text.encode("utf-8") for path, text in texts.items()}
        # The schema is the same one: to compile it takes as long as a render.
        return _made({**self._files, **sources}, self._chart, self._schema)

    @property
    def description(self) -> str:
        """Which engine and version this is, for people."""
        return f"in-process (Helm {_native.helm_sdk_version()})"

    @cached_property
    def digest(self) -> str:
        """The digest of the chart as it was loaded: what is on disk may be another one by now."""
        files = chain.from_iterable((as_bytes(str(path)), content) for path, content in sorted(self._files.items()))
        return digest(as_bytes(repr(self._chart.metadata)), *files).hex()

    @property
    def chart_path(self) -> Path:
        """Where the chart was loaded from."""
        return self._chart.path

    def render(self, layers: Sequence[str], release: Release) -> StageOne:
        """Render the chart; see `Engine.render`."""
        return _stage_one(self.render_texts(self.merged(layers), release))

    def merged(self, layers: Sequence[str]) -> Values:
        """The values files as one map, the last one wins.

        Raises:
            ValuesError: one of them is no YAML map.
        """
        values: Values = {}
        for layer in layers:
            values = merge(values, _parsed(layer))
        return values

    def default_values(self) -> Values:
        """The chart's own values.yaml."""
        try:
            values: Values = self._bare.values
        except RecursionError as error:
            raise ChartError("the chart's values.yaml is nested too deeply. Write it with fewer levels.") from error
        return values

    def known_values(self) -> Values:
        """The chart's own values and those of its subcharts, also of such as are switched off."""
        if has_subcharts(self._files):
            # Of what is always off Helm may be unable to merge the values.
            with suppress(HelmError, DocumentError, ValuesError):
                return _made(dict(with_all_enabled(self._files)), self._chart, None).effective({})
        return self.default_values()

    def words(self, path: Sequence[str]) -> tuple[object, ...]:
        """What the chart's schema allows at that path of the values, if it lists it; nothing otherwise."""
        return self._schema.words(path) if self._schema is not None else ()

    def template_sources(self) -> Iterator[str]:
        """The text of every template as it is written, subcharts' among them."""
        for path, content in self._files.items():
            if "templates" in path.parts:
                yield content.decode("utf-8", "replace")

    def effective(self, values: Values) -> Values:
        """The values as templates see them: the chart's own, these merged over them, with those of its subcharts.

        Raises:
            ValuesError: Helm cannot merge them.
        """
        try:
            merged: Values = json.loads(self._merged_by_helm(json.dumps(values)))
        except HelmError as error:
            raise ValuesError(f"Helm cannot merge the values: {error}. Correct the values file.") from error
        except RecursionError as error:
            raise ValuesError("the values are nested too deeply. Write them with fewer levels.") from error
        return merged

    def _merged_by_helm(self, values: str) -> str:
        if not has_subcharts(self._files):
            return _native.call_string("helm_chart_merge_values", self._bare._raw(), values)  # noqa: SLF001
        # That function knows no aliases, conditions and `import-values`: Helm looks at them when it renders.
        chart = helm_python.Chart.load_archive(packed(showing_values(self._files)))
        options = json.dumps({"name": "release", "namespace": "default"})
        answer: dict[str, str] = json.loads(
            _native.call_string("helm_render", chart._raw(), values, options)  # noqa: SLF001
        )
        (shown,) = answer.values()
        return shown

    def render_texts(self, values: Values, release: Release) -> dict[str, str]:
        """The rendered text of each template by its path, for values that are parsed already; see `Engine.render`."""
        self.require_acceptable(values, release)
        answer = self.render_bare(json.dumps(values), release)
        if _REPLACED in answer and _NOT_UTF8.search(answer):
            _refuse_other_bytes(answer)
        texts: dict[str, str] = json.loads(answer)
        return texts

    def render_bare(self, values: str, release: Release) -> str:
        """What the engine itself gives for values as JSON: a JSON map of texts, the schema not looked at."""
        options = {
            "name": release.name,
            "namespace": release.namespace,
            "kube_version": release.kube_version,
            "api_versions": list(release.api_versions),
            "is_install": not release.is_upgrade,
            "is_upgrade": release.is_upgrade,
        }
        chart = self._to_render()  # held as long as it is rendered
        try:
            with rendering():
                return _native.call_string(
                    "helm_render",
                    chart._raw(),  # noqa: SLF001 - see above
                    values,
                    json.dumps(options),
                )
        except HelmRenderError as error:
            raise RenderError(explain(str(error))) from error
        except HelmValuesError as error:
            raise ValuesError(explain_values(str(error))) from error
        except HelmError as error:
            raise EngineError(f"the in-process engine failed: {error}. Compare with: --engine helm") from error

    def _to_render(self) -> helm_python.Chart:
        """The chart for one rendering: Helm takes the subcharts that values switch off out of it, for good."""
        return _bare(self._files) if has_subcharts(self._files) else self._bare

    def require_acceptable(self, values: Values, release: Release) -> None:
        """Accept values and release as far as Helm does before it looks at a template.

        Raises:
            ValuesError: values.schema.json refuses the values as Helm merges them with the chart's own.
            RenderError: the chart is not for that Kubernetes version.
        """
        require_kube_version(self._chart, release.kube_version)
        if self._schema is not None:
            self._schema.check(self.effective(values))


def _unpacked(files: dict[PurePosixPath, bytes], chart: Chart) -> InProcessEngine:
    return _made(files, chart, _schema(files))


def _made(files: dict[PurePosixPath, bytes], chart: Chart, schema: ValuesSchema | None) -> InProcessEngine:
    engine = InProcessEngine.__new__(InProcessEngine)
    engine._take(files, chart, schema)  # noqa: SLF001 - its own
    return engine


@lru_cache(maxsize=4096)
def _parsed(layer: str) -> Values:
    if not layer.strip():
        return {}
    if "\0" in layer:
        # The library would read the text only as far as that.
        raise ValuesError("the values hold the control character U+0000. Correct the values file.")
    try:
        return helm_python.chart.values_from_yaml(layer)
    except HelmValuesError as error:
        raise ValuesError(f"the values are not a YAML map: {error}. Correct the values file.") from error


def _refuse_other_bytes(answer: str) -> None:
    texts: dict[str, str] = json.loads(_NOT_UTF8.sub(rf"\1{_BYTE}", answer))
    for source, text in texts.items():
        if _BYTE in text and PurePosixPath(source).name != "NOTES.txt":
            line = text[: text.index(_BYTE)].count("\n") + 1
            raise RenderError(
                f"{source} as rendered: line {line}: a byte that is not UTF-8, which Helm refuses.\n"
                "Save the template, or the file that it brings, as UTF-8; write other data with b64enc."
            )


def loaded_files(chart: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The files that Helm reads of a chart, below a folder of its name: not what .helmignore leaves out.

    Raises:
        ChartError: Helm cannot load the chart.
    """
    try:
        with temporary_folder() as folder, quiet_about_links(chart):
            archive = Path(helm_python.Chart.load(chart).save(folder)).read_bytes()
    except HelmError as error:
        raise unloadable(chart, error) from error
    return kept_apart(members(archive))


def _is_schema(path: PurePosixPath) -> bool:
    """Whether this is the chart's own schema; those of subcharts are left to Helm, which knows when they count."""
    return path.name == "values.schema.json" and len(path.parts) == 2


def _bare(files: Files) -> helm_python.Chart:
    """The chart of these files without its schema."""
    return helm_python.Chart.load_archive(
        packed({path: content for path, content in files.items() if not _is_schema(path)})
    )


def _schema(files: Files) -> ValuesSchema | None:
    return next((ValuesSchema(content) for path, content in files.items() if _is_schema(path)), None)


def _stage_one(texts: dict[str, str]) -> StageOne:
    notes = ""
    manifests: list[Manifest] = []
    for source, text in texts.items():
        if PurePosixPath(source).name == "NOTES.txt":
            # A subchart's notes are not shown by helm unless asked for.
            notes = text if source.count("/") == 2 else notes  # chart/templates/NOTES.txt
        else:
            manifests.extend(split_manifests(source, text))
    return StageOne(in_order(manifests), notes)

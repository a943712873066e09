"""What of the release and the cluster changes the output but is varied by no axis: a hole in the matrix.

A use is told with the templates whose text it changes, or with the template that refuses to render: what the
configuration accepts of one template hides nothing in another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import TYPE_CHECKING

from helm_nested.chart import Chart
from helm_nested.engine import Release
from helm_nested.engine.kube_version import require_kube_version
from helm_nested.engine.release_map import ReleaseMap, released
from helm_nested.errors import HelmNestedError, RenderError
from helm_nested.findings.finding import Finding
from helm_nested.findings.rendered_scenario import RenderedScenario
from helm_nested.matrix.axes import Matrix

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# Two names and two namespaces, so that one of them is not the release's; the second are as long as Helm and Kubernetes
# allow.
_NAMES = ("other", "other" * 10 + "xyz")  # 53 = 5 * 10 + 3
_NAMESPACES = ("other", "other" * 12 + "xyz")  # 63 = 5 * 12 + 3
# What a chart asks for, and everything that looks like an API version: it may be put together, or stand in a variable.
_ASKED = re.compile(r"""APIVersions\.Has\s*\(?\s*["`]([^"`]+)["`]""")
_API_VERSION = re.compile(
    r"(?<![\w./-])((?:[a-z0-9][-a-z0-9]*\.)*[a-z0-9][-a-z0-9]*/v\d+(?:(?:alpha|beta)\d+)?)(/[A-Z]\w*)?(?![\w/.-])"
)
_KIND = re.compile(r"\bkind:\s*([A-Z]\w*)")
# What `explain` makes of a failed template.
_REFUSING = re.compile(r"the chart refuses these values \((\S+), line \d+\):|a template failed \((\S+), line \d+\)\.")
_SAID = 400
# By this a template can come to the API versions: not by what else it reads of the capabilities, if it names that.
_CAPABILITIES = re.compile(r"Capabilities(?!\.(?:KubeVersion|HelmVersion)\b)")


@dataclass(frozen=True)
class _Change:
    """One thing said otherwise of a release: in words, and as a fragment of the map of a release that has it."""

    field: str
    words: str
    made: Callable[[Release], ReleaseMap]

    @property
    def path(self) -> str:
        """Where it is, as a finding says it."""
        return f"release.{self.field}"


@dataclass(frozen=True)
class _Use:
    """What one change does to one scenario: the keys of a finding, and what comes of it in words."""

    keys: Sequence[str]
    words: str


def unvaried_release(
    matrix: Matrix,
    engine: InProcessEngine,
    chart: Chart,
    rendered: Sequence[RenderedScenario],
    release: Release,
    minors: Sequence[str],
    accepts: Callable[[Finding], bool],
) -> list[Finding]:
    """A finding for each thing about the release that changes something rendered and that no choice sets.

    It is of the first use that is not accepted. `accepts` is asked about each use, one template at a time.

    `rendered` are the scenarios, and combinations in which any two choices meet: a template may ask under one alone.

    Changed are its name, its namespace, install for upgrade, the Kubernetes version to each of `minors` that the chart
    claims, and the API versions: each that the templates name is added, each of the release's own taken away.
    """

    def change_together(versions: Sequence[str]) -> bool:
        return any(_use(engine, _adding(versions), scenario) for scenario in rendered)

    def found(changes: Sequence[_Change]) -> Finding | None:
        for change in changes:
            for scenario in rendered:
                use = _use(engine, change, scenario)
                finding = _finding(change, scenario, use) if use else None
                if finding and (new := [key for key in finding.keys if not accepts(replace(finding, keys=(key,)))]):
                    return replace(finding, keys=tuple(new))
        return None

    added = asked_for(_addable(matrix, engine, release), change_together)
    every = [*_changes(matrix, chart, release, minors), *([_adding([version])] for version in added)]
    return [finding for finding in map(found, every) if finding is not None]


def asked_for(versions: Sequence[str], change_together: Callable[[Sequence[str]], bool]) -> list[str]:
    """Those of the versions that change something, in order, by few questions about several of them together.

    Two halves of them are asked about for each bit of their numbers: so each version is asked about without each
    other one, which may hide what it changes.
    """
    asked: set[str] = set()

    def search(group: Sequence[str]) -> None:
        if not group or not change_together(group):
            return
        if len(group) == 1:
            asked.add(group[0])
            return
        middle = len(group) // 2
        search(group[:middle])
        search(group[middle:])

    for bit in range(max((len(versions) - 1).bit_length(), 1)):
        for side in (0, 1):
            half = [version for number, version in enumerate(versions) if number >> bit & 1 == side]
            search([version for version in half if version not in asked])
    return [version for version in versions if version in asked]


def _changes(matrix: Matrix, chart: Chart, release: Release, minors: Sequence[str]) -> Iterator[list[_Change]]:
    """Changes of what no axis varies; of several in one list the first that changes the output is enough."""
    choices = [choice.release for axis in matrix.axes for choice in axis.choices]
    varied = {field for choice in choices for field in choice}
    if "name" not in varied:
        yield [_to("name", name) for name in _NAMES if name != release.name]
    if "namespace" not in varied:
        yield [_to("namespace", namespace) for namespace in _NAMESPACES if namespace != release.namespace]
    if "isUpgrade" not in varied:
        other = not release.is_upgrade
        yield [_Change("isUpgrade", _is_upgrade(other), lambda _release: {"isUpgrade": other})]
    if "kubeVersion" not in varied:
        versions = [version for version in map(_of_minor, minors) if _is_claimed(chart, version)]
        yield [_to("kubeVersion", version) for version in versions if version != release.kube_version]
    named = [choice["apiVersions"] for choice in choices if "apiVersions" in choice]
    for each in release.api_versions:
        if all(each in versions for versions in named):
            yield [_taking(each)]


def _addable(matrix: Matrix, engine: InProcessEngine, release: Release) -> list[str]:
    """The API versions that the templates may ask for and that neither the release nor a choice has."""
    sources = list(engine.template_sources())
    if not any(_CAPABILITIES.search(source) for source in sources):
        return []
    choices = [choice.release.get("apiVersions", ()) for axis in matrix.axes for choice in axis.choices]
    known = {*release.api_versions, *(version for versions in choices for version in versions)}
    return [version for version in _api_versions(sources) if version not in known]


def _adding(versions: Sequence[str]) -> _Change:
    words = f"adding {', '.join(map(repr, versions))}"
    return _Change("apiVersions", words, lambda release: {"apiVersions": [*release.api_versions, *versions]})


def _taking(version: str) -> _Change:
    def made(release: Release) -> ReleaseMap:
        return {"apiVersions": [other for other in release.api_versions if other != version]}

    return _Change("apiVersions", f"taking {version!r} away", made)


def _to(field: str, value: str) -> _Change:
    return _Change(field, f"changing it to {value!r}", lambda _release: {field: value})


def _is_upgrade(is_upgrade: bool) -> str:
    return "an upgrade instead of an install" if is_upgrade else "an install instead of an upgrade"


def _of_minor(minor: str) -> str:
    return f"v{minor.removeprefix('v')}.0"


def _is_claimed(chart: Chart, version: str) -> bool:
    try:
        require_kube_version(chart, version)
    except RenderError:
        return False
    return True


def _api_versions(sources: Sequence[str]) -> list[str]:
    """The API versions that the templates may ask for: those they name, alone and with every kind they name."""
    found: set[str] = set()
    kinds = {kind for source in sources for kind in _KIND.findall(source)}
    for source in sources:
        found.update(_ASKED.findall(source))
        for version, kind in _API_VERSION.findall(source):
            found.update([version, version + kind], (f"{version}/{each}" for each in kinds))
    return sorted(found)


def _use(engine: InProcessEngine, change: _Change, rendered: RenderedScenario) -> _Use | None:
    release = rendered.release
    try:
        changed = rendered.changed(engine, rendered.values, released(release, change.made(release)))
    except HelmNestedError as error:
        place = _REFUSING.match(str(error))
        said = str(error)[place.end() :] if place else str(error)
        key = f"refused in {place[1] or place[2]}" if place else "refused"
        return _Use([key], f"has {rendered.words} refused ({shorten(said, _SAID)})")
    return _Use(changed, f"changes what {rendered.words} renders") if changed else None


def _finding(change: _Change, rendered: RenderedScenario, use: _Use) -> Finding:
    finding = Finding.of_values(
        "unvaried-release",
        "What a chart reads of the release or the cluster is varied by an axis, else its combinations go unseen.",
        change.path,
        f"{change.words} {use.words}, and no axis of the matrix sets it: add one 'of: release'",
        rendered.values,
        {**rendered.release_map, **change.made(rendered.release)},
    )
    return replace(finding, keys=tuple(use.keys))

"""The shape of render.json: everything one run rendered, each text and each template once."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from nested_templates.contract import Position


class ChartRecord(TypedDict):
    """The chart that was rendered."""

    name: str
    version: str


class ReleaseRecord(TypedDict):
    """What Helm was told about the release and the cluster."""

    name: str
    namespace: str
    kubeVersion: str


class ManifestRecord(TypedDict):
    """One object of stage one, the chart's template it came from, and the id of its text."""

    source: str
    kind: str
    name: str
    text: str


class PlaceholderSegment(TypedDict):
    """The place in a service template where an argument is spliced in."""

    placeholder: str


SegmentRecord: TypeAlias = str | PlaceholderSegment


class ServiceTemplateRecord(TypedDict):
    """One service template: the object that carries it, its key there, and the id of its segments.

    Of a dialect other than string-template nothing can be spliced: there is one segment, and `filled` has the ids of
    the filled texts by argument set.
    """

    owner: str
    key: str
    template: str
    filled: NotRequired[dict[str, str]]


class ScenarioRecord(TypedDict):
    """One scenario and all it leads to; its title is the first comment line of its values file."""

    name: str
    title: str
    files: list[str]
    values: str
    manifests: list[ManifestRecord]
    notes: str
    serviceTemplates: list[ServiceTemplateRecord]


class ArgumentSetRecord(TypedDict):
    """One argument set: each argument as the text that is spliced in, and globs of the keys it is not for."""

    name: str
    description: str
    skip: list[str]
    encoded: dict[str, str]


class PlaceholderRecord(TypedDict):
    """What the contract says of one placeholder."""

    description: str
    position: Position
    supplier: str
    unit: str | None


class Review(TypedDict):
    """One run; a filled text is its template's literals and encoded arguments, concatenated, or recorded as it is."""

    format: Literal[1]
    chart: ChartRecord
    engine: str
    release: ReleaseRecord
    scenarios: list[ScenarioRecord]
    texts: dict[str, str]
    templates: dict[str, list[SegmentRecord]]
    argumentSets: list[ArgumentSetRecord]
    placeholders: dict[str, PlaceholderRecord]

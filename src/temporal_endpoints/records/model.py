"""What the records hold, as values: nothing here changes when the database does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from temporal_endpoints.identifier import resource_name
from temporal_endpoints.specification import Specification

UPDATE_PENDING = "UPDATE_PENDING"
UPDATE_IN_PROGRESS = "UPDATE_IN_PROGRESS"
UPDATE_FAILED = "UPDATE_FAILED"
READY = "READY"
DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"
# Of all conditions this one alone is no good news when it is true.
CHANGED_BY_HAND = "ChangedByHand"


class ObjectKey(NamedTuple):
    """Where one object is in the cluster."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> ObjectKey:
        """Where this document belongs."""
        metadata = document["metadata"]
        return cls(document["apiVersion"], document["kind"], metadata["namespace"], metadata["name"])

    def __str__(self) -> str:
        """As people write it: `Deployment/name`."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class ObjectRecord:
    """An object of an endpoint: see ObjectRow.

    Attributes:
        version: the object's resource version in the answer that this follows from; it is not recorded.
    """

    key: ObjectKey
    uid: str | None = None
    filled: str | None = None
    settled: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Bundle:
    """An image and how it is started: `flavor` is Launch's `runnable_image` as it was asked for."""

    id: str
    name: str
    owner: str
    created_by: str
    created_at: datetime
    schema_location: str | None
    metadata: Mapping[str, Any]
    flavor: Mapping[str, Any]

    @property
    def image(self) -> str:
        """The image with its tag or digest."""
        repository, tag = self.flavor["repository"], self.flavor["tag"]
        return f"{repository}@{tag}" if str(tag).startswith("sha256:") else f"{repository}:{tag}"


@dataclass(frozen=True)
class Revision:
    """One generation of an endpoint."""

    generation: int
    bundle_id: str
    template_set: str
    specification: Specification
    cause: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class Condition:
    """One thing that is said of an endpoint, as Kubernetes writes conditions."""

    type: str
    status: str
    reason: str
    message: str
    since: str = ""

    @property
    def is_warning(self) -> bool:
        """Whether somebody should know of it."""
        return self.status == ("True" if self.type == CHANGED_BY_HAND else "False")


@dataclass(frozen=True)
class Workers:
    """The workers as they were last seen."""

    available: int
    unavailable: int


@dataclass(frozen=True)
class Endpoint:
    """An endpoint with its newest revision and that one's bundle."""

    id: str
    name: str
    owner: str
    created_by: str
    namespace: str
    created_at: datetime
    last_updated_at: datetime
    generation: int
    deleted_at: datetime | None
    observed_generation: int
    status: str
    conditions: Sequence[Condition]
    workers: Workers | None
    revision: Revision
    bundle: Bundle

    @property
    def build(self) -> str | None:
        """What Temporal calls the version of its workers: the bundle's id; None without versions."""
        return None if self.specification.versioning == "none" else self.bundle.id

    @property
    def resource_name(self) -> str:
        """The name that its objects bear, those of its newest build."""
        return resource_name(self.id, self.build)

    @property
    def specification(self) -> Specification:
        """What its newest revision asks for."""
        return self.revision.specification


@dataclass(frozen=True)
class Snapshot:
    """All that a plan follows from: the endpoint, the texts of its templates, its objects.

    Attributes:
        older: the endpoint as it was with each older build that still has objects, and the texts of its templates then.
    """

    endpoint: Endpoint
    texts: Mapping[str, str]
    objects: Sequence[ObjectRecord]
    older: Sequence[tuple[Endpoint, Mapping[str, str]]] = ()


@dataclass(frozen=True)
class Ramp:
    """How a new build gets the new work of an endpoint that has an older one.

    Attributes:
        steps: which parts of it in percent, rising; none: all at once.
        seconds: how long each of them lasts; 0: until something else is asked for.
    """

    steps: Sequence[int] = ()
    seconds: int = 0


ALL_AT_ONCE = Ramp()


@dataclass(frozen=True)
class QueueRecord:
    """Where an endpoint's work comes from, and how much of it one worker is meant for.

    Attributes:
        build: the one that is to take the new work; None without versions.
        ramp: how it gets it.
    """

    endpoint_id: str
    task_queue: str
    per_worker: int
    build: str | None = None
    ramp: Ramp = ALL_AT_ONCE


@dataclass(frozen=True)
class Departure:
    """The worker deployment of a deleted endpoint that Temporal still knows, in this namespace or the default one."""

    endpoint_id: str
    namespace: str | None


@dataclass(frozen=True)
class Event:
    """Something that happened to an endpoint."""

    at: datetime
    type: str
    reason: str
    message: str

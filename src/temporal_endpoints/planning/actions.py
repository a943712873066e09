"""What can be done to the cluster and its records, one object at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from temporal_endpoints.planning.documents import Document
from temporal_endpoints.records.model import ObjectKey


@dataclass(frozen=True)
class Create:
    """Make an object that is not there; one that appears meanwhile is left alone.

    Attributes:
        replicas: how many workers a Deployment begins with, if its scaler decides on them. The server would set 1.
    """

    key: ObjectKey
    document: Document
    replicas: int | None = None

    @property
    def begun(self) -> Document:
        """The document as it is made, with the number of replicas that it does not keep."""
        if self.replicas is None:
            return self.document
        return {**self.document, "spec": {**self.document["spec"], "replicas": self.replicas}}


@dataclass(frozen=True)
class Update:
    """Bring this very object to the document; another one of the same name is left alone."""

    key: ObjectKey
    document: Document
    uid: str


@dataclass(frozen=True)
class Hold:
    """Keep the number of replicas as it is when we leave it out, until a scaler writes it."""

    key: ObjectKey
    uid: str
    replicas: int


@dataclass(frozen=True)
class Delete:
    """Remove this very object."""

    key: ObjectKey
    uid: str


@dataclass(frozen=True)
class Forget:
    """The object is not there any more: it leaves the records."""

    key: ObjectKey


@dataclass(frozen=True)
class Finish:
    """Nothing of the deleted endpoint is left: it leaves the records."""


Action = Create | Update | Hold | Delete | Forget | Finish


@dataclass(frozen=True)
class Plan:
    """What is to be done now, in this order, and what has to happen before more can be.

    Attributes:
        waiting: the objects that have to vanish first.
        collisions: objects of others that stand where ours should.
    """

    actions: Sequence[Action] = field(default_factory=tuple)
    waiting: Sequence[ObjectKey] = field(default_factory=tuple)
    collisions: Sequence[ObjectKey] = field(default_factory=tuple)

"""A view of what is in the cluster: listed, then followed by watches, and listed again where a watch lost track."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from threading import Event, Lock, Thread

from temporal_endpoints.errors import TemporalEndpointsError
from temporal_endpoints.kubernetes.client import (
    ExpiredError,
    KindAbsentError,
    Kubernetes,
    Object,
    UnreachableError,
)
from temporal_endpoints.planning.documents import LABEL
from temporal_endpoints.records.model import ObjectKey

_LOG = logging.getLogger(__name__)
# What endpoints have; anything else that templates lead to is asked for one by one.
WATCHED = (
    ("v1", "ConfigMap"),
    ("apps/v1", "Deployment"),
    ("policy/v1", "PodDisruptionBudget"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("keda.sh/v1alpha1", "TriggerAuthentication"),
    ("autoscaling.k8s.io/v1", "VerticalPodAutoscaler"),
    ("v1", "Pod"),
)
# Kubernetes writes into the status of each, whenever a pod comes or goes, what nobody reads here.
_STATUS_IS_NO_NEWS = {"PodDisruptionBudget"}
_PAUSE_SECONDS = 1.0
# How often a kind that is not installed is looked for again.
_ABSENT_SECONDS = 30.0
# An answer is learned within seconds; in these no more is deleted.
_DELETED_KEPT = 10_000


class _Followed:
    """One kind: its objects by endpoint and by place, and whether they were listed."""

    def __init__(self, api_version: str, kind: str) -> None:
        self.api_version, self.kind = api_version, kind
        self.tried = Event()
        self.listed = False
        # Whether nothing has failed since it was listed, so that what is known is so now.
        self.current = False
        self.objects: dict[ObjectKey, Object] = {}
        self._places: dict[str, set[ObjectKey]] = {}
        # At which version an object was deleted: an answer that is older than that is not learned any more.
        self._deleted: dict[ObjectKey, int] = {}

    def of(self, endpoint_id: str) -> dict[ObjectKey, Object]:
        """The objects of one endpoint."""
        return {key: self.objects[key] for key in self._places.get(endpoint_id, ())}

    def endpoint_ids(self) -> set[str]:
        """Every endpoint that has some."""
        return {endpoint_id for endpoint_id, places in self._places.items() if places}

    def put(self, key: ObjectKey, live: Object) -> bool:
        """The object as it is now, unless that or something newer is known of it; whether that is news."""
        known = self.objects.get(key)
        newest = max(_version(known) if known else 0, self._deleted.get(key, 0))
        if _version(live) <= newest:
            return False
        self.remove(key)
        self._deleted.pop(key, None)
        self.objects[key] = live
        self._places.setdefault(_endpoint_of(live), set()).add(key)
        if known is None or key.kind not in _STATUS_IS_NO_NEWS:
            return True
        return _beside_status(known) != _beside_status(live)

    def remove(self, key: ObjectKey, version: int = 0) -> None:
        """The object is gone, at this version."""
        known = self.objects.pop(key, None)
        if known is not None:
            self._places[_endpoint_of(known)].discard(key)
        if version:
            self._deleted[key] = version
            while len(self._deleted) > _DELETED_KEPT:
                del self._deleted[next(iter(self._deleted))]


class View:
    """The objects of one namespace that bear an endpoint's label.

    Args:
        changed: is called with the endpoint's id whenever one of its objects has changed.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        namespace: str,
        changed: Callable[[str], None],
        kinds: Sequence[tuple[str, str]] = WATCHED,
    ) -> None:
        self._kubernetes = kubernetes
        self._namespace = namespace
        self._changed = changed
        self._lock = Lock()
        self._stopping = Event()
        self._followed = {kind: _Followed(*kind) for kind in kinds}
        self._threads = [
            Thread(target=self._follow, args=(each,), name=f"watch {each.kind}", daemon=True)
            for each in self._followed.values()
        ]

    def start(self) -> None:
        """Begin to follow."""
        for thread in self._threads:
            thread.start()

    def look(self) -> None:
        """See everything once, as it is now.

        Raises:
            UnreachableError: the server gives no answer.
            RefusedByServerError: it refuses one of the lists.
        """
        for followed in self._followed.values():
            try:
                self._list(followed)
            except KindAbsentError:
                followed.listed = True

    def stop(self) -> None:
        """Follow no more; what waits for the server ends with its connection."""
        self._stopping.set()

    def wait(self, seconds: float) -> bool:
        """Whether every kind was listed, or could not be, within that time."""
        end = time.monotonic() + seconds
        return all(each.tried.wait(max(end - time.monotonic(), 0.0)) for each in self._followed.values())

    def of(self, endpoint_id: str) -> dict[ObjectKey, Object]:
        """All that bears this endpoint's label, pods among them."""
        with self._lock:
            return {key: live for each in self._followed.values() for key, live in each.of(endpoint_id).items()}

    def endpoint_ids(self) -> set[str]:
        """Every endpoint that an object bears the label of."""
        with self._lock:
            return set().union(*(each.endpoint_ids() for each in self._followed.values()))

    def is_watched(self, key: ObjectKey) -> bool:
        """Whether objects of that kind are followed, so that one that is not seen bears no label."""
        followed = self._followed.get((key.api_version, key.kind))
        return followed is not None and followed.listed

    def is_current(self, api_version: str, kind: str) -> bool:
        """Whether that kind is known as it is now, as far as the connection to the server tells."""
        return self._followed[api_version, kind].current

    def learn(self, live: Object) -> None:
        """What the server has just answered: the watch may tell it later."""
        key = ObjectKey.of(live)
        followed = self._followed.get((key.api_version, key.kind))
        if followed is not None:
            with self._lock:
                followed.put(key, live)

    def unlearn(self, key: ObjectKey, uid: str | None = None) -> None:
        """The object, or whichever is known under that name, is gone, as the server has just answered."""
        followed = self._followed.get((key.api_version, key.kind))
        if followed is not None:
            with self._lock:
                known = followed.objects.get(key)
                if known is not None and uid in (None, known["metadata"]["uid"]):
                    followed.remove(key)

    def _follow(self, followed: _Followed) -> None:
        since = ""
        while not self._stopping.is_set():
            pause = _PAUSE_SECONDS
            try:
                since = since or self._list(followed)
                since = self._watch(followed, since)
                pause = 0.0
            except ExpiredError:
                _LOG.info("the watch of %s lost track; listing again", followed.kind)
                followed.current, since = False, ""
            except UnreachableError as error:
                # A watch tells nothing until something happens; a list says at once that the server is back.
                _LOG.debug("%s", error)
                followed.current, since = False, ""
            except KindAbsentError:
                self._replace(followed, [])
                followed.listed, since, pause = True, "", _ABSENT_SECONDS
                followed.tried.set()
            except TemporalEndpointsError as error:
                _LOG.warning("%s cannot be watched: %s", followed.kind, error)
                followed.listed, followed.current, since = False, False, ""
                followed.tried.set()
            self._stopping.wait(pause)

    def _list(self, followed: _Followed) -> str:
        found, version = self._kubernetes.list(followed.api_version, followed.kind, self._namespace, LABEL)
        self._replace(followed, found)
        followed.listed = followed.current = True
        followed.tried.set()
        return version

    def _watch(self, followed: _Followed, since: str) -> str:
        events = self._kubernetes.watch(followed.api_version, followed.kind, self._namespace, LABEL, since)
        for kind, live in events:
            since = str(live["metadata"]["resourceVersion"])
            if self._stopping.is_set():
                break
            if kind != "BOOKMARK":
                self._take(followed, kind, {"apiVersion": followed.api_version, "kind": followed.kind, **live})
        return since

    def _take(self, followed: _Followed, kind: str, live: Object) -> None:
        key, is_news = ObjectKey.of(live), True
        with self._lock:
            before = followed.objects.get(key)
            if kind == "DELETED":
                followed.remove(key, _version(live))
            else:
                is_news = followed.put(key, live)
        # The watch tells of our own writes as well, whose answers were learned by who looks at the endpoint.
        if is_news:
            # A label that was changed takes it away from another one.
            for endpoint_id in dict.fromkeys(_endpoint_of(each) for each in (live, before or live)):
                self._changed(endpoint_id)

    def _replace(self, followed: _Followed, found: Iterable[Object]) -> None:
        """What was listed is all there is."""
        objects = {ObjectKey.of(live): live for live in found}
        with self._lock:
            before = followed.objects.copy()
            for key in before.keys() - objects.keys():
                followed.remove(key)
            for key, live in objects.items():
                followed.put(key, live)
        differing = {
            _endpoint_of(live)
            for one, other in ((before, objects), (objects, before))
            for key, live in one.items()
            if key not in other or _version(other[key]) != _version(live)
        }
        for endpoint_id in differing:
            self._changed(endpoint_id)


def _endpoint_of(live: Object) -> str:
    return str((live["metadata"].get("labels") or {}).get(LABEL, ""))


def _beside_status(live: Object) -> Object:
    """The object without its status, who wrote that, and the version, which is another one after each write."""
    metadata = {key: value for key, value in live["metadata"].items() if key != "resourceVersion"}
    managed = [each for each in metadata.pop("managedFields", None) or () if each.get("subresource") != "status"]
    return {**live, "status": None, "metadata": {**metadata, "managedFields": managed}}


def _version(live: Object) -> int:
    """Resource versions of one kind are ordered since Kubernetes 1.35, and were so before."""
    return int(live["metadata"]["resourceVersion"])

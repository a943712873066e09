"""Marks on pods: busy ones are dear and idle ones cheap where they differ, written on change alone and by who leads."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from temporal_endpoints.kubernetes.view import View
from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.protection import Heed, Observation, Trigger, of
from temporal_endpoints.planning.drains import IDLE
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.reconciling.marks import COST, ON_NODES, Marks
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.model import ObjectKey
from temporal_endpoints.records.progress import Progress

from .api_server import ApiServer, client, serving
from .recorded import NAMESPACE
from .simulated_cluster import ServerRefusalError

ENDPOINT = "end_1"
MINE, OTHER = "temporal-endpoints-x-marks", "somebody"
SAFE, UNDISTURBED = ON_NODES


def place(name: str) -> ObjectKey:
    """Where a pod is."""
    return ObjectKey("v1", "Pod", NAMESPACE, name)


class Marked:
    """A server with pods of one endpoint, and who marks them."""

    def __init__(self, api: ApiServer, address: str, folder: Path) -> None:
        self.api = api
        self.kubernetes = client(address)
        self.view = View(self.kubernetes, NAMESPACE, lambda _endpoint_id: None, kinds=[("v1", "Pod")])
        self.database = Database(f"sqlite:///{folder / 'records.db'}")
        self.database.migrate()
        self.lease = Lease(Progress(self.database), "one", 60.0)
        assert self.lease.renew()

    def close(self) -> None:
        """Close what is open."""
        self.kubernetes.close()
        self.database.close()

    def pods(self, *names: str, **annotations: str) -> None:
        """Pods that are there, with annotations of somebody else."""
        for name in names:
            metadata = {"name": name, "namespace": NAMESPACE, "labels": {"endpoint_id": ENDPOINT}}
            document = {"apiVersion": "v1", "kind": "Pod", "metadata": {**metadata, "annotations": annotations}}
            self.api.cluster.apply(document, OTHER)

    def bring(self, states: Mapping[str, Work], heed: Heed = Heed.HEARD, **asked: bool) -> Marks:
        """Mark the pods by what they do, after a fresh look at the server; `unmarked` has what was answered."""
        self.view.look()
        uids = {key.name: live["metadata"]["uid"] for key, live in self.view.of(ENDPOINT).items()}
        work = {uids.get(name, name): state for name, state in states.items()}
        marks = Marks(self.kubernetes, self.view, self.lease, MINE, **asked)
        self.unmarked = marks.bring([Observation(ENDPOINT, time.monotonic(), Demand(work, 0, 0, 0), heed)])
        return marks

    def annotations(self, name: str) -> dict[str, str]:
        """What a pod bears now."""
        live = self.api.cluster.get(place(name))
        assert live is not None
        found: dict[str, str] = live["metadata"].get("annotations") or {}
        return found

    def idle(self) -> list[str]:
        """The pods that a drain may take."""
        return [key.name for key, live in self.api.cluster.all().items() if IDLE in live["metadata"]["labels"]]

    def written(self) -> list[str]:
        """The pods that were written since the last question, in that order."""
        names = [write.rpartition("/")[2] for write in self.api.writes]
        self.api.writes.clear()
        return names


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[Marked]:
    """Three pods that nobody has marked."""
    api = ApiServer()
    with serving(api) as address:
        made = Marked(api, address, tmp_path)
        made.pods("a", "b", "c")
        yield made
        made.close()


def test_busy_pods_are_dearer_than_idle_ones(marked: Marked) -> None:
    """Unknown ones too; an idle pod without a mark is cheap already, so nothing is written on it."""
    marked.bring({"a": Work.BUSY, "b": Work.UNKNOWN, "c": Work.IDLE})
    assert [marked.annotations(name).get(COST) for name in "abc"] == ["100", "100", None]
    assert marked.written() == ["a", "b"]


def test_nothing_changed_means_no_write(marked: Marked) -> None:
    """And what changes is written once; the busy come first, as one too many is better than one too few."""
    marked.bring({"a": Work.BUSY, "b": Work.IDLE, "c": Work.IDLE})
    marked.written()
    marked.bring({"a": Work.BUSY, "b": Work.IDLE, "c": Work.IDLE})
    assert marked.written() == []
    marked.bring({"a": Work.IDLE, "b": Work.IDLE, "c": Work.BUSY})
    assert marked.written() == ["c", "a"]
    assert [marked.annotations(name).get(COST) for name in "abc"] == ["0", None, "100"]


@pytest.mark.parametrize("state", Work)
def test_pods_that_are_alike_are_left_as_they_are(marked: Marked, state: Work) -> None:
    """A mark on all of them would choose none."""
    marked.bring(dict.fromkeys("abc", state))
    assert marked.written() == []


@pytest.mark.parametrize("heed", [Heed.SERVER_SILENT, Heed.WORKERS_SILENT])
def test_without_heartbeats_nothing_is_marked(marked: Marked, heed: Heed) -> None:
    """As before, as nobody knows which pod is busy."""
    marked.bring({"a": Work.UNKNOWN, "b": Work.ABSENT}, heed)
    assert marked.written() == []


def test_who_does_not_lead_marks_nothing(marked: Marked) -> None:
    """Two would write the same, or older, marks; what the leader has not marked yet is told, until it has."""
    marked.lease.lose()
    marked.bring({"a": Work.BUSY, "b": Work.IDLE})
    assert (marked.written(), set(marked.unmarked)) == ([], {ENDPOINT})
    assert marked.lease.renew()
    marked.bring({"a": Work.BUSY, "b": Work.IDLE})
    assert (marked.written(), set(marked.unmarked)) == (["a"], set())
    marked.lease.lose()
    marked.bring({"a": Work.BUSY, "b": Work.IDLE})
    assert (marked.written(), set(marked.unmarked)) == ([], set())


def test_server_without_an_answer_leaves_pods_unmarked(marked: Marked) -> None:
    """So no worker is given up until they are marked."""

    def fail(method: str, _path: str) -> None:
        if method == "PATCH":
            raise ConnectionResetError

    marked.api.before = fail
    marked.bring({"a": Work.BUSY, "b": Work.IDLE})
    assert marked.unmarked == {ENDPOINT}


def test_nodes_are_held_for_busy_pods_alone(marked: Marked) -> None:
    """Where that is asked for: also for the only pod; and what was set is taken away when it is idle."""
    marked.bring({"a": Work.BUSY}, on_nodes=True)
    assert marked.annotations("a") == ON_NODES
    marked.bring({"a": Work.IDLE}, on_nodes=True)
    assert marked.annotations("a") == {}


def test_what_others_ask_of_nodes_stays(marked: Marked) -> None:
    """The chart's own `podAnnotations` may hold every pod's node."""
    marked.pods("d", "e", **{SAFE: "false"})
    marked.bring({"d": Work.IDLE, "e": Work.BUSY}, on_nodes=True)
    assert marked.annotations("d") == {SAFE: "false"}
    marked.bring({"d": Work.IDLE, "e": Work.IDLE}, on_nodes=True)
    assert marked.annotations("e") == {SAFE: "false", COST: "100"}


def test_marks_are_taken_away_when_nodes_are_no_longer_held(marked: Marked) -> None:
    """The setting was switched off: what is left of it would hold nodes for ever."""
    marked.bring({"a": Work.BUSY}, on_nodes=True)
    marked.bring({"a": Work.BUSY})
    assert marked.annotations("a") == {}


def test_drains_may_take_idle_pods_alone(marked: Marked) -> None:
    """Where that is asked for: also where all are alike; what nobody knows may not go, and no label stays too long."""
    marked.bring({"a": Work.IDLE, "b": Work.IDLE, "c": Work.ABSENT}, for_drains=True)
    assert (marked.idle(), marked.written()) == (["a", "b", "c"], ["a", "b", "c"])
    marked.bring({"a": Work.IDLE, "b": Work.UNKNOWN, "c": Work.BUSY}, for_drains=True)
    assert (marked.idle(), marked.written()) == (["a"], ["b", "c"])
    marked.bring({"a": Work.IDLE, "b": Work.UNKNOWN, "c": Work.BUSY}, for_drains=True)
    assert marked.written() == []


def test_label_goes_before_another_one_comes(marked: Marked) -> None:
    """A drain that is held too long is better than an activity that is cut short."""
    marked.bring({"a": Work.BUSY, "c": Work.IDLE}, for_drains=True)
    marked.written()
    marked.bring({"a": Work.IDLE, "c": Work.BUSY}, for_drains=True)
    assert marked.written() == ["c", "a"]


def test_label_goes_when_drains_are_no_longer_held(marked: Marked) -> None:
    """If it is ours; without the setting nobody else's label matters."""
    marked.bring({"a": Work.IDLE}, for_drains=True)
    key = place("b")
    marked.api.cluster.write(key, OTHER, ("metadata", "labels", IDLE), "yes")
    marked.bring({"a": Work.IDLE, "b": Work.BUSY})
    assert marked.idle() == ["b"]


def test_without_heartbeats_no_pod_is_called_idle(marked: Marked) -> None:
    """Nobody knows, so the templates' own budget decides."""
    marked.bring({"a": Work.IDLE}, Heed.WORKERS_SILENT, for_drains=True)
    assert marked.idle() == []


def test_pod_that_is_gone_or_another_is_no_trouble(marked: Marked) -> None:
    """It went between the look and the mark: the others are marked."""

    def vanish(method: str, path: str) -> None:
        if method == "PATCH" and path.endswith("/a"):
            raise ServerRefusalError(404, "NotFound", "gone")

    marked.api.before = vanish
    marks = marked.bring({"a": Work.BUSY, "b": Work.BUSY, "c": Work.IDLE})
    assert (marked.written(), marks.is_forbidden) == (["b"], False)


def test_missing_right_is_told(marked: Marked) -> None:
    """Which of the workers goes is then anybody's guess, and the endpoint's status says so."""

    def refuse(method: str, _path: str) -> None:
        if method == "PATCH":
            raise ServerRefusalError(403, "Forbidden", "pods is forbidden")

    marked.api.before = refuse
    marks = marked.bring({"a": Work.BUSY, "b": Work.IDLE})
    assert (marks.is_forbidden, set(marked.unmarked)) == (True, set())
    seen: Any = Observation(ENDPOINT, 0.0, Demand({}, 0, 0, 0), Heed.HEARD)
    told = of(seen, Trigger(asks_us=True), "default", is_marked=not marks.is_forbidden)
    assert (told.status, told.reason) == ("False", "PodsNotMarked")

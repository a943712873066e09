"""Whatever happens in whatever order: the cluster becomes what the record says, and others' objects stay theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from temporal_endpoints.planning.actions import Create, Hold, Update
from temporal_endpoints.planning.documents import documents_of
from temporal_endpoints.planning.ownership import uid_of
from temporal_endpoints.records.model import ObjectKey

from .carried_out import CarriedOut
from .recorded import NAMESPACE
from .snapshots import FIXED, KEDA, WHEN, snapshot

STRANGER = "kubectl"
FORBIDDEN = "theirs"


def within(document: Any, live: Any) -> bool:
    """Whether the live object has all that the document says."""
    if isinstance(document, dict):
        return isinstance(live, dict) and all(within(value, live.get(key)) for key, value in document.items())
    if isinstance(document, list) and document and all(isinstance(each, dict) and "name" in each for each in document):
        items = {each["name"]: each for each in live}
        return all(within(each, items.get(each["name"])) for each in document)
    return bool(document == live)


class Disturbed(RuleBasedStateMachine):
    """One endpoint whose owner changes it while others meddle and the process dies between its steps."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = CarriedOut(snapshot())
        self.strangers: dict[ObjectKey, str] = {}

    @property
    def wanted(self) -> dict[ObjectKey, dict[str, Any]]:
        """What the record leads to."""
        return documents_of(self.begun.snapshot.endpoint, self.begun.snapshot.texts)

    @rule(workers=st.integers(1, 5), texts=st.sampled_from([FIXED, KEDA]), queue=st.sampled_from(["a", "b"]))
    def change(self, workers: int, texts: dict[str, str], queue: str) -> None:
        """The owner asks for something else, or the templates are others."""
        endpoint = self.begun.snapshot.endpoint
        asked = endpoint.specification.model_copy(update={"max_workers": workers, "temporal_task_queue": queue})
        revision = replace(endpoint.revision, specification=asked)
        self.begun.snapshot = replace(self.begun.snapshot, endpoint=replace(endpoint, revision=revision), texts=texts)

    @rule(steps=st.integers(0, 3), recorded=st.booleans())
    def act_partly(self, steps: int, recorded: bool) -> None:
        """Some of the plan is carried out; the last step may not be written any more."""
        actions = self.begun.plan(self.wanted).actions[:steps]
        for number, action in enumerate(actions, start=1):
            self.begun.act(action, recorded=recorded or number < len(actions))

    @precondition(lambda self: self.begun.cluster.stored)
    @rule(data=st.data(), value=st.integers(0, 9))
    def meddle(self, data: st.DataObject, value: int) -> None:
        """Somebody changes a field of ours."""
        key = data.draw(st.sampled_from(sorted(self.begun.cluster.stored)))
        field = ("spec", "replicas") if key.kind == "Deployment" else ("metadata", "labels", "endpoint_name")
        if key not in self.strangers:
            self.begun.cluster.write(key, STRANGER, field, value)

    @precondition(lambda self: self.begun.cluster.stored)
    @rule(data=st.data(), finalizer=st.booleans())
    def remove(self, data: st.DataObject, finalizer: bool) -> None:
        """Somebody removes an object, at once or with a finalizer that holds it."""
        key = data.draw(st.sampled_from(sorted(self.begun.cluster.stored)))
        if key in self.strangers:
            return
        if finalizer:
            self.begun.cluster.write(key, STRANGER, ("metadata", "finalizers"), ["example.com/wait"])
        self.begun.cluster.delete(key)

    @rule(data=st.data())
    def take_place(self, data: st.DataObject) -> None:
        """Somebody else's object stands where ours should."""
        key = data.draw(st.sampled_from(sorted(self.wanted)))
        if self.begun.cluster.get(key) is None:
            metadata = {"name": key.name, "namespace": NAMESPACE}
            body = {"apiVersion": key.api_version, "kind": key.kind, "metadata": metadata}
            live = self.begun.cluster.apply({**body, "data": {"whose": FORBIDDEN}}, STRANGER)
            self.strangers[key] = uid_of(live)

    @rule()
    def strangers_leave(self) -> None:
        """They take their objects away."""
        for key in self.strangers:
            self.begun.cluster.vanish(key)
        self.strangers.clear()

    @rule()
    def settle(self) -> None:
        """When all that disturbs has stopped, everything that can be is as it should be."""
        made = self.begun.settle(self.wanted)
        assert set(made.collisions) <= self.strangers.keys()
        if not made.collisions:
            live = self.begun.cluster.all()
            assert live.keys() - self.strangers.keys() == self.wanted.keys()
            assert all(within(document, live[key]) for key, document in self.wanted.items())
            assert {each.key: each.uid for each in self.begun.snapshot.objects} == {
                key: uid_of(live[key]) for key in self.wanted
            }

    @rule()
    def delete(self) -> None:
        """The owner deletes it: nothing of ours is left; then they make it anew."""
        endpoint = self.begun.snapshot.endpoint
        self.begun.snapshot = replace(self.begun.snapshot, endpoint=replace(endpoint, deleted_at=WHEN))
        self.begun.settle({})
        assert self.begun.finished
        assert self.begun.cluster.stored.keys() == self.strangers.keys()
        self.begun = CarriedOut(snapshot(), self.begun.cluster)

    @invariant()
    def strangers_keep_theirs(self) -> None:
        """What is somebody else's is never touched."""
        for key, uid in self.strangers.items():
            live = self.begun.cluster.get(key)
            assert live is not None
            assert (uid_of(live), live["data"], len(live["metadata"]["managedFields"])) == (
                uid,
                {"whose": FORBIDDEN},
                1,
            )

    @invariant()
    def plans_write_to_no_stranger(self) -> None:
        """Not even a plan that is not carried out."""
        for action in self.begun.plan(self.wanted).actions:
            if isinstance(action, Create | Update | Hold):
                assert action.key not in self.strangers


TestDisturbed = Disturbed.TestCase
TestDisturbed.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
)

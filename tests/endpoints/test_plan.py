"""The plan: what is missing is made, what differs is mended, what is as it should be is left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from temporal_endpoints.planning.actions import Create, Delete, Finish, Forget, Hold, Update
from temporal_endpoints.planning.documents import Document, documents_of
from temporal_endpoints.records.model import ObjectKey, Snapshot

from .carried_out import OURS, CarriedOut
from .recorded import NAMESPACE
from .snapshots import FIXED, KEDA, SCALED, WHEN, snapshot

NAME = "launch-endpoint-id-end-00000000000000000001"
CONFIG = ObjectKey("v1", "ConfigMap", NAMESPACE, NAME)
DEPLOYMENT = ObjectKey("apps/v1", "Deployment", NAMESPACE, NAME)
SCALER = ObjectKey("keda.sh/v1alpha1", "ScaledObject", NAMESPACE, NAME)
REPLICAS = ("spec", "replicas")


def documents(of: Snapshot) -> dict[ObjectKey, Document]:
    """What its record leads to."""
    return documents_of(of.endpoint, of.texts)


def settled(texts: dict[str, str] = FIXED, **changes: Any) -> CarriedOut:
    """An endpoint that is in the cluster as it should be."""
    begun = CarriedOut(snapshot(texts, **changes))
    begun.settle(documents(begun.snapshot))
    return begun


def replicas(begun: CarriedOut) -> int:
    """How many workers the live Deployment asks for."""
    live = begun.cluster.get(DEPLOYMENT)
    assert live is not None
    return int(live["spec"]["replicas"])


def switch(begun: CarriedOut, texts: dict[str, str]) -> dict[ObjectKey, Document]:
    """The same endpoint with other templates."""
    begun.snapshot = replace(begun.snapshot, texts=texts)
    return documents(begun.snapshot)


def test_config_maps_are_made_before_the_deployment_and_the_scaler_after_it() -> None:
    """A pod finds what it mounts, and a scaler what it scales."""
    begun = CarriedOut(snapshot(KEDA))
    actions = begun.plan(documents(begun.snapshot)).actions
    assert [type(each) for each in actions] == [Create] * 3
    assert [each.key for each in actions if isinstance(each, Create)] == [CONFIG, DEPLOYMENT, SCALER]


@pytest.mark.parametrize("texts", [FIXED, KEDA], ids=["fixed", "keda"])
def test_nothing_changed_means_no_action(texts: dict[str, str]) -> None:
    """However often it is asked, and although the server and others have added fields of their own."""
    begun = settled(texts)
    writes = begun.cluster.writes
    begun.cluster.write(DEPLOYMENT, "kube-controller-manager", ("status",), {"replicas": 3})
    begun.cluster.write(DEPLOYMENT, "kubectl", ("metadata", "annotations"), {"note": "mine"})
    made = begun.plan(documents(begun.snapshot))
    assert (made.actions, made.waiting, made.collisions) == ((), (), ())
    assert begun.cluster.writes == writes + 2


def test_drift_of_a_field_of_ours_is_mended() -> None:
    """Whoever changed it."""
    begun = settled()
    begun.cluster.write(DEPLOYMENT, "kubectl", REPLICAS, 9)
    (action,) = begun.plan(documents(begun.snapshot)).actions
    assert isinstance(action, Update)
    begun.settle(documents(begun.snapshot))
    assert replicas(begun) == 3


def test_what_was_just_applied_is_not_compared_until_it_changes() -> None:
    """Not by digests, which are wrong here; a change by somebody else is another version, and is mended."""
    begun = settled()
    versions = {key: live["metadata"]["resourceVersion"] for key, live in begun.cluster.all().items()}
    applied = [replace(each, settled="unknown", version=versions[each.key]) for each in begun.snapshot.objects]
    begun.snapshot = replace(begun.snapshot, objects=applied)
    assert begun.plan(documents(begun.snapshot)).actions == ()
    begun.cluster.write(DEPLOYMENT, "kubectl", REPLICAS, 9)
    (action,) = begun.plan(documents(begun.snapshot)).actions
    assert isinstance(action, Update)


def test_replicas_of_a_scaler_are_no_drift() -> None:
    """With KEDA the number is not ours."""
    begun = settled(KEDA)
    begun.cluster.write(DEPLOYMENT, "keda-operator", REPLICAS, 0)
    assert begun.plan(documents(begun.snapshot)).actions == ()


@pytest.mark.parametrize("minimum", [0, 2])
def test_new_deployment_begins_with_the_minimum_of_its_scaler(minimum: int) -> None:
    """No worker is started that the scaler then stops, and the number stays the scaler's."""
    begun = settled(KEDA, min_workers=minimum)
    assert replicas(begun) == minimum
    assert begun.plan(documents(begun.snapshot)).actions == ()
    begun.cluster.write(DEPLOYMENT, "keda-operator", REPLICAS, 3)
    assert begun.plan(documents(begun.snapshot)).actions == ()
    assert replicas(begun) == 3


def test_number_that_a_deployment_began_with_is_held_when_it_changes() -> None:
    """The scaler did not write it yet: left out, the server would set it back to 1."""
    begun = settled(KEDA, min_workers=2)
    restarted = snapshot(KEDA, min_workers=2, restarted_at="2030-01-01T00:00:00Z")
    begun.snapshot = replace(restarted, objects=begun.snapshot.objects)
    wanted = documents(begun.snapshot)
    assert [type(action) for action in begun.plan(wanted).actions] == [Hold, Update]
    begun.settle(wanted)
    assert replicas(begun) == 2


def test_lost_object_is_made_again() -> None:
    """From the record alone."""
    begun = settled()
    begun.cluster.vanish(DEPLOYMENT)
    (action,) = begun.plan(documents(begun.snapshot)).actions
    assert isinstance(action, Create)
    assert action.key == DEPLOYMENT


def test_key_that_fills_to_nothing_takes_its_object_away() -> None:
    """`scaling: fixed` after `keda` removes the scaler."""
    begun = settled(KEDA)
    begun.settle(switch(begun, FIXED))
    assert begun.cluster.get(SCALER) is None
    assert SCALER not in {each.key for each in begun.snapshot.objects}


def test_from_fixed_to_keda_no_worker_stops() -> None:
    """A second manager holds the live number before ours leaves it out, until the scaler writes."""
    begun = settled(max_workers=4)
    wanted = switch(begun, KEDA)
    actions = begun.plan(wanted).actions
    assert [type(each) for each in actions] == [Hold, Update, Create]
    for action in actions:
        begun.act(action)
        assert replicas(begun) == 4
    begun.cluster.write(DEPLOYMENT, "keda-operator", REPLICAS, 2)
    assert begun.plan(wanted).actions == ()
    assert replicas(begun) == 2


def test_crash_between_hold_and_update_loses_nothing() -> None:
    """The next plan goes on from there."""
    begun = settled(max_workers=4)
    wanted = switch(begun, KEDA)
    begun.act(begun.plan(wanted).actions[0])
    assert [type(each) for each in begun.plan(wanted).actions] == [Update, Create]
    begun.settle(wanted)
    assert replicas(begun) == 4


def test_without_hold_workers_would_stop() -> None:
    """What the second manager is for: the server sets a number that nobody owns back to 1."""
    begun = settled(max_workers=4)
    begun.act(begun.plan(switch(begun, KEDA)).actions[1])
    assert replicas(begun) == 1


def test_from_keda_to_fixed_the_scaler_goes_first() -> None:
    """While it is there it could go below MAX_WORKERS; only then is the number ours."""
    begun = settled(KEDA, max_workers=4)
    begun.cluster.write(DEPLOYMENT, "keda-operator", REPLICAS, 2)
    begun.cluster.write(SCALER, "keda-operator", ("metadata", "finalizers"), ["finalizer.keda.sh"])
    wanted = switch(begun, FIXED)
    made = begun.plan(wanted)
    assert [type(each) for each in made.actions] == [Delete]
    begun.act(made.actions[0])
    waiting = begun.plan(wanted)
    assert (waiting.actions, waiting.waiting) == ((), (SCALER,))
    begun.cluster.vanish(SCALER)
    begun.settle(wanted)
    assert replicas(begun) == 4


def test_deletion_takes_everything_and_then_the_record() -> None:
    """The scaler first, ConfigMaps last; the record goes only when all is gone."""
    begun = settled(KEDA)
    wanted = documents(begun.snapshot)
    begun.snapshot = replace(begun.snapshot, endpoint=replace(begun.snapshot.endpoint, deleted_at=WHEN))
    actions = begun.plan(wanted).actions
    assert [each.key for each in actions if isinstance(each, Delete)] == [SCALER, DEPLOYMENT, CONFIG]
    assert not any(isinstance(each, Finish) for each in actions)
    begun.settle(wanted)
    assert begun.finished
    assert begun.cluster.all() == {}


def test_object_of_somebody_else_is_neither_changed_nor_removed() -> None:
    """A ConfigMap of that name is told, the Deployment that would mount it is not made."""
    begun = CarriedOut(snapshot())
    stranger = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": NAMESPACE}}
    before = begun.cluster.apply({**stranger, "data": {"raw_data": "theirs"}}, "kubectl")
    made = begun.plan(documents(begun.snapshot))
    assert (made.actions, made.collisions) == ((), (CONFIG,))
    begun.snapshot = replace(begun.snapshot, endpoint=replace(begun.snapshot.endpoint, deleted_at=WHEN))
    assert begun.plan({}).actions == (Finish(),)
    assert begun.cluster.get(CONFIG) == before


def test_label_alone_makes_no_object_ours() -> None:
    """llm-engine writes the same label, and so may another installation."""
    begun = settled()
    extra = ObjectKey("v1", "ConfigMap", NAMESPACE, "extra")
    metadata = {"name": "extra", "namespace": NAMESPACE, "labels": {"endpoint_id": begun.snapshot.endpoint.id}}
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    begun.cluster.apply(document, "temporal-endpoints-ffffff")
    assert begun.plan(documents(begun.snapshot)).actions == ()
    begun.cluster.apply(document, OURS.main)
    (action,) = begun.plan(documents(begun.snapshot)).actions
    assert action == Delete(extra, begun.cluster.all()[extra]["metadata"]["uid"])


def test_crash_after_creation_leads_to_no_second_object_and_no_collision() -> None:
    """The server has it, the record has only the intent: it is known by label and manager."""
    begun = CarriedOut(snapshot())
    wanted = documents(begun.snapshot)
    for action in begun.plan(wanted).actions:
        begun.act(action, recorded=False)
    assert [type(each) for each in begun.plan(wanted).actions] == [Update] * 2
    made = begun.settle(wanted)
    assert made.collisions == ()


def test_object_that_was_replaced_by_somebody_else_is_told() -> None:
    """Another uid under the same name is not the recorded object."""
    begun = settled()
    begun.cluster.vanish(CONFIG)
    stranger = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": NAMESPACE}}
    begun.cluster.apply({**stranger, "data": {"raw_data": "theirs"}}, "kubectl")
    assert begun.plan(documents(begun.snapshot)).collisions == (CONFIG,)


def test_terminating_object_is_waited_for() -> None:
    """It would take an apply with 200 and vanish with it; the Deployment waits for its ConfigMap."""
    begun = settled()
    begun.cluster.write(CONFIG, "kubectl", ("metadata", "finalizers"), ["example.com/wait"])
    begun.cluster.delete(CONFIG)
    begun.cluster.write(DEPLOYMENT, "kubectl", REPLICAS, 9)
    made = begun.plan(documents(begun.snapshot))
    assert (made.actions, made.waiting) == ((), (CONFIG,))
    begun.cluster.vanish(CONFIG)
    assert [type(each) for each in begun.plan(documents(begun.snapshot)).actions] == [Create, Update]


def test_recorded_object_that_is_gone_is_forgotten() -> None:
    """An intent that was never carried out as well."""
    begun = settled(KEDA)
    wanted = switch(begun, FIXED)
    begun.cluster.vanish(SCALER)
    assert Forget(SCALER) in begun.plan(wanted).actions


def test_other_scaling_key_changes_one_object() -> None:
    """What does not follow from what changed is not written."""
    begun = settled(KEDA)
    changed = KEDA[SCALED].replace("${MAX_WORKERS}", "7")
    (action,) = begun.plan(switch(begun, {**KEDA, SCALED: changed})).actions
    assert isinstance(action, Update)
    assert action.key == SCALER

"""The records: what is acknowledged is there, each owner sees their own, and only who leads writes progress."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

import temporal_endpoints.records.database as database_module
from local_cluster import postgresql
from temporal_endpoints.errors import AlreadyRecordedError, NotLeadingError, NotRecordedError, RecordsError
from temporal_endpoints.records.bundles import Bundles
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Change, Endpoints
from temporal_endpoints.records.lead import require_lead
from temporal_endpoints.records.model import (
    DELETE_IN_PROGRESS,
    READY,
    UPDATE_PENDING,
    Condition,
    Endpoint,
    ObjectKey,
    ObjectRecord,
    Workers,
)
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.records.seen import Report
from temporal_endpoints.records.tables import ENDPOINTS, EVENTS, LeaderRow

from .recorded import ADA, BOB, NAMESPACE, TEXTS, create_endpoint, specification

KEY = ObjectKey("v1", "ConfigMap", NAMESPACE, "one")
SECONDS = 60.0


def changing(**changes: object) -> Callable[[Endpoint, Mapping[str, str]], Change]:
    """A change of the newest specification."""

    def change(endpoint: Endpoint, texts: Mapping[str, str]) -> Change:
        assert texts == TEXTS
        wanted = endpoint.specification.model_copy(update=changes)
        return Change(wanted, endpoint.bundle.id, endpoint.revision.template_set, "update")

    return change


def test_record_alone_holds_all_that_a_plan_needs(database: Database) -> None:
    """The specification, the bundle and the very texts: a lost cluster can be rebuilt from them."""
    endpoint = create_endpoint(database, gpus=1, gpu_type="nvidia-ampere-a10")
    snapshot = Progress(database).snapshot(endpoint.id)
    assert snapshot is not None
    assert snapshot.endpoint == endpoint
    assert snapshot.texts == TEXTS
    assert endpoint.specification == specification(gpus=1, gpu_type="nvidia-ampere-a10")
    assert endpoint.bundle.image == "registry.example.com/worker:1.0"


def test_name_is_unique_among_the_living_of_one_owner(database: Database) -> None:
    """Another owner may use it, and so may the same one at once after a deletion."""
    first = create_endpoint(database)
    with pytest.raises(AlreadyRecordedError, match="already exists"):
        create_endpoint(database)
    create_endpoint(database, user=BOB)
    Endpoints(database).delete(ADA, first.id)
    assert create_endpoint(database).id != first.id


def test_another_owner_sees_and_changes_nothing(database: Database) -> None:
    """To everybody else an endpoint is not there, nor is a bundle."""
    endpoints, mine = Endpoints(database), create_endpoint(database)
    assert endpoints.find(BOB.owner) == []
    for act in (
        lambda: endpoints.get(BOB.owner, mine.id),
        lambda: endpoints.delete(BOB, mine.id),
        lambda: endpoints.history(BOB.owner, mine.id),
        lambda: endpoints.events(BOB.owner, mine.id),
        lambda: endpoints.revise(BOB, mine.id, changing(max_workers=9)),
        lambda: Bundles(database).get(BOB.owner, mine.bundle.id),
    ):
        with pytest.raises(NotRecordedError):
            act()
    assert endpoints.get(ADA.owner, mine.id) == mine


def test_change_makes_a_revision_and_none_asks_for_none(database: Database) -> None:
    """What changes nothing leaves the generation, and history has every generation."""
    endpoints, first = Endpoints(database), create_endpoint(database)
    same = endpoints.revise(ADA, first.id, changing(max_workers=3))
    assert same == first
    second = endpoints.revise(ADA, first.id, changing(max_workers=4))
    assert (second.generation, second.specification.max_workers) == (2, 4)
    assert [each.generation for each in endpoints.history(ADA.owner, first.id)] == [2, 1]
    assert [each.reason for each in endpoints.events(ADA.owner, first.id)] == ["update", "create"]


def test_changes_at_once_are_all_kept(database: Database) -> None:
    """Of two that change different fields none undoes the other."""
    endpoint = create_endpoint(database)
    fields = ["min_workers", "max_workers", "per_worker", "gpus"] * 3
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda step: Endpoints(database).revise(ADA, endpoint.id, changing(**{step[1]: 10 + step[0]})),
                enumerate(fields),
            )
        )
    after = Endpoints(database).get(ADA.owner, endpoint.id)
    assert after.generation == 1 + len(fields)
    assert all(getattr(after.specification, field) >= 10 for field in fields)


def test_deleted_endpoint_cannot_be_changed_and_stays_until_it_is_finished(database: Database) -> None:
    """Its record is there until nothing of it is in the cluster, then it is gone with all that hangs on it."""
    endpoints, progress, endpoint = Endpoints(database), Progress(database), create_endpoint(database)
    token = progress.lead("one", SECONDS)
    assert token is not None
    progress.record(token, endpoint.id, [ObjectRecord(KEY)])
    progress.finish(token, endpoint.id)
    assert endpoints.get(ADA.owner, endpoint.id).status == "UPDATE_PENDING"
    endpoints.delete(ADA, endpoint.id)
    with pytest.raises(NotRecordedError):
        endpoints.revise(ADA, endpoint.id, changing(max_workers=9))
    assert endpoints.get(ADA.owner, endpoint.id).status == "DELETE_IN_PROGRESS"
    progress.finish(token, endpoint.id)
    assert progress.snapshot(endpoint.id) is None
    assert progress.endpoint_ids() == []


def test_object_is_recorded_before_and_after(database: Database) -> None:
    """First that it is going to be made, then which it is, until it is forgotten."""
    progress, endpoint = Progress(database), create_endpoint(database)
    token = progress.lead("one", SECONDS)
    assert token is not None
    for known in (ObjectRecord(KEY), ObjectRecord(KEY, "uid-1", "filled", "settled")):
        progress.record(token, endpoint.id, [known])
        snapshot = progress.snapshot(endpoint.id)
        assert snapshot is not None
        assert list(snapshot.objects) == [known]
    progress.forget(token, endpoint.id, KEY)
    snapshot = progress.snapshot(endpoint.id)
    assert snapshot is not None
    assert list(snapshot.objects) == []


def test_one_leads_at_a_time(database: Database) -> None:
    """Another one leads only after the time is over, with another token, and the first can write no more."""
    progress, endpoint = Progress(database), create_endpoint(database)
    first = progress.lead("one", SECONDS)
    assert first is not None
    assert progress.lead("two", SECONDS) is None
    assert progress.lead("one", 0) == first
    second = progress.lead("two", SECONDS)
    assert second is not None
    assert second != first
    report = Report(1, READY, [], None)
    for act in (
        lambda: progress.record(first, endpoint.id, [ObjectRecord(KEY)]),
        lambda: progress.forget(first, endpoint.id, KEY),
        lambda: progress.finish(first, endpoint.id),
        lambda: progress.report(first, endpoint.id, report),
    ):
        with pytest.raises(NotLeadingError):
            act()
    progress.resign(first)
    assert progress.lead("one", SECONDS) is None
    progress.resign(second)
    assert progress.lead("one", SECONDS) is not None


def test_lead_that_ends_while_a_write_waits_is_over(database: Database) -> None:
    """The clock is read when the leader's row is held, not when it was asked for: by then another one may lead."""
    endpoint, progress = create_endpoint(database), Progress(database)
    token = progress.lead("one", 0.5)
    assert token is not None
    with ThreadPoolExecutor(1) as threads:
        with database.write() as session:
            session.scalars(select(LeaderRow).where(LeaderRow.id == 1).with_for_update()).one()
            waiting = threads.submit(progress.record, token, endpoint.id, [ObjectRecord(KEY)])
            time.sleep(1.0)
        with pytest.raises(NotLeadingError):
            waiting.result()


def test_writer_that_stands_still_gives_its_locks_up(postgresql_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tells PostgreSQL that a process is stopped or its machine gone; the lead could never be taken over."""
    monkeypatch.setattr(database_module, "_IDLE_SECONDS", 1)
    url = postgresql.new_database(postgresql_folder)
    with closing(Database(url)) as still, closing(Database(url)) as other, ThreadPoolExecutor(1) as threads:
        still.migrate()
        token = Progress(still).lead("one", 0.5)
        assert token is not None

        def hold_the_lead(token: int) -> None:
            with still.change() as connection:
                require_lead(connection, token)
                taken = threads.submit(Progress(other).lead, "two", SECONDS)
                assert wait([taken], timeout=20.0).done, "it still waits for the one that stands still"
                assert taken.result() is not None
                connection.execute(select(func.count()).select_from(ENDPOINTS))

        with pytest.raises(RecordsError, match="idle-in-transaction"):
            hold_the_lead(token)
        assert Progress(still).endpoint_ids() == []


def test_many_who_want_to_lead_get_one_leader(database: Database) -> None:
    """Of those that ask at the same moment one is told yes."""
    progress = Progress(database)
    with ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(lambda name: progress.lead(f"holder {name}", SECONDS), range(8)))
    assert sum(token is not None for token in tokens) == 1


def test_report_of_a_deleted_endpoint_says_nothing_else(database: Database) -> None:
    """What was seen before it was deleted is not told any more; what is seen of its end is."""
    endpoint = create_endpoint(database)
    progress = Progress(database)
    token = progress.lead("one", SECONDS)
    assert token is not None
    Endpoints(database).delete(ADA, endpoint.id)
    assert not progress.report(token, endpoint.id, Report(1, READY, [], None))
    assert Endpoints(database).get(ADA.owner, endpoint.id).status == DELETE_IN_PROGRESS
    waiting = Condition("Applied", "False", "Waiting", "for the scaler")
    assert progress.report(token, endpoint.id, Report(1, DELETE_IN_PROGRESS, [waiting], None))


def test_report_waits_for_a_change_that_is_being_written(database: Database) -> None:
    """It would else say READY of a generation that nobody has looked at."""
    endpoint = create_endpoint(database)
    progress = Progress(database)
    token = progress.lead("one", SECONDS)
    assert token is not None
    with ThreadPoolExecutor(1) as others:

        def change(before: Endpoint, texts: Mapping[str, str]) -> Change:
            reporting = others.submit(progress.report, token, endpoint.id, Report(1, READY, [], None))
            wait([reporting], timeout=0.5)
            return changing(max_workers=7)(before, texts)

        Endpoints(database).revise(ADA, endpoint.id, change)
    seen = Endpoints(database).get(ADA.owner, endpoint.id)
    assert (seen.generation, seen.status) == (2, UPDATE_PENDING)


def test_report_of_an_older_generation_is_not_written(database: Database) -> None:
    """READY never speaks of what was asked for before."""
    progress, endpoints, endpoint = Progress(database), Endpoints(database), create_endpoint(database)
    token = progress.lead("one", SECONDS)
    assert token is not None
    report = Report(1, READY, [Condition("Available", "True", "Running", "3 workers run")], Workers(3, 0))
    assert progress.report(token, endpoint.id, report)
    assert not progress.report(token, endpoint.id, report)
    seen = endpoints.get(ADA.owner, endpoint.id)
    assert (seen.status, seen.workers, seen.observed_generation) == (READY, Workers(3, 0), 1)
    assert progress.unobserved_ids() == []
    endpoints.revise(ADA, endpoint.id, changing(max_workers=4))
    assert not progress.report(token, endpoint.id, report)
    assert endpoints.get(ADA.owner, endpoint.id).status == "UPDATE_PENDING"
    assert progress.unobserved_ids() == [endpoint.id]


def test_what_is_known_of_objects_is_recorded_with_a_report_and_without(database: Database) -> None:
    """Also when the report comes too late, or says nothing new."""
    progress, endpoint = Progress(database), create_endpoint(database)
    token = progress.lead("one", SECONDS)
    assert token is not None
    report = Report(1, READY, [], Workers(3, 0))
    for uid, told in (("uid-1", True), ("uid-2", False)):
        assert progress.report(token, endpoint.id, report, [ObjectRecord(KEY, uid)]) == told
        snapshot = progress.snapshot(endpoint.id)
        assert snapshot is not None
        assert [each.uid for each in snapshot.objects] == [uid]
    Endpoints(database).revise(ADA, endpoint.id, changing(max_workers=4))
    assert not progress.report(token, endpoint.id, report, [ObjectRecord(KEY, "uid-3")])
    snapshot = progress.snapshot(endpoint.id)
    assert snapshot is not None
    assert [each.uid for each in snapshot.objects] == ["uid-3"]


def test_condition_keeps_the_moment_of_its_last_change(database: Database) -> None:
    """A new message does not make it younger; a changed reason is an event."""
    progress, endpoints, endpoint = Progress(database), Endpoints(database), create_endpoint(database)
    token = progress.lead("one", SECONDS)
    assert token is not None
    condition = Condition("Available", "False", "ImagePullBackOff", "no such image")
    progress.report(token, endpoint.id, Report(1, "UPDATE_IN_PROGRESS", [condition], None))
    first = endpoints.get(ADA.owner, endpoint.id).conditions[0]
    assert first.since
    again = replace(condition, message="no such image, tried twice")
    progress.report(token, endpoint.id, Report(1, "UPDATE_IN_PROGRESS", [again], None))
    assert endpoints.get(ADA.owner, endpoint.id).conditions[0].since == first.since
    assert [each.reason for each in endpoints.events(ADA.owner, endpoint.id)] == ["ImagePullBackOff", "create"]


def test_sqlite_file_is_durable(tmp_path: Path) -> None:
    """Writes are in a log that is synchronised with each commit, and references hold."""
    opened = Database(f"sqlite:///{tmp_path / 'records.db'}")
    opened.migrate()
    with opened.engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]
    create_endpoint(opened)
    # Somebody else reads what is committed while this one is open.
    with sqlite3.connect(tmp_path / "records.db") as other:
        assert other.execute("SELECT count(*) FROM endpoints").fetchone() == (1,)
    other.close()
    opened.close()


def test_write_that_does_not_end_is_waited_for_and_then_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One writes to a SQLite file at a time; who waited in vain is told so, and can write after the other one."""
    monkeypatch.setattr(database_module, "_BUSY_MILLISECONDS", 50)
    database = Database(f"sqlite:///{tmp_path / 'records.db'}")
    database.migrate()
    with ThreadPoolExecutor(1) as beside:

        def write() -> int:
            return create_endpoint(database).generation

        with database.write(), pytest.raises(RecordsError, match="another write does not end"):
            beside.submit(write).result()
        assert beside.submit(write).result() == 1
    database.close()


def test_old_events_go(database: Database) -> None:
    """Those of each endpoint that nobody is told of any more: of one that comes and goes there are more each minute."""
    endpoints, progress = Endpoints(database), Progress(database)
    talkative, quiet = create_endpoint(database, "talkative"), create_endpoint(database, "quiet")
    now = datetime.now(UTC)
    common = {"endpoint_id": talkative.id, "at": now, "type": "Normal", "message": ""}
    with database.change() as connection:
        connection.execute(insert(EVENTS), [{**common, "reason": str(number)} for number in range(300)])
    with pytest.raises(NotLeadingError):
        progress.forget_old_events(7)
    token = progress.lead("one", SECONDS)
    assert token is not None
    for _ in range(2):
        progress.forget_old_events(token)
        with database.look() as connection:
            assert connection.execute(select(func.count()).select_from(EVENTS)).scalar_one() == 200 + 1
    told = [each.reason for each in endpoints.events(ADA.owner, talkative.id)]
    assert told == [str(number) for number in range(299, 99, -1)]
    assert [each.reason for each in endpoints.events(ADA.owner, quiet.id)] == ["create"]

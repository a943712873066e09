"""What Temporal answers is read as it is meant, in either form of its list of workers; its silence is an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.api.deployment.v1 import RoutingConfig, WorkerDeploymentInfo, WorkerDeploymentVersionInfo
from temporalio.api.deployment.v1 import WorkerDeploymentVersion as Build
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus as Status
from temporalio.api.namespace.v1 import NamespaceInfo
from temporalio.api.taskqueue.v1 import TaskQueueStats
from temporalio.api.worker.v1 import WorkerHeartbeat, WorkerHostInfo, WorkerInfo, WorkerListInfo, WorkerSlotsInfo
from temporalio.api.workflowservice.v1 import (
    DeleteWorkerDeploymentResponse,
    DeleteWorkerDeploymentVersionResponse,
    DescribeNamespaceResponse,
    DescribeTaskQueueResponse,
    DescribeWorkerDeploymentResponse,
    DescribeWorkerDeploymentVersionResponse,
    DescribeWorkerResponse,
    ListWorkersResponse,
    SetWorkerDeploymentCurrentVersionResponse,
    SetWorkerDeploymentRampingVersionResponse,
)
from temporalio.service import RPCError, RPCStatusCode

from temporal_endpoints.errors import SettingsError, TemporalSilentError
from temporal_endpoints.observing.heartbeats import HeardWorker
from temporal_endpoints.observing.rollout import Routed, Routes, Step, Version
from temporal_endpoints.observing.temporal import Temporal

SENT = datetime(2026, 1, 1, tzinfo=UTC)


def heartbeat(host: str, used: int = 0) -> WorkerHeartbeat:
    """What a worker on this host sends."""
    made = WorkerHeartbeat(
        worker_instance_key=f"of {host}",
        worker_identity=f"7@{host}",
        host_info=WorkerHostInfo(host_name=host),
        task_queue="transcribe",
        activity_task_slots_info=WorkerSlotsInfo(current_used_slots=used),
        local_activity_slots_info=WorkerSlotsInfo(current_used_slots=1),
        nexus_task_slots_info=WorkerSlotsInfo(current_used_slots=2),
    )
    made.heartbeat_time.FromDatetime(SENT)
    made.elapsed_since_last_heartbeat.FromTimedelta(timedelta(seconds=5))
    return made


class Service:
    """Answers each request by what it was given for it, and notes what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self._answers, self.asked = answers, list[Any]()

    def __getattr__(self, method: str) -> Any:
        async def answer(request: Any, *, metadata: dict[str, str], timeout: timedelta) -> Any:
            assert metadata == {"temporal-namespace": request.namespace}
            assert timeout < timedelta(seconds=10)
            self.asked.append(request)
            given = self._answers[method]
            given = given(request) if callable(given) else given
            if isinstance(given, Exception):
                raise given
            return given

        return answer


@pytest.fixture
def served() -> Iterator[Any]:
    """Makes clients of such services, and closes them."""
    made: list[Temporal] = []

    def client(**answers: Any) -> tuple[Temporal, Service]:
        service = Service(**answers)
        made.append(Temporal(service))
        return made[-1], service

    yield client
    for temporal in made:
        temporal.close()


def test_heartbeats_are_read_from_all_pages(served: Any) -> None:
    """A worker says which host it is on, what it runs, when it said so and how often it does."""
    pages = {b"": (["a", "b"], b"next"), b"next": (["c"], b"")}

    def page(request: Any) -> ListWorkersResponse:
        hosts, following = pages[request.next_page_token]
        listed = [WorkerInfo(worker_heartbeat=heartbeat(host, 3)) for host in hosts]
        return ListWorkersResponse(workers_info=listed, next_page_token=following)

    temporal, _ = served(list_workers=page)
    workers = temporal.workers("default", set())
    assert [heard.host_name for heard in workers] == ["a", "b", "c"]
    sent = int(SENT.timestamp()) * 10**9
    assert workers[0] == HeardWorker("of a", "a", "7@a", "transcribe", 3, 3, sent, 5.0)


def test_first_heartbeat_is_of_the_longest_interval(served: Any) -> None:
    """It says nothing of those to come."""
    first = heartbeat("a")
    first.ClearField("elapsed_since_last_heartbeat")
    temporal, _ = served(list_workers=ListWorkersResponse(workers_info=[WorkerInfo(worker_heartbeat=first)]))
    assert [heard.interval for heard in temporal.workers("default", set())] == [60.0]


def test_server_that_lists_no_heartbeats_is_asked_for_those_of_our_pods(served: Any) -> None:
    """One by one, and for no others; one that is forgotten meanwhile is gone."""
    hosts = ("pod-0", "pod-1", "elsewhere")
    listed = [WorkerListInfo(worker_instance_key=f"of {host}", host_name=host) for host in hosts]

    def described(request: Any) -> Any:
        if request.worker_instance_key == "of pod-1":
            return RPCError("not found", RPCStatusCode.NOT_FOUND, b"")
        return DescribeWorkerResponse(worker_info=WorkerInfo(worker_heartbeat=heartbeat("pod-0", 1)))

    temporal, service = served(list_workers=ListWorkersResponse(workers=listed), describe_worker=described)
    workers = temporal.workers("default", {"pod-0", "pod-1"})
    assert [(heard.host_name, heard.activities) for heard in workers] == [("pod-0", 1)]
    assert [request.worker_instance_key for request in service.asked[1:]] == ["of pod-0", "of pod-1"]


def test_backlog_is_that_of_activities(served: Any) -> None:
    """Each queue is asked for what waits in it, and for nothing else."""

    def described(request: Any) -> DescribeTaskQueueResponse:
        assert request.task_queue_type == TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
        assert request.report_stats
        return DescribeTaskQueueResponse(stats=TaskQueueStats(approximate_backlog_count=len(request.task_queue.name)))

    temporal, _ = served(describe_task_queue=described)
    queues = [f"{'q' * number}" for number in range(1, 40)]
    assert temporal.backlogs("default", queues) == {queue: len(queue) for queue in queues}


def test_queue_that_cannot_be_described_is_left_out(served: Any) -> None:
    """The others are told; if none can be described, that is silence."""

    def described(request: Any) -> Any:
        if request.task_queue.name.startswith("/_sys/"):
            return RPCError("reserved", RPCStatusCode.INVALID_ARGUMENT, b"")
        return DescribeTaskQueueResponse(stats=TaskQueueStats(approximate_backlog_count=0))

    temporal, _ = served(describe_task_queue=described)
    assert temporal.backlogs("default", ["/_sys/a", "b"]) == {"b": 0}
    assert temporal.backlogs("default", []) == {}
    with pytest.raises(TemporalSilentError, match="describe_task_queue"):
        temporal.backlogs("default", ["/_sys/a"])


@pytest.mark.parametrize("capable", [True, False])
def test_capability_is_the_namespaces(served: Any, capable: bool) -> None:
    """An older server does not know the word, which reads as no."""
    able = NamespaceInfo.Capabilities(worker_heartbeats=True) if capable else NamespaceInfo.Capabilities()
    answer = DescribeNamespaceResponse(namespace_info=NamespaceInfo(capabilities=able))
    assert served(describe_namespace=answer)[0].has_heartbeats("default") is capable


@pytest.mark.parametrize(
    "error", [RPCError("denied", RPCStatusCode.PERMISSION_DENIED, b""), RuntimeError("no route to host")]
)
def test_silence_says_what_to_correct(served: Any, error: Exception) -> None:
    """Which request had no answer, of which namespace, and where the connection is configured."""
    temporal, _ = served(list_workers=error, describe_worker=error)
    with pytest.raises(TemporalSilentError, match=r"list_workers in the namespace speech.*--temporal-address"):
        temporal.workers("speech", set())


def test_connection_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """As workers have it; an address of the settings is stronger, and nothing is asked at the start."""
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "absent.toml"))
    for variable in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS"):
        monkeypatch.delenv(variable, raising=False)
    assert Temporal.configured(None) is None
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "speech")
    found = Temporal.configured(None)
    assert found is not None
    assert found.namespace == "speech"
    with pytest.raises(TemporalSilentError, match="describe_namespace in the namespace speech"):
        found.has_heartbeats("speech")
    found.close()


def test_certificate_that_is_missing_is_one_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """It names the file, and the variables to correct."""
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "absent.toml"))
    monkeypatch.setenv("TEMPORAL_TLS", "true")
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", str(tmp_path / "tls.crt"))
    with pytest.raises(SettingsError, match=r"tls\.crt.*TEMPORAL_\*"):
        Temporal.configured("127.0.0.1:7233")


@pytest.mark.parametrize("line", ['api_key = "secret', "api_key = 5secret", 'tls = "secret"', 'api_key = ["secret"]'])
def test_file_that_cannot_be_read_is_not_repeated(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """It holds the key; the line is told."""
    file = tmp_path / "temporal.toml"
    file.write_text(f"[profile.default]\n{line}\n", encoding="utf-8")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(file))
    with pytest.raises(SettingsError, match=r"TOML parse error at line 2") as caught:
        Temporal.configured("127.0.0.1:7233")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "routed"),
    [
        (Status.WORKER_DEPLOYMENT_VERSION_STATUS_CREATED, Routed.ABSENT),
        (Status.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE, Routed.INACTIVE),
        (Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT, Routed.CURRENT),
        (Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING, Routed.RAMPING),
        (Status.WORKER_DEPLOYMENT_VERSION_STATUS_UNSPECIFIED, Routed.DRAINING),
        (Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING, Routed.DRAINING),
        (Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED, Routed.DRAINED),
    ],
)
def test_build_is_read_with_what_waits_for_its_activities(served: Any, status: Any, routed: Routed) -> None:
    """In this queue alone; a status that is not known keeps its workers."""
    queue = DescribeWorkerDeploymentVersionResponse.VersionTaskQueue
    kinds = [("q", 2, 3), ("q", 1, 5), ("other", 2, 7)]
    answer = DescribeWorkerDeploymentVersionResponse(
        worker_deployment_version_info=WorkerDeploymentVersionInfo(status=status),
        version_task_queues=[
            queue(name=name, type=kind, stats=TaskQueueStats(approximate_backlog_count=count))
            for name, kind, count in kinds
        ],
    )
    temporal, service = served(describe_worker_deployment_version=answer)
    assert temporal.versions("default", "end_1", ["bun_1"], "q") == {"bun_1": Version(routed, 3)}
    (asked,) = service.asked
    assert (asked.deployment_version.deployment_name, asked.deployment_version.build_id) == ("end_1", "bun_1")
    assert asked.report_task_queue_stats


def test_build_that_has_never_polled_is_not_there(served: Any) -> None:
    """Which is no error; any other one says nothing of the build."""
    absent = RPCError("Worker Deployment Version not found", RPCStatusCode.NOT_FOUND, b"")
    temporal, _ = served(describe_worker_deployment_version=absent)
    assert temporal.versions("default", "end_1", ["bun_1"], "q") == {"bun_1": Version(Routed.ABSENT)}
    temporal, _ = served(describe_worker_deployment_version=RPCError("no", RPCStatusCode.PERMISSION_DENIED, b""))
    with pytest.raises(TemporalSilentError, match="describe_worker_deployment_version"):
        temporal.versions("default", "end_1", ["bun_1"], "q")


LEFT = WorkerDeploymentInfo(
    routing_config=RoutingConfig(
        current_deployment_version=Build(deployment_name="end_1", build_id="bun_2"),
        ramping_deployment_version=Build(deployment_name="end_1", build_id="bun_1"),
        ramping_version_percentage=10.0,
    ),
    version_summaries=[
        WorkerDeploymentInfo.WorkerDeploymentVersionSummary(
            deployment_version=Build(deployment_name="end_1", build_id=f"bun_{number}")
        )
        for number in (1, 2)
    ],
)
FORGETS: dict[str, Any] = {
    "describe_worker_deployment": DescribeWorkerDeploymentResponse(worker_deployment_info=LEFT),
    "set_worker_deployment_current_version": SetWorkerDeploymentCurrentVersionResponse(),
    "set_worker_deployment_ramping_version": SetWorkerDeploymentRampingVersionResponse(),
    "delete_worker_deployment_version": DeleteWorkerDeploymentVersionResponse(),
    "delete_worker_deployment": DeleteWorkerDeploymentResponse(),
}


@pytest.mark.parametrize(
    ("config", "routes"),
    [
        (RoutingConfig(), Routes()),
        (LEFT.routing_config, Routes("bun_2", "bun_1", 10.0)),
        (RoutingConfig(ramping_deployment_version=Build(build_id="bun_1")), Routes("", "bun_1")),
        (RoutingConfig(ramping_version_percentage=20.0), Routes("", "", 20.0)),
    ],
    ids=["none", "ramp", "ramp-of-nothing", "ramp-to-workers-without-versions"],
)
@pytest.mark.parametrize(("last", "told"), [("temporal-endpoints", None), ("", None), ("cli:ada", "cli:ada")])
def test_routes_are_read_with_who_changed_them(
    served: Any, config: RoutingConfig, routes: Routes, last: str, told: str | None
) -> None:
    """If that was somebody else; before any worker has polled there are none."""
    info = WorkerDeploymentInfo(routing_config=config, last_modifier_identity=last)
    temporal, service = served(describe_worker_deployment=DescribeWorkerDeploymentResponse(worker_deployment_info=info))
    assert temporal.routes("default", "end_1") == replace(routes, changed_by=told)
    assert service.asked[0].deployment_name == "end_1"


def test_routes_of_a_deployment_that_is_not_there_are_none(served: Any) -> None:
    """Which is no error; any other one says nothing."""
    absent = RPCError("no Worker Deployment found", RPCStatusCode.NOT_FOUND, b"")
    assert served(describe_worker_deployment=absent)[0].routes("default", "end_1") is None
    denied = RPCError("no", RPCStatusCode.PERMISSION_DENIED, b"")
    with pytest.raises(TemporalSilentError, match="describe_worker_deployment"):
        served(describe_worker_deployment=denied)[0].routes("default", "end_1")


def test_deployment_of_a_deleted_endpoint_is_forgotten(served: Any) -> None:
    """First the queue's new work goes to workers without versions, then the versions go, then the deployment."""
    temporal, service = served(**FORGETS)
    assert temporal.leave("default", "end_1") is None
    told = [type(each).__name__.removesuffix("Request").replace("WorkerDeployment", "") for each in service.asked]
    assert told == ["Describe", "SetRampingVersion", "SetCurrentVersion", "DeleteVersion", "DeleteVersion", "Delete"]
    assert (service.asked[1].build_id, service.asked[1].percentage, service.asked[2].build_id) == ("", 0.0, "")
    assert [each.deployment_version.build_id for each in service.asked[3:5]] == ["bun_1", "bun_2"]
    assert not any(each.skip_drainage for each in service.asked[3:5])


def test_what_is_unversioned_already_is_not_set_again(served: Any) -> None:
    """Each change makes Temporal tell it to all of its partitions."""
    info = WorkerDeploymentInfo(version_summaries=LEFT.version_summaries)
    known = DescribeWorkerDeploymentResponse(worker_deployment_info=info)
    temporal, service = served(**{**FORGETS, "describe_worker_deployment": known})
    assert temporal.leave("default", "end_1") is None
    assert len(service.asked) == 4


def test_version_that_temporal_keeps_is_told_and_the_others_go(served: Any) -> None:
    """Its workers polled minutes ago, say; one that somebody else has deleted meanwhile is no trouble."""

    def keeps(request: Any) -> RPCError:
        if request.deployment_version.build_id == "bun_1":
            return RPCError("bun_1 has active pollers", RPCStatusCode.FAILED_PRECONDITION, b"")
        return RPCError("no such version", RPCStatusCode.NOT_FOUND, b"")

    temporal, service = served(**{**FORGETS, "delete_worker_deployment_version": keeps})
    left = temporal.leave("default", "end_1")
    assert left is not None
    assert "New work goes to workers without versions" in left
    assert "bun_1 has active pollers" in left
    assert [type(each).__name__ for each in service.asked[3:]] == ["DeleteWorkerDeploymentVersionRequest"] * 2


@pytest.mark.parametrize("method", FORGETS)
def test_right_that_is_missing_is_told_whatever_it_is(served: Any, method: str) -> None:
    """It is an answer, so that what others left is not waited with."""
    denied = RPCError("no right", RPCStatusCode.PERMISSION_DENIED, b"")
    temporal, _ = served(**{**FORGETS, method: denied})
    assert f"{method} in the namespace default: no right" in str(temporal.leave("default", "end_1"))


@pytest.mark.parametrize("method", ["describe_worker_deployment", "delete_worker_deployment"])
def test_deployment_that_is_not_there_is_forgotten(served: Any, method: str) -> None:
    """None of its workers ever polled, or somebody else has deleted it."""
    absent = RPCError("no Worker Deployment found", RPCStatusCode.NOT_FOUND, b"")
    assert served(**{**FORGETS, method: absent})[0].leave("default", "end_1") is None


@pytest.mark.parametrize("method", FORGETS)
@pytest.mark.parametrize(
    "error", [RPCError("away", RPCStatusCode.UNAVAILABLE, b""), RuntimeError("no route to host")], ids=["rpc", "route"]
)
def test_temporal_that_is_away_is_silence(served: Any, method: str, error: Exception) -> None:
    """Whichever request it is: nobody knows then whether it was done."""
    temporal, _ = served(**{**FORGETS, method: error})
    with pytest.raises(TemporalSilentError, match=method):
        temporal.leave("default", "end_1")


@pytest.mark.parametrize(
    ("percent", "build", "told"), [(100, "bun_1", None), (10, "bun_1", 10.0), (0, "", 0.0)], ids=["all", "part", "none"]
)
def test_build_is_given_the_new_work_or_the_servers_reason_is_told(
    served: Any, percent: int, build: str, told: float | None
) -> None:
    """All of it makes it the current one, a part of it a ramping one, and none ends its ramp."""
    temporal, service = served(**FORGETS)
    assert temporal.route("default", "end_1", Step("bun_1", percent)) is None
    (asked,) = service.asked
    assert (asked.deployment_name, asked.build_id) == ("end_1", build)
    assert getattr(asked, "percentage", None) == told
    refused = RPCError("missing pollers", RPCStatusCode.FAILED_PRECONDITION, b"")
    temporal, _ = served(set_worker_deployment_current_version=refused, set_worker_deployment_ramping_version=refused)
    assert "missing pollers" in str(temporal.route("default", "end_1", Step("bun_1", percent)))


def test_ramp_of_a_build_is_read_and_whether_it_was_ever_current(served: Any) -> None:
    """By these whoever leads knows when the next step is due, and which builds are not ramped again."""
    known = WorkerDeploymentVersionInfo(status=Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING, ramp_percentage=25.0)
    known.routing_changed_time.FromDatetime(SENT)
    answer = DescribeWorkerDeploymentVersionResponse(worker_deployment_version_info=known)
    temporal, _ = served(describe_worker_deployment_version=answer)
    ramping = Version(Routed.RAMPING, 0, 25.0, SENT.timestamp(), was_current=False)
    assert temporal.versions("default", "end_1", ["bun_1"], "q") == {"bun_1": ramping}
    known.last_current_time.FromDatetime(SENT)
    answer = DescribeWorkerDeploymentVersionResponse(worker_deployment_version_info=known)
    temporal, _ = served(describe_worker_deployment_version=answer)
    assert temporal.versions("default", "end_1", ["bun_1"], "q")["bun_1"].was_current

"""A worker's settings come from its environment, and every variable that is missing or wrong is named at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from temporal_endpoints_worker.errors import SettingsError
from temporal_endpoints_worker.settings import Settings

QUEUE = {"TEMPORAL_TASK_QUEUE": "captions"}


def test_queue_is_enough() -> None:
    """One activity at a time, a heartbeat every 5 s, no port, no file, no version."""
    settings = Settings.of({**QUEUE, "HOSTNAME": "captions-7d4f-x2x9b"})
    assert settings == Settings(
        task_queue="captions",
        slots=1,
        grace=None,
        heartbeat=timedelta(seconds=5),
        identity="captions-7d4f-x2x9b",
        metrics_port=None,
        ready_port=None,
        ready_file=None,
        version=None,
    )


def test_everything_can_be_said(tmp_path: Path) -> None:
    """Each variable reaches its setting, and the pod's name wins over the host's."""
    settings = Settings.of(
        {
            **QUEUE,
            "TEMPORAL_WORKER_SLOTS": "4",
            "TEMPORAL_WORKER_GRACE_SECONDS": "1800",
            "TEMPORAL_WORKER_HEARTBEAT_SECONDS": "60",
            "TEMPORAL_WORKER_METRICS_PORT": "9090",
            "TEMPORAL_WORKER_READY_PORT": "8081",
            "TEMPORAL_WORKER_READY_FILE": str(tmp_path / "ready"),
            "TEMPORAL_DEPLOYMENT_NAME": "workers/captions",
            "TEMPORAL_WORKER_BUILD_ID": "1.4",
            "POD_NAME": "of-the-pod",
            "HOSTNAME": "of-the-host",
        }
    )
    assert settings == Settings(
        task_queue="captions",
        slots=4,
        grace=timedelta(seconds=1800),
        heartbeat=timedelta(seconds=60),
        identity="of-the-pod",
        metrics_port=9090,
        ready_port=8081,
        ready_file=tmp_path / "ready",
        version=("workers/captions", "1.4"),
    )


@pytest.mark.parametrize(("grace", "patience"), [("1800", 1790), ("60", 50), ("20", 16), ("1", 0.8)])
def test_activities_are_cancelled_before_the_grace_period_is_over(grace: str, patience: float) -> None:
    """A fifth of it, and 10 s at most, are left for them to tell Temporal."""
    settings = Settings.of({**QUEUE, "TEMPORAL_WORKER_GRACE_SECONDS": grace})
    assert settings.patience == timedelta(seconds=patience)


def test_without_a_grace_period_no_activity_is_cancelled() -> None:
    """A worker that knows no bound leaves it to Kubernetes, instead of cutting short what might have ended."""
    assert Settings.of(QUEUE).patience >= timedelta(days=1)


@pytest.mark.parametrize("service", ["tcp://10.96.0.7:9090", "udp://[fd00::7]:53"])
def test_service_of_the_namespace_is_no_port_of_the_worker(service: str) -> None:
    """Of one called temporal-worker-metrics Kubernetes tells every pod by that very variable."""
    told = {"TEMPORAL_WORKER_METRICS_PORT": service, "TEMPORAL_WORKER_READY_PORT": service}
    settings = Settings.of({**QUEUE, **told})
    assert (settings.metrics_port, settings.ready_port) == (None, None)
    with pytest.raises(SettingsError, match="TEMPORAL_WORKER_SLOTS is"):
        Settings.of({**QUEUE, "TEMPORAL_WORKER_SLOTS": service})


def test_misspelt_variable_is_told() -> None:
    """With the nearest one; what somebody else may have meant is not."""
    environment = {
        **QUEUE,
        "TEMPORAL_WORKER_HEARTBEAT_SECOND": "5",
        "TEMPORAL_WORKER_SLOT": "4",
        "TEMPORAL_WORKER_SLOTS": "4",
        "TEMPORAL_WORKER_METRICS_PORT": "9090",
        "TEMPORAL_WORKER_METRICS_SERVICE_HOST": "10.96.0.7",
        "TEMPORAL_WORKER_METRICS_PORT_9090_TCP_ADDR": "10.96.0.7",
        "TEMPORAL_WORKER_METRICS_A_PORT": "tcp://10.96.0.8:9090",
        "TEMPORAL_WORKER_METRICS_PORT_7_TCP": "tcp://10.96.0.7:7",
        "TEMPORAL_WORKER_TEAM": "captions",
        "TEMPORAL_WORKER_GRACE": "1800",
        "TEMPORAL_WORKER_BUILD": "7",
    }
    assert list(Settings.warnings(environment)) == [
        f"{name} is not heeded. Did you mean {near}? Then correct its name."
        for name, near in [
            ("TEMPORAL_WORKER_BUILD", "TEMPORAL_WORKER_BUILD_ID"),
            ("TEMPORAL_WORKER_GRACE", "TEMPORAL_WORKER_GRACE_SECONDS"),
            ("TEMPORAL_WORKER_HEARTBEAT_SECOND", "TEMPORAL_WORKER_HEARTBEAT_SECONDS"),
            ("TEMPORAL_WORKER_SLOT", "TEMPORAL_WORKER_SLOTS"),
        ]
    ]


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"TEMPORAL_TASK_QUEUE": ""}, "TEMPORAL_TASK_QUEUE is not set"),
        ({"TEMPORAL_WORKER_SLOTS": "0"}, "TEMPORAL_WORKER_SLOTS is '0'. Set it to a whole number of 1 or more"),
        ({"TEMPORAL_WORKER_SLOTS": "four"}, "TEMPORAL_WORKER_SLOTS is 'four'"),
        ({"TEMPORAL_WORKER_SLOTS": "-1"}, "TEMPORAL_WORKER_SLOTS is '-1'"),
        ({"TEMPORAL_WORKER_SLOTS": "²"}, "TEMPORAL_WORKER_SLOTS is '²'"),
        ({"TEMPORAL_WORKER_GRACE_SECONDS": "30s"}, "TEMPORAL_WORKER_GRACE_SECONDS is '30s'"),
        ({"TEMPORAL_WORKER_GRACE_SECONDS": "9" * 15}, "a whole number from 0 to 2147483647"),
        ({"TEMPORAL_WORKER_SLOTS": "9" * 5000}, "a whole number from 1 to 2147483647"),
        ({"TEMPORAL_WORKER_HEARTBEAT_SECONDS": "61"}, "a whole number from 1 to 60"),
        ({"TEMPORAL_WORKER_METRICS_PORT": "65536"}, "a whole number from 1 to 65535"),
        ({"TEMPORAL_WORKER_READY_PORT": "http"}, "TEMPORAL_WORKER_READY_PORT is 'http'"),
        ({"TEMPORAL_WORKER_METRICS_PORT": "80", "TEMPORAL_WORKER_READY_PORT": "80"}, "are both 80"),
        ({"TEMPORAL_WORKER_READY_FILE": "/absent/ready"}, "there is no folder /absent"),
        ({"TEMPORAL_DEPLOYMENT_NAME": "captions"}, "TEMPORAL_WORKER_BUILD_ID is not"),
        ({"TEMPORAL_WORKER_BUILD_ID": "1.4"}, "TEMPORAL_DEPLOYMENT_NAME is not"),
    ],
)
def test_what_is_wrong_is_named(environment: dict[str, str], told: str) -> None:
    """The message has the variable, what it is, and what to do."""
    with pytest.raises(SettingsError) as error:
        Settings.of({**QUEUE, **environment})
    assert told in str(error.value)
    assert str(error.value).endswith(".")


def test_all_that_is_wrong_is_named_at_once() -> None:
    """One line each."""
    with pytest.raises(SettingsError) as error:
        Settings.of({"TEMPORAL_WORKER_SLOTS": "many", "TEMPORAL_WORKER_BUILD_ID": "1"})
    assert len(str(error.value).splitlines()) == 3

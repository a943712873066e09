"""Promise 9: no activity is cut short by scale-in, also one that takes longer than the grace period."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load

from .conftest import ROOT, WORKER
from .picture import picture
from .scale_in import Case, Ground, by_backlog_alone, protected
from .table import table
from .trace import Trace

CASES = [Case(seed, slots=1 + seed % 2) for seed in range(1, 9)]
FOLDER = ROOT / "build" / "scale-in"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster for this module alone, since parts of it are killed."""
    with Cluster(logs=ROOT / "build" / "e2e" / os.environ.get(WORKER, "") / "scale-in") as started:
        yield started


@pytest.fixture(scope="module")
def ground(cluster: Cluster, contract: Contract, load: Load) -> Ground:
    """Where runs take place."""
    return Ground(cluster, contract, load)


@pytest.fixture(scope="module")
def runs(ground: Ground, cases: Sequence[Case], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Trace, Trace]]:
    """Every case by backlog alone and with the busy workers, both at the same time, so that load meets both."""
    made = []
    for case in cases:
        folder = tmp_path_factory.mktemp(f"seed-{case.seed}")
        with ThreadPoolExecutor(2) as threads:
            ways = (by_backlog_alone, protected)
            folders = [folder / way.__name__ for way in ways]
            for each in folders:
                each.mkdir()
            alone, beside = [threads.submit(way, ground, case, each) for way, each in zip(ways, folders, strict=True)]
            made.append((alone.result(), beside.result()))
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"seed-{case.seed}.svg").write_text(picture(made[-1], "Workers of one endpoint over time"))
    (FOLDER / "table.md").write_text(table(cases, made))
    return made


@pytest.fixture(scope="module")
def cases(extent: Callable[[int, int], int]) -> Sequence[Case]:
    """One of them, with two slots; in `make e2e-all` all eight."""
    return CASES[: extent(1, len(CASES))]


def cost(runs: Sequence[Trace]) -> float:
    """Seconds of pods for each activity that has ended."""
    return sum(run.pod_seconds for run in runs) / sum(run.done for run in runs)


def test_backlog_alone_cuts_activities(runs: list[tuple[Trace, Trace]]) -> None:
    """Otherwise the load would prove nothing about what is beside it."""
    assert sum(alone.cut for alone, _ in runs) > 0
    assert sum(alone.busy_stopped for alone, _ in runs) > 0


def test_busy_workers_are_never_stopped(runs: list[tuple[Trace, Trace]]) -> None:
    """Every activity ends, none is cut, no pod is told to stop while it works, and no pod stays."""
    for _, run in runs:
        assert (run.title, run.cut, run.busy_stopped, run.done) == (run.title, 0, 0, run.activities)
        assert run.zero is not None, run.title


def test_they_cost_no_more_than_backlog_alone(runs: list[tuple[Trace, Trace]]) -> None:
    """Idle pods go as soon as they would, and nothing is done twice: fewer seconds of pods for what is done.

    By backlog alone some activities never end, which costs no seconds: so they are those for each that has ended.
    """
    by_backlog, with_busy_workers = ([run[number] for run in runs] for number in (0, 1))
    assert cost(with_busy_workers) <= cost(by_backlog)


def restart_temporal(ground: Ground) -> None:
    """The server is killed, and started again on its database file."""
    ground.cluster.temporal.server.kill()
    ground.cluster.temporal.start()


def kill_keda(ground: Ground) -> None:
    """KEDA's operator is killed and comes back."""
    ground.cluster.keda.operator.kill()
    ground.cluster.keda.start_operator()


FAULTS: dict[str, Callable[[Ground], None]] = {
    "temporal": restart_temporal,
    "keda": kill_keda,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_during_scale_in_cuts_nothing(
    ground: Ground, fault: str, extent: Callable[[int, int], int], tmp_path: Path
) -> None:
    """What cannot be seen counts as busy, and a scaler without an answer leaves the workers as they are."""
    case = CASES[extent(1, 0)]
    run = protected(ground, case, tmp_path, {fault: partial(FAULTS[fault], ground)})
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{fault}.svg").write_text(picture([run], f"Workers of one endpoint; the fault: {fault}"))
    assert (run.cut, run.busy_stopped, run.done) == (0, 0, run.activities)
    assert run.zero is not None

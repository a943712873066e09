"""`helm-nested mutants`: whichever of its processes dies, whenever it does, is told, and nothing is left over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from helm_nested.mutation.forked import DIED, forked
from helm_nested.processes import end_session

# All of this takes a second on an idle machine; the processes themselves would wait for minutes.
SECONDS = 60

WAITING = '''\
import json
import os
import subprocess
import time
from pathlib import Path

from helm_nested.pytest_plugin import over

HERE = Path(__file__).parent


def wait():
    """Start processes that outlive this one, say who is who, and go on for minutes."""
    if not os.fork():
        time.sleep(300)
        os._exit(0)
    subprocess.Popen(["sleep", "300"])
    fresh = HERE / f"fresh-{os.getpid()}"
    leads = os.getsid(0) == os.getpid()
    fresh.write_text(json.dumps({"this": os.getpid(), "parent": os.getppid(), "leads": leads}))
    fresh.rename(HERE / "who.json")
    time.sleep(300)


if "MOMENT" == "collecting":
    wait()


@over(stage="filled")
def test_greeting(document):
    """A letter is read."""
    looking = document["data"]["greeting"] == "Dear"
    if ("MOMENT" == "looking") == looking:
        wait()
'''
FILES = {
    "helm-nested.yaml": """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: texts, keys: ["*.yaml"]}]
contract: contract.schema.json
argumentSets: [arguments.yaml]
scenarios: [default.yaml]
matrix: axes.yaml
mutation: {tests: [tests]}
""",
    "axes.yaml": "blocks: {all: all}\naxes: {voice: {block: all, choices: {soft: {}, loud: {loud: true}}}}\n",
    "default.yaml": "{}\n",
    "arguments.yaml": "arguments: {NAME: a}\n",
    "contract.schema.json": json.dumps(
        {"type": "object", "required": ["NAME"], "properties": {"NAME": {"type": "string", "x-position": "scalar"}}}
    ),
    "chart/Chart.yaml": "apiVersion: v2\nname: letters\nversion: 1.0.0\n",
    "chart/values.yaml": "loud: false\n",
    "chart/templates/letters.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: texts
data:
  letter.yaml: |-
    {apiVersion: v1, kind: ConfigMap, metadata: {name: "${NAME}"}, data: {greeting: {{ "Dear" }}}}
""",
}
# Who is killed: the process that tests run in, what they run in a copy of, what started that, and what waits for it.
TRIAL, WORKER, WORKS, WAITS = range(4)


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("trying", TRIAL),
        ("trying", WORKER),
        ("trying", WORKS),
        ("trying", WAITS),
        ("looking", TRIAL),
        ("looking", WORKER),
        ("collecting", WORKER),
    ],
)
def test_a_process_that_is_killed_is_told_and_leaves_nothing(tmp_path: Path, moment: str, who: int) -> None:
    """What could not be tried is said within seconds, though copies of the dead process live; none of them stays."""
    for name, text in {**FILES, "tests/test_letters.py": WAITING.replace("MOMENT", moment)}.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "helm_nested", "mutants", "--jobs", "1", "--out", "out"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as running:
        sessions = {running.pid}
        try:
            trial, worker = _told(tmp_path / "tests" / "who.json")
            works = _status(worker)[1]
            sessions.add(worker)
            os.kill((trial, worker, works, running.pid)[who], signal.SIGKILL)
            printed, _ = running.communicate(timeout=SECONDS)
            assert _nothing_left(sessions)
        finally:
            for each in sessions:
                end_session(each)
    if who == WAITS:
        assert running.returncode == -signal.SIGKILL
    else:
        assert "SIGKILL" in printed
        assert running.returncode == 2


def test_a_copy_of_a_dead_process_keeps_nobody_waiting() -> None:
    """What a trial has forked and what it has written in part do not hide that it is dead; both are ended."""

    def work() -> dict[str, object]:
        if not os.fork():
            time.sleep(300)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    started = time.monotonic()
    assert forked(work, seconds=200) == {DIED: "its process was ended by SIGKILL"}
    assert time.monotonic() - started < SECONDS


def _told(file: Path) -> tuple[int, int]:
    """The process that waits, and the worker, which is the same while the tests are collected."""
    until = time.monotonic() + SECONDS
    while not file.exists():
        assert time.monotonic() < until, "no test was run"
        time.sleep(0.05)
    said = json.loads(file.read_text(encoding="utf-8"))
    return said["this"], said["this"] if said["leads"] else said["parent"]


def _nothing_left(sessions: set[int]) -> bool:
    """Whether all processes of the sessions end soon."""
    until = time.monotonic() + SECONDS
    while any(_is_of(sessions, int(file.name)) for file in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _is_of(sessions: set[int], process: int) -> bool:
    with suppress(OSError):
        state, _, session = _status(process)
        return session in sessions and state != "Z"
    return False


def _status(process: int) -> tuple[str, int, int]:
    """Its state, parent and session."""
    state, parent, _, session = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[:4]
    return state, int(parent), int(session)

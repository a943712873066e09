"""A process that does not survive its work: exit status 2, and what it worked on; nothing goes on behind its back."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MATRIX = """\
blocks: {all: everything}
axes:
  image: {block: all, choices: {modest: {}, greedy: {image: registry.example.com/greedy}}}
"""
# More than the engine may have here: Go ends the process at once, past everything that Python could catch.
GREEDY = '{{- if contains "greedy" .Values.image }}{{ until 2000000000 | len }}{{ end }}\n'
LIMIT = 2500000000
OWN_CHECK = """\
import os, signal, time
from pathlib import Path
from helm_nested.checking.model import Check

def run(subject):
    {does}
    yield from ()

CHECK = Check("own", "document", "Something of our own holds.", run, ("a: b",), ("a: c",))
"""


@pytest.fixture
def nested(small: Path) -> Path:
    """The small chart with a matrix."""
    (small / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
    with (small / "helm-nested.yaml").open("a", encoding="utf-8") as file:
        file.write("matrix: matrix.yaml\n")
    return small


def own_check(folder: Path, does: str) -> None:
    """Let a check of the user's own do that."""
    (folder / "own.py").write_text(OWN_CHECK.format(does=does), encoding="utf-8")
    with (folder / "helm-nested.yaml").open("a", encoding="utf-8") as file:
        file.write("checks: {modules: [own.py]}\n")


def started(folder: Path, *arguments: str, memory: int | None = None) -> subprocess.Popen[str]:
    """The command as a program of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "helm_nested", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory))) if memory else None,
    )


def test_an_engine_that_takes_the_process_with_it(nested: Path) -> None:
    """Out of memory in Helm's library is told with the combination, and nothing passes."""
    (nested / "chart" / "templates" / "greedy.yaml").write_text(GREEDY, encoding="utf-8")
    work = started(nested, "check", memory=LIMIT)
    out, err = work.communicate(timeout=60)
    assert work.returncode == 2
    assert "findings" not in out
    assert err.splitlines()[-1].startswith("helm-nested: could not check this: the process ")
    assert "while it worked on the combination image=greedy" in err.splitlines()[-1]


def test_an_engine_that_takes_a_rendering_with_it(nested: Path) -> None:
    """The same for a scenario, and the folder of the results is not touched."""
    (nested / "chart" / "templates" / "greedy.yaml").write_text(GREEDY, encoding="utf-8")
    (nested / "values" / "large.yaml").write_text("image: registry.example.com/greedy\n", encoding="utf-8")
    work = started(nested, "render", "--out", "out", memory=LIMIT)
    _, err = work.communicate(timeout=60)
    assert work.returncode == 2
    assert "while it worked on the scenario 'large'" in err.splitlines()[-1]
    assert not (nested / "out").exists()


def test_a_check_that_takes_the_process_with_it(nested: Path) -> None:
    """What kills the process during a check is told with the document."""
    own_check(nested, "os.kill(os.getpid(), signal.SIGKILL)")
    work = started(nested, "check", "--strength", "2")
    out, err = work.communicate(timeout=60)
    assert (work.returncode, out) == (2, "")
    assert "was ended by SIGKILL while it worked on the checks of previews/templates/" in err


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
    ids=lambda each: str(each),
)
def test_who_ends_the_command_ends_its_work(nested: Path, number: signal.Signals, status: int) -> None:
    """A signal to the command reaches the process that works, also when the command itself can pass nothing on."""
    own_check(nested, "Path('worker').write_text(str(os.getpid())); time.sleep(60)")
    work = started(nested, "check", "--strength", "2")
    file = nested / "worker"
    wait_until(lambda: file.exists() and bool(file.read_text(encoding="utf-8")))
    worker = int(file.read_text(encoding="utf-8"))
    assert worker != work.pid
    work.send_signal(number)
    _, err = work.communicate(timeout=10)
    assert (work.returncode, err) == (status, "")
    wait_until(lambda: not alive(worker))


def test_a_key_pressed_is_the_workers_to_answer(nested: Path) -> None:
    """Ctrl-C goes to both processes, and is no crash."""
    own_check(nested, "Path('worker').write_text(str(os.getpid())); time.sleep(60)")
    work = started(nested, "check", "--strength", "2")
    wait_until((nested / "worker").exists)
    os.killpg(work.pid, signal.SIGINT)
    _, err = work.communicate(timeout=10)
    assert (work.returncode, err) == (130, "")


def wait_until(holds: object) -> None:
    """Wait for something that is about to be."""
    assert callable(holds)
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it was waited for in vain")


def alive(process: int) -> bool:
    """Whether that process is there, and not only waits to be forgotten (as Linux tells it)."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False

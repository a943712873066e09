"""One render that does not end: a signal ends it within a second, `--render-seconds` in time, and nothing is left."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from .conftest import Run
from .switches import JOB, Switches
from .test_watchdog import MATRIX, alive, started, wait_until

# Some minutes of Helm's time, which no signal interrupts.
LOOPS = "{{ range until 30000 }}{{ range until 30000 }}{{ end }}{{ end }}"
ENDLESS = f'{{{{ if contains "greedy" .Values.image }}}}{LOOPS}{{{{ end }}}}'


@pytest.fixture
def endless(small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small chart with a matrix and a scenario in which a render does not end; temporary files have a folder."""
    (small / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
    (small / "greedy.yaml").write_text("image: registry.example.com/greedy\n", encoding="utf-8")
    with (small / "helm-nested.yaml").open("a", encoding="utf-8") as file:
        file.write("matrix: matrix.yaml\n")
    (small / "chart" / "templates" / "endless.yaml").write_text(ENDLESS, encoding="utf-8")
    (small / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(small / "temporary"))
    return small


COMMANDS = {
    "check": ("check", "--strength", "2"),
    "render": ("render", "-f", "greedy.yaml", "--out", "out"),
    "diff": ("diff", "--base", "chart", "--strength", "2"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: str(each))
def test_a_signal_ends_the_command_within_a_second(endless: Path, command: str, number: signal.Signals) -> None:
    """Whatever Helm is at, and with nothing said; no temporary folder is left."""
    work = started(endless, *COMMANDS[command])
    wait_until(lambda: processor_seconds(work.pid) > 1.0)  # it renders
    begun = time.monotonic()
    work.send_signal(number)
    out, err = work.communicate(timeout=10)
    assert time.monotonic() - begun < 1.5  # a second, and what a busy machine takes besides
    assert (work.returncode, out, err) == (128 + number, "", "")
    assert list((endless / "temporary").iterdir()) == []
    assert not list(endless.glob(".out*"))


def test_a_command_that_is_killed_leaves_no_render_behind(endless: Path) -> None:
    """Who waits for the work can be killed and pass nothing on; the work ends all the same."""
    work = started(endless, *COMMANDS["render"])
    wait_until(lambda: processor_seconds(work.pid) > 1.0)
    (worker,) = below(work.pid)
    work.kill()
    work.communicate(timeout=10)
    wait_until(lambda: not alive(worker))


def test_a_key_pressed_ends_every_process(endless: Path) -> None:
    """Where several processes render, Ctrl-C reaches them all, and none of them says anything."""
    axes = "".join(f"  a{number}: {{block: all, choices: {{b: {{}}, c: {{d{number}: 1}}}}}}\n" for number in range(10))
    (endless / "matrix.yaml").write_text(MATRIX + axes, encoding="utf-8")
    (endless / "chart" / "values.schema.json").unlink()
    work = started(endless, "check", "--exhaustive")
    wait_until(lambda: len(below(work.pid)) > 2)
    time.sleep(0.5)
    begun = time.monotonic()
    os.killpg(work.pid, signal.SIGINT)
    out, err = work.communicate(timeout=10)
    assert time.monotonic() - begun < 1.5
    assert (work.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("check", "the combination image=greedy"),
        ("render", "the scenario 'greedy'"),
        ("diff", "the combination image=greedy"),
    ],
)
def test_a_render_that_takes_too_long_is_named(endless: Path, command: str, named: str) -> None:
    """The command ends with exit status 2, and says what did not end and what to do."""
    work = started(endless, *COMMANDS[command], "--render-seconds", "0.5")
    _, err = work.communicate(timeout=30)
    assert work.returncode == 2
    assert err == (
        f"helm-nested: could not check this: {named} took more than 0.5 s. A template of the chart does too "
        "much work with it, or does not end. Correct the template, or allow more time with --render-seconds.\n"
    )
    assert list((endless / "temporary").iterdir()) == []


def test_coverage_names_a_render_that_takes_too_long(endless: Path) -> None:
    """So does `coverage`, where a branch that is marked ends the render, once none is."""
    (endless / "chart" / "templates" / "endless.yaml").write_text(LOOPS, encoding="utf-8")
    work = started(endless, "coverage", "--render-seconds", "0.5")
    _, err = work.communicate(timeout=30)
    assert work.returncode == 2
    assert "the combination of all first choices took more than 0.5 s" in err


DIALECTS = {
    "a function": ("own.py:fill", None),
    "jinja2": ("jinja2", "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("command", "named"),
    [
        (("check", "--strength", "2"), r"job\.yaml filled with 'first'"),
        (("render", "--out", "out"), "the scenario 'default'"),
        (("diff", "--base", "base", "--strength", "2"), r"job\.yaml filled with 'first'"),
        (("check",), r"many\.yaml filled with '\w+'"),
    ],
    ids=["check", "render", "diff", "check by several processes"],
)
def test_a_template_that_is_filled_for_too_long_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str, command: tuple[str, ...], named: str
) -> None:
    """A loop in a template, or in the function that fills it, has the same limit: the command would never end."""
    monkeypatch.chdir(tmp_path)
    name, loop = DIALECTS[dialect]
    project = Switches(tmp_path, f"{loop or '# loop'}\n{JOB}")
    project.write("own.py", "def fill(text, arguments):\n    while 'loop' in text:\n        pass\n    return text\n")
    project.configure([{"kind": "ConfigMap", "name": "texts", "keys": ["*.yaml"], "dialect": name}])
    template = tmp_path / "chart" / "templates" / "map.yaml"
    text = template.read_text(encoding="utf-8").replace("{%", '{{ "{%" }}')
    if "many" in named:
        # As many templates as it takes for several processes to fill them: one of them does not end.
        keys = "".join(f"  k{key}.yaml: '{{a: {{{{ .Values | toJson | sha256sum }}}}}}'\n" for key in range(9))
        text = text.replace("job.yaml", "many.yaml").rstrip("\n") + f"\n{keys}"
    template.write_text(text, encoding="utf-8")
    shutil.copytree(tmp_path / "chart", tmp_path / "base")
    template.write_text(text.replace("x:1", "x:2"), encoding="utf-8")
    work = started(tmp_path, *command, "--render-seconds", "0.5")
    try:
        _, err = work.communicate(timeout=30)
    finally:
        work.kill()
    assert work.returncode == 2
    assert re.search(f"could not check this: {named} took more than 0.5 s", err)


def test_many_short_renders_take_as_long_as_they_take(small: Path) -> None:
    """The limit is one of a single render."""
    work = started(small, "render", "--out", "out", "--render-seconds", "5")
    assert work.wait(timeout=60) == 0
    work.communicate()


def test_a_crash_leaves_no_temporary_folder(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the process that works can clean up no more is cleaned up by the one that waits."""
    (small / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(small / "temporary"))
    (small / "own.py").write_text(
        "import os, signal\n"
        "from helm_nested.temporary_folder import temporary_folder\n"
        "def fill(text, arguments):\n"
        "    with temporary_folder() as folder:\n"
        "        assert folder.is_dir()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n",
        encoding="utf-8",
    )
    text = (small / "helm-nested.yaml").read_text(encoding="utf-8")
    text = text.replace('keys: ["*.yaml"]', 'keys: ["*.yaml"]\n    dialect: "own.py:fill"')
    (small / "helm-nested.yaml").write_text(text, encoding="utf-8")
    work = started(small, "render", "--out", "out")
    _, err = work.communicate(timeout=30)
    assert work.returncode == 2
    assert "was ended by SIGKILL" in err
    assert list((small / "temporary").iterdir()) == []


@pytest.mark.parametrize("given", ["0", "-1", "soon", "inf", "nan"])
def test_what_is_no_number_of_seconds_is_refused(
    small: Path, run: Run, given: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The option takes a number of seconds."""
    with pytest.raises(SystemExit):
        run("render", "--render-seconds", given)
    assert "is not a number of seconds" in capfd.readouterr().err


def processor_seconds(process: int) -> float:
    """What the processes that this one started have used (as Linux tells it)."""
    return sum(ticks for parent, ticks in _processes().values() if parent == process) / os.sysconf("SC_CLK_TCK")


def below(process: int) -> set[int]:
    """The processes that this one started, and those that they started."""
    found = {process}
    for _ in range(3):
        found |= {number for number, (parent, _) in _processes().items() if parent in found}
    return found - {process}


def _processes() -> dict[int, tuple[int, int]]:
    """Of every process its parent, and the ticks of a processor's time that it has used."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
            found[int(stat.parent.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    return found

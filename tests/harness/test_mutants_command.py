"""`helm-nested mutants`: who survives, what is kept, and what is said."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helm_nested.mutation.forked import DIED, ENDLESS, forked
from helm_nested.mutation.score import Score

from .mutated_chart import FILES, GREETING, WORDS, Ran, folder, mutants, write

__all__ = ["folder"]


def test_exactly_what_no_promise_speaks_of_survives(tried: Path) -> None:
    """A weak property lets the changed greeting live; a snapshot and a test without a docstring kill nothing."""
    ran = Ran(1, "", tried)
    assert ran.survivors() == {GREETING, WORDS}
    (effect,) = ran.of(*GREETING)["effects"]
    assert "key letter.yaml" in effect["place"]
    assert effect["lines"] == ['-  greeting: "Dear"', '+  greeting: "Dearx"']


def test_who_does_not_say_what_is_promised_is_told(tried: Path) -> None:
    """A test without a docstring is not run, which its author would not notice; one that is ignored is meant so."""
    ran = Ran(1, "", tried)
    assert ran.json["silent"] == ["tests/test_other.py::test_without_a_promise"]
    assert "tests/test_other.py::test_without_a_promise" in ran.page


def test_silent_tests_are_printed_a_few() -> None:
    """The printed line names some, and how many more there are."""
    names = [f"tests/test_a.py::test_{number}" for number in range(7)]
    printed = Score([], {}, {}, [], names).text()
    assert f"not run, as no docstring says what it promises: {', '.join(names[:5])} and 2 more. Write one" in printed
    assert "not run" not in Score([], {}, {}, []).text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "def test_a():\n    assert 1 == 1\n\ndef test_b():\n    assert 1 == 1\n",
            "of the 2 tests none has a docstring",
        ),
        ("", "there is no test that says what is promised"),
    ],
)
def test_tests_of_which_none_can_notice_anything_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    """Otherwise the score would be that of the checks alone, and nobody would say so."""
    write(tmp_path)
    for file in (tmp_path / "tests").iterdir():
        file.unlink()
    (tmp_path / "tests" / "test_a.py").write_text(text, encoding="utf-8")
    ran = mutants(tmp_path, capfd, "--sample", "1")
    assert ran.status == 2
    assert f"mutation.tests: {said}" in ran.printed


@pytest.mark.parametrize(
    ("source", "change", "kind", "name", "promise"),
    [
        (
            '{{ $name }}: {{ ternary "LOUD" "soft" .Values.loud }}',
            '"soft" -> "softx"',
            "property",
            "test_strong.py::test_voice",
            "The voice is loud exactly if it was asked for.",
        ),
        ('greeting: "Dear"', "line deleted", "property", "test_weak.py::test_greeting", "There is a greeting."),
        (
            '{{- fail "at least one copy" }}',
            "line deleted",
            "check",
            "refused-input:none",
            "What must be refused is refused, in the words that help.",
        ),
        ("{{- if lt (int .Values.copies) 1 }}", "condition true", "does not render", "does not render", "renders"),
        ('lucky: "seven"', '"seven" -> "sevenx"', "property", "test_own.py::test_lucky", "Seven copies are lucky"),
        (
            '{{- $unused := "nothing" }}',
            '"nothing" -> "nothingx"',
            "property",
            "test_source.py::test_no_template_speaks_of_everything",
            "No template has a text",
        ),
    ],
    ids=["value", "line", "refusal", "rendering", "values outside the matrix", "source"],
)
def test_killed_by_names_the_promise(tried: Path, source: str, change: str, kind: str, name: str, promise: str) -> None:
    """Each killed mutant has the test or check that noticed, and what that promises."""
    killer = Ran(1, "", tried).of(source, change)["killer"]
    assert killer["kind"] == kind
    assert killer["name"].endswith(name)
    assert promise in killer["promise"]
    assert killer["message"]
    # That it fails is enough: it is not explained by the choices that make it fail.
    assert "combination" not in killer["message"]


def test_what_helm_cannot_parse_does_not_count(tried: Path) -> None:
    """A variable that is used but not declared any more is no chart: the mutant is invalid, and listed."""
    ran = Ran(1, "", tried)
    mutant = ran.of('{{- $name := "voice" }}', "line deleted")
    assert mutant["status"] == "invalid"
    assert "undefined variable" in mutant["said"]
    counted = [each for each in ran.json["mutants"] if each["kind"] not in ("invalid", "the same, with a reason")]
    assert ran.json["percent"] == pytest.approx(100 * (1 - 2 / len(counted)), abs=0.01)


def test_the_same_with_a_reason_is_no_survivor(tried: Path) -> None:
    """A line that does nothing survives unless a reason is written for it."""
    mutant = Ran(1, "", tried).of('{{- $unused := "nothing" }}', "line deleted")
    assert mutant["effects"] == []
    assert mutant["reason"] == "nothing reads it"


def test_the_same_documents_from_other_text_are_the_same(tried: Path) -> None:
    """Text that YAML reads the same, in a service template too, changes nothing."""
    mutant = Ran(1, "", tried).of("{{- toYaml .Values.marks | nindent 4 }}", "4 -> 5")
    assert mutant["effects"] == []
    assert mutant["kind"] == "the same, with a reason"


def test_the_page_says_it_all(tried: Path) -> None:
    """Figures, survivors with what they change, reasons, and what is left out with its reason."""
    page = Ran(1, "", tried).page
    for said in ("% of the mutants are killed", "greeting: &#34;Dearx&#34;", "nothing reads it", "it is prose"):
        assert said in page


def test_work_that_does_not_end_is_ended() -> None:
    """A forked process that takes too long is ended and gives no answer; one that fails says why."""
    started = time.monotonic()
    slept = forked(lambda: {"slept": time.sleep(60)}, seconds=0.2)  # type: ignore[func-returns-value]
    assert slept == {ENDLESS: "it did not end within 0 s"}
    assert time.monotonic() - started < 30
    assert forked(lambda: {"done": 1}, seconds=60) == {"done": 1}
    assert "ZeroDivisionError" in forked(lambda: {"done": 1 // 0}, seconds=60)["error"]


def _out_of_memory() -> dict[str, Any]:
    raise MemoryError


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: os._exit(3), "its process ended with status 3 and no answer"),
        (lambda: os._exit(0), "its process ended with status 0 and no answer"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "its process was ended by SIGKILL"),
        (_out_of_memory, "it had no memory left"),
    ],
    ids=["status", "no answer", "killed", "memory"],
)
def test_a_process_that_died_says_nothing(work: Callable[[], dict[str, Any]], said: str) -> None:
    """A forked process that dies gives no answer but how it died, which is another thing than taking too long."""
    assert forked(work, seconds=60) == {DIED: said}


DYING = '''\
import os
import signal
from helm_nested.pytest_plugin import over

@over(stage="filled")
def test_ending(document):
    """A letter that is dear is read."""
    if document["data"].get("greeting") == "Dearx":
        {}
'''


@pytest.mark.parametrize(
    "dies", ["os.kill(os.getpid(), signal.SIGKILL)", "raise MemoryError"], ids=["killed", "memory"]
)
def test_a_mutant_whose_process_died_is_not_judged(folder: Path, capfd: pytest.CaptureFixture[str], dies: str) -> None:
    """It is neither killed nor a survivor, is told with its place, and tried again the next time; the status is 2."""
    (folder / "tests" / "test_new.py").write_text(DYING.format(dies), encoding="utf-8")
    ran = mutants(folder, capfd)
    assert ran.status == 2
    assert ran.of(*GREETING)["kind"] == "not judged"
    assert "1 of the mutants could not be judged" in ran.printed
    assert 'templates/_letter.tpl:18: "Dear" -> "Dearx": greeting: "Dear"  (not judged: it' in ran.printed
    assert "Could not be judged (1)" in ran.page
    assert ran.survivors() == {WORDS}
    (folder / "tests" / "test_new.py").write_text(DYING.format("assert False"), encoding="utf-8")
    assert mutants(folder, capfd).of(*GREETING)["status"] == "killed"


def test_a_test_that_fails_already_is_an_error(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With a test that fails on the chart as it is nothing could be said, and it is named."""
    (folder / "tests" / "test_new.py").write_text(
        FILES["tests/test_weak.py"].replace('["greeting"]', '["gretting"]'), encoding="utf-8"
    )
    ran = mutants(folder, capfd)
    assert ran.status == 2
    assert "test_greeting fails on the chart as it is" in ran.printed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--only", "templates/x.yaml"], "no template matches 'templates/x.yaml'. There are: templates/_letter.tpl"),
        (["--sample", "0"], "is not a number of at least 1"),
        (["--at-least", "101"], "write a number from 0 to 100"),
    ],
    ids=["only", "sample", "goal"],
)
def test_what_cannot_be_asked_for(
    folder: Path, capfd: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """Options that make no sense are refused with what to write."""
    try:
        printed = mutants(folder, capfd, *options).printed
    except SystemExit:
        printed = capfd.readouterr().err
    assert said in printed


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("helm-nested.yaml", "tests: [tests]", "tests: [test]", "mutation.tests: there is no "),
        ("helm-nested.yaml", "  ignore:", "  ignored:", "mutation.ignored: unknown key. Did you mean 'ignore'?"),
        ("helm-nested.yaml", "mutation:", "mutation: {tests: [tests]}\nx:", "x: unknown key"),
        ("same.yaml", "reason: nothing reads it", "reasons: nothing", "unknown key 'reasons'. Did you mean 'reason'?"),
        ("same.yaml", ", reason: nothing reads it", "", "entry 1 has no text under 'reason'"),
        ("same.yaml", "same:", "other:", "holds no list under 'same:'"),
        ("tests/test_weak.py", "def ", "deff ", "the tests cannot be collected"),
        ("tests/test_weak.py", "from helm", "import helm_python\nfrom helm", "loads the engine when it is imported"),
    ],
    ids=["no tests", "unknown key", "key elsewhere", "unknown reason", "no reason", "no list", "syntax", "engine"],
)
def test_what_is_not_understood(
    folder: Path, capfd: pytest.CaptureFixture[str], file: str, old: str, new: str, said: str
) -> None:
    """A mistake in the configuration, the reasons or the tests is one message, and nothing is tried."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    before = Ran(1, "", folder).kept
    ran = mutants(folder, capfd)
    assert ran.status == 2
    assert said in ran.printed
    assert ran.kept == before


def test_without_tests_nothing_can_be_said(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A configuration that names no tests is told how to name them."""
    text = (folder / "helm-nested.yaml").read_text(encoding="utf-8")
    (folder / "helm-nested.yaml").write_text(text[: text.index("mutation:")], encoding="utf-8")
    assert "Add 'mutation: {tests: [tests/chart]}'" in mutants(folder, capfd).printed


def test_a_sample_is_the_same_each_time(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A sample has so many mutants, judges no reason that is not about it, and repeats itself."""
    first, second = (mutants(folder, capfd, "--sample", "4") for _ in range(2))
    assert len(first.json["mutants"]) == 4
    assert first.json == second.json
    assert "stale" not in first.printed

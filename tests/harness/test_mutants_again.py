"""A second run: which results of mutants still hold, and what is tried anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helm_nested.mutation import settled
from helm_nested.mutation.original import is_original

from .mutated_chart import FILES, GREETING, WORDS, Ran, folder, mutants, write

__all__ = ["folder"]


def test_a_second_run_tries_nothing_and_judges_reasons_anew(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Known results hold; without its reason the line that does nothing meets the tests, and another entry is stale."""
    before = Ran(1, "", folder).kept
    reason = FILES["same.yaml"].replace('$unused := "nothing"', '$name := "voice"', 1)
    (folder / "same.yaml").write_text(reason, encoding="utf-8")
    ran = mutants(folder, capfd)
    assert ran.kept[:-1] == before
    assert '"is_excused": false' in ran.kept[-1]
    assert ran.survivors() == {
        GREETING,
        WORDS,
        ('{{- $unused := "nothing" }}', "line deleted"),
    }
    assert "stale reason: " in ran.printed
    assert "it is killed, or it changes something. Remove it." in ran.printed


def test_a_new_test_is_tried_on_survivors_only(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A property that was missing kills the survivor; what was killed before is not tried again."""
    first = Ran(1, "", folder)
    before = first.kept
    alive = sum(each["status"] == "survived" and each["reason"] is None for each in first.json["mutants"])
    text = FILES["tests/test_snapshot.py"].replace("A letter is as it was.", "The greeting is Dear.")
    (folder / "tests" / "test_new.py").write_text(text, encoding="utf-8")
    ran = mutants(folder, capfd)
    assert ran.survivors() == {WORDS}
    assert len(ran.kept) == len(before) + alive
    assert ran.of(*GREETING)["killer"]["promise"] == "The greeting is Dear."


def test_another_template_changed(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Then all is tried again, but with --trust what was killed stays killed."""
    before = Ran(1, "", folder).kept
    file = folder / "chart" / "templates" / "_letter.tpl"
    file.write_text(file.read_text(encoding="utf-8") + "{{- /* more */}}\n", encoding="utf-8")
    trusting = mutants(folder, capfd, "--only", "templates/letters.yaml", "--trust")
    statuses = [json.loads(line)["result"]["status"] for line in trusting.kept[len(before) :]]
    assert statuses
    assert "killed" not in statuses
    whole = mutants(folder, capfd, "--only", "templates/letters.yaml")
    assert "killed" in [json.loads(line)["result"]["status"] for line in whole.kept[len(trusting.kept) :]]


def test_a_test_that_is_ignored_no_more_is_a_new_one(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Taken off the list of those that are no promises, it kills; what it has no part in is not tried again."""
    before = Ran(1, "", folder).kept
    text = (folder / "helm-nested.yaml").read_text(encoding="utf-8")
    (folder / "helm-nested.yaml").write_text(text.replace("test_snapshot", "test_nothing"), encoding="utf-8")
    ran = mutants(folder, capfd)
    assert ran.survivors() == {WORDS}
    assert len(ran.kept) < len(before) + len(before) // 2


def test_who_was_killed_by_a_test_that_has_changed_is_tried_again(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A kill holds as long as the killer's module is as it was: without its property the mutant survives."""
    before = Ran(1, "", folder).kept
    weaker = FILES["tests/test_weak.py"].replace('["greeting"]', "")
    (folder / "tests" / "test_weak.py").write_text(weaker, encoding="utf-8")
    ran = mutants(folder, capfd)
    assert ran.survivors() == {GREETING, WORDS, ('greeting: "Dear"', "line deleted")}
    # Whom another module had killed is not tried again.
    assert len(ran.kept) < len(before) + len(before) // 2


@pytest.mark.parametrize("text", ["[]", "{", '{"modules": 1}', "[" * 3000])
def test_what_is_not_the_chart_as_it_is_is_not_taken_for_it(tmp_path: Path, text: str) -> None:
    """A file of another shape where the chart as it is was kept is made anew."""
    (tmp_path / "original.json").write_text(text, encoding="utf-8")
    assert not is_original(tmp_path / "original.json")
    assert not is_original(tmp_path / "none.json")
    known = {"modules": {}, "renders": {}, "corpus": "", "outcomes": {}}
    (tmp_path / "original.json").write_text(json.dumps(known), encoding="utf-8")
    assert is_original(tmp_path / "original.json")


def test_a_line_cut_off_is_tried_again(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run that was interrupted while it wrote goes on where it stopped."""
    results = folder / "out" / "results.jsonl"
    *rest, last = results.read_text(encoding="utf-8").splitlines()
    results.write_text("\n".join([*rest, last[:40]]) + "\n", encoding="utf-8")
    ran = mutants(folder, capfd)
    assert ran.kept[-1] != last[:40]
    assert json.loads(ran.kept[-1])["mutant"] == json.loads(last)["mutant"]
    assert ran.survivors() == {GREETING, WORDS}


@pytest.mark.parametrize("shape", ["[]", '{"mutant": []}', '{"mutant": "a", "result": {}}'])
def test_a_line_of_another_shape_is_tried_again(folder: Path, capfd: pytest.CaptureFixture[str], shape: str) -> None:
    """So does one that finds lines, or a look at the chart, that another version or program left there."""
    results = folder / "out" / "results.jsonl"
    *rest, last = results.read_text(encoding="utf-8").splitlines()
    results.write_text("\n".join([shape, *rest]) + "\n", encoding="utf-8")
    (original,) = (folder / "out").glob("original-*.json")
    original.write_text(shape, encoding="utf-8")
    ran = mutants(folder, capfd)
    assert json.loads(last)["mutant"] in {json.loads(line)["mutant"] for line in ran.kept if line != shape}
    assert ran.survivors() == {GREETING, WORDS}


READING = """\
import sys
from pathlib import Path
from helm_nested.pytest_plugin import over

HERE = Path(__file__).parent

@over(stage="filled")
def test_words(document):
    \"\"\"A letter has words.\"\"\"
    sys.path.insert(0, str(HERE / "spoken"))
    from words import WORDS
    assert WORDS and [each.name for each in HERE.parent.joinpath("listed").iterdir()]
    assert HERE.parent.joinpath("names.txt").read_text()
"""


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ("names.txt", "Sir"),
        ("listed/another.txt", ""),
        ("tests/spoken/words.py", "WORDS = [1, 2]\n"),
        ("dialects.py", "def fill(text, arguments):\n    return text.replace('${NAME}', 'a') + '\\n'"),
        ("of-a-dialect.txt", "b"),
        ("tests/conftest.py", "x = 2\n"),
    ],
    ids=["data", "folder", "module", "dialect", "data of a dialect", "conftest"],
)
def test_what_results_follow_from(tmp_path: Path, capfd: pytest.CaptureFixture[str], changed: str, text: str) -> None:
    """A file that a test or a dialect reads, lists or imports is changed: results from before it hold no more."""
    write(tmp_path)
    for file in (tmp_path / "tests").iterdir():
        file.unlink()
    for name, content in {
        "tests/test_words.py": READING,
        "tests/conftest.py": "x = 1\n",
        "tests/spoken/words.py": "WORDS = 1\n",
        "names.txt": "Dear",
        "of-a-dialect.txt": "a",
        "listed/one.txt": "",
        "dialects.py": "from pathlib import Path\n\ndef fill(text, arguments):\n"
        "    Path(__file__).with_name('of-a-dialect.txt').read_text()\n"
        "    return text.replace('${NAME}', 'a')\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    configuration = FILES["helm-nested.yaml"].replace('"*.yaml"]}', '"*.yaml"], dialect: "dialects.py:fill"}')
    (tmp_path / "helm-nested.yaml").write_text(configuration, encoding="utf-8")
    before = mutants(tmp_path, capfd, "--sample", "4")
    assert "survived" in before.printed
    if changed == "names.txt":
        assert mutants(tmp_path, capfd, "--sample", "4").kept == before.kept
    (tmp_path / changed).write_text(text, encoding="utf-8")
    again = mutants(tmp_path, capfd, "--sample", "4")
    assert again.status != 2
    assert len(again.kept) > len(before.kept)


@pytest.mark.parametrize("what", ["source_digest", "installed"])
def test_another_tool_or_library(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """What another version of this tool, or of any library, found out holds no more."""
    before = Ran(1, "", folder).kept
    options = ("--only", "templates/letters.yaml", "--sample", "3")
    monkeypatch.setattr(settled, what, lambda *_, **__: "x")
    assert len(mutants(folder, capfd, *options).kept) == len(before) + 3

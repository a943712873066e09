"""`helm-nested mutants`: who survives, what is kept, and what is said."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helm_nested.cli import main
from helm_nested.mutation import settled
from helm_nested.mutation.forked import DIED, ENDLESS, forked
from helm_nested.mutation.original import is_original

FILES = {
    "helm-nested.yaml": """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: "*-templates", keys: ["*.yaml"]}]
contract: contract.schema.json
argumentSets: [arguments.yaml]
scenarios: [loud.yaml]
matrix: axes.yaml
refused: refused.yaml
mutation:
  tests: [tests]
  ignore: ["tests/test_snapshot.py*"]
  exclude: {templates/NOTES.txt: it is prose}
  reasons: same.yaml
""",
    "axes.yaml": """\
blocks: {all: everything}
axes:
  voice: {block: all, choices: {soft: {}, loud: {loud: true}}}
  copies: {block: all, choices: {one: {}, two: {copies: 2}}}
""",
    "refused.yaml": "refused: [{name: none, values: {copies: 0}, by: chart, message: at least one copy}]\n",
    "same.yaml": """\
same:
  - {template: "*.tpl", line: '{{- $unused := "nothing" }}', change: line deleted, reason: nothing reads it}
  - {template: "*", line: "*nindent*", change: 4 -> 5, reason: YAML takes any indentation}
""",
    "loud.yaml": "loud: true\n",
    "arguments.yaml": "arguments: {NAME: a}\n",
    "contract.schema.json": json.dumps(
        {"type": "object", "required": ["NAME"], "properties": {"NAME": {"type": "string", "x-position": "scalar"}}}
    ),
    "chart/Chart.yaml": "apiVersion: v2\nname: letters\nversion: 1.0.0\n",
    "chart/values.yaml": "loud: false\ncopies: 1\nmarks: {a: b}\n",
    "chart/templates/NOTES.txt": "Letters go out.\n",
    "chart/templates/letters.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-templates
data:
  letter.yaml: |-
    {{- include "letters.letter" . | nindent 4 }}
""",
    "chart/templates/_letter.tpl": """\
{{- define "letters.letter" -}}
{{- $name := "voice" }}
{{- $unused := "nothing" }}
{{- if lt (int .Values.copies) 1 }}
{{- fail "at least one copy" }}
{{- end -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: "${NAME}"
  annotations:
    {{- toYaml .Values.marks | nindent 4 }}
data:
  {{- if eq (int .Values.copies) 7 }}
  lucky: "seven"
  {{- end }}
  {{ $name }}: {{ ternary "LOUD" "soft" .Values.loud }}
  greeting: "Dear"
{{- end }}
""",
    "pytest.ini": "[pytest]\n",
    "tests/test_strong.py": '''\
from helm_nested.pytest_plugin import over

@over()
def test_kind(document):
    """All that is installed or filled is a ConfigMap, and a letter has its own name."""
    assert (document["apiVersion"], document["kind"]) == ("v1", "ConfigMap")
    assert document["metadata"]["name"] in ("a", "release-templates")

@over(stage="filled")
def test_marks(document):
    """A letter is marked."""
    assert document["metadata"]["annotations"] == {"a": "b"}

@over(stage="filled")
def test_voice(document, choices):
    """The voice is loud exactly if it was asked for."""
    assert document["data"]["voice"] == {"soft": "soft", "loud": "LOUD"}[choices["voice"]]
''',
    "tests/test_weak.py": '''\
from helm_nested.pytest_plugin import over

@over(stage="filled")
def test_greeting(document):
    """There is a greeting."""
    assert document["data"]["greeting"]
''',
    "tests/test_own.py": '''\
import os
from pathlib import Path
from helm_nested.chart import load_chart
from helm_nested.engine import Release, open_in_process

def test_lucky():
    """Seven copies are lucky, and six are not."""
    engine = open_in_process(load_chart(Path(os.environ.get("HELM_NESTED_CHART", "chart"))))
    for copies, words in ((6, 0), (7, 1)):
        text = engine.render(["copies: %d" % copies], Release()).manifests[0].text
        assert text.count('lucky: "seven"') == words
''',
    "tests/test_source.py": '''\
import os
from pathlib import Path

def test_no_template_speaks_of_everything():
    """No template has a text of its own for everything."""
    for file in Path(os.environ.get("HELM_NESTED_CHART", "chart"), "templates").iterdir():
        assert "nothingx" not in file.read_text()
''',
    "tests/test_snapshot.py": '''\
from helm_nested.pytest_plugin import over

@over(stage="filled")
def test_snapshot(document):
    """A letter is as it was."""
    assert document["data"]["greeting"] == "Dear"
''',
    "tests/test_other.py": '''\
from helm_nested.pytest_plugin import over

@over(stage="filled")
def test_without_a_promise(document):
    assert document["data"]["greeting"] == "Dear"

def test_of_something_else():
    """One and one are two."""
    assert 1 + 1 == 2
''',
}
GREETING = ('greeting: "Dear"', '"Dear" -> "Dearx"')
# The refusal's words are still in the longer text.
WORDS = ('{{- fail "at least one copy" }}', '"at least one copy" -> "at least one copyx"')

Mutants = Callable[..., "Ran"]


class Ran:
    """One run: its exit status, what was printed, and what was written."""

    def __init__(self, status: int, printed: str, folder: Path) -> None:
        self.status = status
        self.printed = printed
        file = folder / "mutants.json"
        self.json: Any = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        page = folder / "out" / "index.html"
        self.page = page.read_text(encoding="utf-8") if page.exists() else ""
        results = folder / "out" / "results.jsonl"
        self.kept = results.read_text(encoding="utf-8").splitlines() if results.exists() else []

    def of(self, source: str, change: str) -> Any:
        """What became of one mutant."""
        (found,) = [each for each in self.json["mutants"] if (each["source"], each["change"]) == (source, change)]
        return found

    def survivors(self) -> set[tuple[str, str]]:
        """Source and change of those that survive."""
        return {
            (each["source"], each["change"])
            for each in self.json["mutants"]
            if each["status"] == "survived" and each["reason"] is None
        }


def write(folder: Path) -> None:
    """The small project."""
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def mutants(folder: Path, capfd: pytest.CaptureFixture[str], *options: str) -> Ran:
    """Run the command there."""
    file = folder / "mutants.json"
    file.unlink(missing_ok=True)
    where = ["--config", str(folder / "helm-nested.yaml"), "--out", str(folder / "out"), "--json", str(file)]
    capfd.readouterr()
    status = main(["mutants", *where, "--jobs", "1", *options])
    out, err = capfd.readouterr()
    return Ran(status, out + err, folder)


@pytest.fixture(scope="session")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project, its mutants tried."""
    folder = tmp_path_factory.mktemp("tried")
    write(folder)
    arguments = ["--config", str(folder / "helm-nested.yaml"), "--out", str(folder / "out"), "--jobs", "1"]
    assert main(["mutants", *arguments, "--json", str(folder / "mutants.json")]) == 1
    return folder


@pytest.fixture
def folder(tried: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return Path(shutil.copytree(tried, tmp_path / "project"))


def test_exactly_what_no_promise_speaks_of_survives(tried: Path) -> None:
    """A weak property lets the changed greeting live; a snapshot and a test without a docstring kill nothing."""
    ran = Ran(1, "", tried)
    assert ran.survivors() == {GREETING, WORDS}
    (effect,) = ran.of(*GREETING)["effects"]
    assert "key letter.yaml" in effect["place"]
    assert effect["lines"] == ['-  greeting: "Dear"', '+  greeting: "Dearx"']


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
        (["--sample", "0"], "is no number from 1 on"),
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

"""The pytest plugin, seen by running pytest on a small chart."""

from __future__ import annotations

import re

import pytest

import helm_nested.pytest_plugin  # noqa: F401 - loaded before pytest runs in this process, so it is loaded once

from .plugin_project import MEMORY, Folder, folder

__all__ = ["folder"]

pytest_plugins = "pytester"


def test_one_item_over_every_document(folder: Folder) -> None:
    """A property is one item, which sees every distinct document that is selected once, and passes if all do."""
    result = folder.run("""
@over(kind="Pod")
def test_pods(document, arguments):
    with open("seen.txt", "a") as seen:
        seen.write(f"{arguments['NAME']} {document['spec']['containers'][0]}\\n")
    assert document["metadata"]["name"] == f"page-{arguments['NAME']}"
""")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    seen = (folder.path / "seen.txt").read_text(encoding="utf-8").splitlines()
    assert (len(seen), len(set(seen))) == (8, 8)


@pytest.mark.parametrize(("strength", "is_followed"), [("2", False), ("3", True), ("all", True)])
def test_the_header_says_what_was_not_rendered(folder: Folder, strength: str, is_followed: bool) -> None:
    """The strength is said, and whether combinations that follow from others are left out."""
    result = folder.run("def test_nothing():\n    pass", "--helm-nested-strength", strength)
    (said,) = [line for line in result.outlines if line.startswith("helm-nested: ")]
    assert said.startswith(f"helm-nested: strength {strength}")
    assert ("follow from others" in said) == is_followed


def test_failure_is_explained(folder: Folder) -> None:
    """A failing property says under which choices, how often, in which document and where, and pytest's own words."""
    result = folder.run(MEMORY)
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "fails for 4 of 8 documents, in * of * combinations (kind='Pod')",
            "1. assert '1Gi' == '128Mi'",
            "   when: memory=much",
            "   4 documents in * combinations",
            "   in:   page.yaml",
            "   with: everyday, page-only",
            "   first: Pod/page-*, page.yaml filled with '*', at spec.containers[[]0[]].resources.requests.memory:",
            "     | memory: 1Gi",
            "   test_properties.py:*: in test_memory",
            "   E   AssertionError: assert '1Gi' == '128Mi'",
        ]
    )


def test_two_choices_together(folder: Folder) -> None:
    """What takes two choices to fail is explained by exactly these two, and by nothing of what the selection says."""
    result = folder.run(
        """
@over(kind="Pod", choices={"schedule": ["never", "hourly"]})
def test_pods(document):
    container = document["spec"]["containers"][0]
    assert not (container["resources"]["requests"]["memory"] == "1Gi" and "own" in container["image"]), "too much"
""",
        "--helm-nested-strength=3",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "fails for 2 of 8 documents, in 2 of 8 combinations (kind='Pod', schedule=never or hourly)",
            "1. too much",
            "   when: memory=much and image=own",
            "   2 documents in 2 combinations",
        ]
    )


def test_different_failures_are_different_groups(folder: Folder) -> None:
    """Failures alike up to values are one group; another statement or another message makes another one."""
    result = folder.run("""
@over(kind="Pod")
def test_pods(document):
    container = document["spec"]["containers"][0]
    assert "own" not in container["image"], f"{container['image']} is not public"
    assert container["resources"]["requests"]["memory"] == "128Mi"
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "1. *is not public*",
            "   when: image=own",
            "   first: Pod/page-*, page.yaml filled with '*', at spec.containers[[]0[]].image:",
            "     | image: registry.example.com/own:*",
            "2. assert '1Gi' == '128Mi'",
            "   when: memory=much and image=public",
        ]
    )
    result.stdout.no_fnmatch_line("3. *")


@pytest.mark.parametrize("strength", ["all", "2"])
def test_each_message_of_a_line_has_its_own_choices(folder: Folder, strength: str) -> None:
    """Six different messages of one statement are six failures, each under the two choices that it takes."""
    words = {"little": ("ant", "bee", "cat"), "much": ("dog", "eel", "fox")}
    result = folder.run(
        f"""
@over(kind="Pod")
def test_pods(document, choices):
    words = dict(zip(("nightly", "never", "hourly"), {words}[choices["memory"]]))
    assert not words, f"there is a {{words[choices['schedule']]}}"
""",
        f"--helm-nested-strength={strength}",
    )
    result.assert_outcomes(failed=1)
    told = "\n".join(result.outlines)
    for memory, animals in words.items():
        for schedule, animal in zip(("nightly", "never", "hourly"), animals, strict=True):
            assert re.search(rf"there is a {animal}\n   when: memory={memory} and schedule={schedule}\n", told)


def test_more_messages_than_anybody_reads_are_told_together(folder: Folder) -> None:
    """Beyond twenty messages of one statement the others are one failure, which says so."""
    result = folder.run(
        """
@over(kind="Pod")
def test_pods(document, arguments, choices):
    number = abs(hash(str(choices["memory"] + choices["image"] + choices["schedule"] + arguments["NAME"]))) % 10**9
    assert False, "there is " + "".join(chr(97 + int(digit)) for digit in str(number))
""",
        "--helm-nested-strength=all",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["21. there is *, and other messages of this line"])
    result.stdout.no_fnmatch_line("22. *")


def test_a_sample_does_not_mislead(folder: Folder) -> None:
    """On a sample other choices than the right ones fit as well; more renders tell, so every strength says the same."""
    test = """
@over(kind="Pod")
def test_pods(document, choices):
    if choices["schedule"] == "hourly":
        assert "own" not in document["spec"]["containers"][0]["image"]
"""
    result = folder.run(test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["   when: image=own and schedule=hourly"])
    result = folder.run(test, "--helm-nested-strength=all")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["   when: image=own and schedule=hourly"])


def test_a_failure_in_every_document(folder: Folder) -> None:
    """What fails everywhere is said to fail always, once, whatever the values are."""
    result = folder.run("""
@over(stage="filled")
def test_all(document, arguments):
    raise RuntimeError(f"no {document}")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fails for 10 of 10 documents, *", "1. RuntimeError: no *", "   when: always"])
    result.stdout.no_fnmatch_line("2. *")


def test_choices_are_not_only_the_first_ones(folder: Folder) -> None:
    """Two combinations that lead to the same document are both tried if the property looks at the choices."""
    result = folder.run(
        """
@over(kind="Pod")
def test_pods(document, choices):
    assert choices["schedule"] != "hourly"
""",
        "--helm-nested-strength=3",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*in 4 of 12 combinations*", "   when: schedule=hourly"])


def test_nothing_alike_is_looked_at_twice(folder: Folder) -> None:
    """Combinations that differ only in what the property does not look at are one run, not several."""
    folder.run(
        """
@over(kind="Pod")
def test_pods(document, choices, bundle):
    with open("runs.txt", "a") as runs:
        runs.write("run\\n")
    memory = document["spec"]["containers"][0]["resources"]["requests"]["memory"]
    assert memory == {"little": "128Mi", "much": "1Gi"}[choices["memory"]]
    assert bundle.filled("page.yaml") == [document]
""",
        "--helm-nested-strength=3",
    ).assert_outcomes(passed=1)
    assert len((folder.path / "runs.txt").read_text(encoding="utf-8").splitlines()) == 8


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def test_it(document):\n    return document['kind'] == 'x'", "*test_it returns document?'kind'? == 'x'*"),
        ("def test_it(document):\n    if document:\n        return 1", "*test_it returns 1, which nobody looks at*"),
        (
            "def test_it(document):\n    document['kind'] == 'x'",
            "*test_it finds document?'kind'? == 'x', which nobody*",
        ),
        ("def test_it(document):\n    for key in document:\n        not key", "*test_it finds not key, which nobody*"),
        ("def test_it(document):\n    all(document.values())", "*finds all(document.values()), which nobody*"),
        ("def test_it(document):\n    kind = document['kind']", "*test_it asserts nothing, so it could never fail*"),
        ("def test_it(document):\n    pass", "*test_it asserts nothing, so it could never fail*"),
        ("def test_it(document):\n    yield document['kind'] == 'x'", "*test_it yields*"),
        ("def test_it(document):\n    yield from ()", "*test_it yields*"),
        ("async def test_it(document):\n    assert False", "*test_it is async*"),
        ("async def test_it(document):\n    yield", "*test_it is async*"),
        (
            "class TestIt:\n    @over()\n    def test_it(self, document):\n        return False",
            "*TestIt.test_it returns*",
        ),
    ],
)
def test_a_property_that_could_not_fail_is_refused(folder: Folder, body: str, said: str) -> None:
    """What a test returns, yields or only compares nobody looks at, and nobody awaits one: an error of collecting."""
    result = folder.run(f"{'' if body.startswith('class') else '@over()'}\n{body}\n")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([said])


@pytest.mark.parametrize("given", ["lambda document: document is None", "partial(check, 1)", "Called()"])
def test_what_a_property_gives_back_is_refused_when_it_runs(folder: Folder, given: str) -> None:
    """What only running shows to return something ends the test: it was no promise."""
    result = folder.run(f"""
import inspect
from functools import partial, wraps

def check(number, document):
    helper = lambda: number
    return helper()

class Called:
    __qualname__ = "Called"
    async def __call__(self, document):
        assert False

given = {given}

@wraps(check)
def body(document):
    return given(document=document)

body.__signature__ = inspect.Signature([inspect.Parameter("document", inspect.Parameter.POSITIONAL_OR_KEYWORD)])
test_it = over()(body)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["could not check: the property returned a *, which nobody looks at*"])


def test_a_property_may_leave_its_promise_to_a_function(folder: Folder) -> None:
    """Which is seen to fail only when it runs."""
    folder.run("""
def check(document):
    assert document["kind"] != "Pod"

@over(kind="Pod")
def test_it(document):
    check(document)
""").assert_outcomes(failed=1)


def test_a_property_may_return_early(folder: Folder) -> None:
    """A return without a value, and one of a function inside the property, are what they always are."""
    folder.run("""
@over()
def test_it(document):
    def name():
        return document["kind"]
    if name() != "Pod":
        return
    if not document:
        return None
""").assert_outcomes(passed=1)

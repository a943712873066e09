"""The checks: their examples, what they make of broken documents, the user's own, and the chart itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from helm_nested.check_page import check_page
from helm_nested.checking.example import CLAIMS, broken_examples, example_problems
from helm_nested.checks import (
    BundleSubject,
    Check,
    DocumentSubject,
)
from nested_templates.document_path import resolve
from nested_templates.yaml_documents import load_documents, parse_documents

from .every_check import CHECKS, ROOT, of_scope


def examples(name: str) -> tuple[str, ...]:
    """Every example of a check."""
    return CHECKS[name].passing + CHECKS[name].failing


@pytest.mark.parametrize("name", CHECKS)
def test_examples_are_what_they_say(name: str) -> None:
    """Passing examples pass, failing ones fail, and there is one of each."""
    assert broken_examples([CHECKS[name]]) == []


@pytest.mark.parametrize("name", CHECKS)
def test_module_is_named_after_its_check(name: str) -> None:
    """One module holds one check, and both have the same name."""
    module = ROOT / "src" / "helm_nested" / "checks" / f"{name.replace('-', '_')}.py"
    assert f'name="{name}"' in module.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CHECKS)
def test_message_is_one_sentence(name: str) -> None:
    """The message says the rule in one sentence."""
    message = CHECKS[name].message
    assert message.endswith(".")
    assert ". " not in message


@pytest.mark.parametrize("name", CHECKS)
def test_problems_say_where(name: str) -> None:
    """Every problem's path is there in the document, or its line or its last key in the template."""
    for text in CHECKS[name].failing:
        assert text.startswith("# ")
        for problem in example_problems(CHECKS[name], text):
            assert problem.message
            if CHECKS[name].scope == "template" and not problem.path.startswith("line "):
                assert f"{re.split(r'[.[]', problem.path)[-1]}:" in text
            elif CHECKS[name].scope == "template":
                assert 1 <= int(problem.path.removeprefix("line ")) <= text.count("\n")
            else:
                resolve(parse_documents(text, "example", "pyyaml").documents[problem.document or 0], problem.path)


@pytest.mark.parametrize("name", CHECKS)
def test_a_rule_gives_its_reason_in_plain_words(name: str) -> None:
    """What happens otherwise is said as such, and not appended with "for"."""
    assert ", for " not in CHECKS[name].message


@pytest.mark.parametrize(
    ("name", "metadata"),
    [
        ("label-syntax", "labels: {team: 1}"),
        ("label-syntax", "labels: {1: team}"),
        ("annotation-syntax", "annotations: {team: 1}"),
        ("annotation-syntax", "annotations: {1: team}"),
        ("name-syntax", "namespace: 1"),
    ],
)
def test_what_is_not_a_text_is_to_be_put_in_quotes(name: str, metadata: str) -> None:
    """That a number stands where a text must be is the problem; the quotes are the advice."""
    pod = f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  {metadata}\n"
    (problem,) = example_problems(CHECKS[name], pod)
    assert problem.message.endswith("is a number, not a text.")
    assert problem.advice == "Put it in quotes."


@pytest.mark.parametrize("name", of_scope("bundle"))
def test_problems_of_bundles_say_in_which_document(name: str) -> None:
    """A path alone would not say it."""
    for text in CHECKS[name].failing:
        assert all(problem.document is not None for problem in example_problems(CHECKS[name], text))


@pytest.mark.parametrize("name", of_scope("bundle"))
def test_views_keep_what_the_check_needs(name: str) -> None:
    """A bundle check says the same of what it needs of the documents as of the documents."""
    check = CHECKS[name]
    for text in examples(name):
        documents = load_documents(text, "example")
        views = [check.view(document) for document in documents]
        assert list(check.run(BundleSubject(views, CLAIMS))) == list(check.run(BundleSubject(documents, CLAIMS)))


def broken(part: Any) -> Iterator[Any]:
    """The document again and again, each time with another part of it of a wrong type."""
    if isinstance(part, dict):
        for key, value in part.items():
            for other in (None, "x", "", 1, True, [], {}, ["x"], [None], {"x": None}, {1: 2}, *broken(value)):
                yield part | {key: other}
            yield {other: each for other, each in part.items() if other != key}
    elif isinstance(part, list):
        for number, value in enumerate(part):
            for other in (None, "x", 1, [], {}, *broken(value)):
                yield [*part[:number], other, *part[number + 1 :]]


@pytest.mark.parametrize("name", of_scope("document"))
def test_broken_documents_break_no_check(name: str) -> None:
    """Whatever is in a document, a check says what is wrong with it and where, and never fails itself."""
    for text in examples(name):
        for document in broken(parse_documents(text, "example", "pyyaml").documents[0]):
            for problem in CHECKS[name].run(DocumentSubject(document, CLAIMS, "restricted")):
                resolve(document, problem.path)


@pytest.mark.parametrize("name", of_scope("bundle"))
def test_broken_documents_break_no_check_of_bundles(name: str) -> None:
    """The same for bundles, and their views."""
    check = CHECKS[name]
    for text in examples(name):
        documents = load_documents(text, "example")
        for number, whole in enumerate(documents):
            for document in broken(whole):
                bundle = [*documents[:number], document, *documents[number + 1 :]]
                found = list(check.run(BundleSubject(bundle, CLAIMS)))
                for problem in found:
                    resolve(bundle[problem.document or 0], problem.path)
                assert list(check.run(BundleSubject([check.view(each) for each in bundle], CLAIMS))) == found


# Documents and paths


# What examples do not show


# The user's own checks


def test_broken_examples_are_found() -> None:
    """A user's check with wrong examples is told so."""
    wrong = Check("wrong", "document", "Never.", lambda _: [], (), ("a: 1",))
    assert broken_examples([wrong]) == [
        "wrong: it needs an example that passes and one that fails",
        "wrong: should fail: a: 1",
    ]


def test_page_has_every_check() -> None:
    """Every check, message and example is on the page, and nothing of the machine it was made on."""
    page = check_page()
    for name, check in CHECKS.items():
        assert f"\n### {name}\n\n{check.message}\n" in page
        assert all(text in page for text in examples(name))
    assert str(ROOT) not in page


# The chart

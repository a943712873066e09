"""Documents that are made from an outline are those of a fill, whatever the template and the arguments are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nested_templates import outline
from nested_templates.contract import ArgumentSet, Contract
from nested_templates.encoder import json_encoder
from nested_templates.errors import NestedTemplatesError
from nested_templates.fill import fill
from nested_templates.outline import Outlines
from nested_templates.service_template import ServiceTemplate

CONTRACT = Contract(
    {
        "properties": {
            "TEXT": {"x-position": "scalar"},
            "NUMBER": {"x-position": "scalar"},
            "LINE": {"x-position": "line"},
            "VALUE": {"x-position": "value"},
            "ENTRY": {"x-position": "entry"},
        }
    },
    "of these tests",
)
KINDS = "apiVersion: v1\nkind: ConfigMap\n"
# Where arguments are read as themselves, and where what they are read as depends on them.
TEMPLATES = {
    "quoted": 'a: "${TEXT}"\nb: "x ${TEXT}-${NUMBER}"\nc: ["${TEXT}", {d: "${LINE}"}]\n',
    "value-in-quotes": 'a: "${VALUE}"\n',
    "alone": "a: ${NUMBER}\nb: ${VALUE}\nc: [${VALUE}, ${NUMBER}, {d: ${VALUE}}]\n",
    "alone-text": "a: ${TEXT}\nb: ${LINE}\n",
    "before-a-comment": "a: ${VALUE} # what ${NUMBER} means\n",
    "block": "a: |2-\n    ${LINE}\nb: |-\n  x ${LINE}\n  ${NUMBER}\nc: |\n  ${VALUE}\n",
    "text-in-a-block": "a: |-\n  ${TEXT}\n",
    "at-the-margin": "a: |-\n  b\n  ${LINE}\n",
    "folded": "a: >-\n  ${LINE}\n  ${NUMBER}\n",
    "two-lines": 'a: "${TEXT}\n  ${TEXT}"\n',
    "single-quotes": "a: '${TEXT}'\n",
    "beside-a-text": "a: x${NUMBER}\nb: ${NUMBER}m\nc: 1${NUMBER}\nd: ${NUMBER}${NUMBER}\n",
    "key": '"${TEXT}": 1\n"${LINE}-": {"x": 2, "y${NUMBER}": 3}\n',
    "keys-that-may-be-the-same": '"${TEXT}": 1\n"a": 2\n',
    "key-in-a-key": '? ["${TEXT}"]\n: 1\n',
    "entry": 'a:\n  b: "${TEXT}"\n  ${ENTRY}\n',
    "tag": "a: !!str ${NUMBER}\nd: !!str ${VALUE}\n",
    "other-tag": "a: ! ${NUMBER}\n",
    "tag-of-a-number": 'a: !!int "${NUMBER}"\n',
    "tag-that-says-nothing": 'a: !!null "${TEXT}"\n',
    "tag-of-bytes": 'a: !!binary "${TEXT}"\n',
    "tag-of-an-argument": "a: !!${TEXT} 1\n",
    "escape": 'a: "\\${TEXT}"\n',
    "half-an-escape": 'a: "\\x4${NUMBER}"\n',
    "anchor": 'a: &a "${TEXT}"\nb: *a\nc: &c ${NUMBER}\nd: *c\n',
    "anchor-of-an-argument": "a: &x${NUMBER} 1\nb: *x1\n",
    "endless-alias": 'a: &a ["${TEXT}", *a]\n',
    "merge": 'a: &a {b: "${TEXT}"}\nc:\n  <<: *a\n  b: 1\n',
    "stands-twice": 'a: "${TEXT}"\na: 1\n',
    "list": 'apiVersion: v1\nkind: "${TEXT}List"\nitems: [{a: "${TEXT}"}]\n',
    "list-by-argument": 'apiVersion: v1\nkind: "${TEXT}"\nitems: [{a: 1}]\n',
    "object-list": 'apiVersion: v1\nkind: List\nitems: [{kind: A, a: "${TEXT}"}, {kind: B, a: ${VALUE}}]\n',
    "documents": '---\na: "${TEXT}"\n---\n${ENTRY}\n---\nb: ${NUMBER}\n',
    "document-by-argument": "---\n${VALUE}\n",
    "key-that-is-no-text": '7: "${TEXT}"\n',
    "date": 'a: 2020-01-01\nb: "${TEXT}"\n',
    "not-a-number": 'a: .nan\nb: .inf\nc: "${TEXT}"\n',
    "dollar": 'a: "$$${TEXT}$$"\n',
    "marks-of-its-own": 'a: "\ue0000\ue001${TEXT}"\n',
    "tab": 'a: "${TEXT}"\t\nb: ${NUMBER}\t# c\n',
    "comment-that-is-none": 'a: "${TEXT}"#b\n',
    "nobody-fills": 'a: "${OTHER}"\n',
    "lone-dollar": 'a: "$ ${TEXT}"\n',
    "nothing": "# ${TEXT}\n",
    "items-by-argument": "apiVersion: v1\nkind: List\nitems: ${VALUE}\n",
    "items-of-items": "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: ${VALUE}}]\n",
    "kind-by-merge": "apiVersion: v1\n<<: {kind: List}\nitems: ${VALUE}\n",
    "sign-at-an-edge": 'q: [http://x/?a=1, "${TEXT}# c"]\n',
    "items-by-merge": "apiVersion: v1\nkind: List\n<<: {items: ${VALUE}}\n",
    "mark-by-an-escape": 'a: "\\ue0000\\ue001"\nb: "${TEXT}"\n',
    "mark-by-an-escape-that-leads-nowhere": 'a: "\\ue0005\\ue001"\nb: "${TEXT}"\n',
    "line-in-quotes-and-two-lines": 'a: "${LINE}\n  x"\nb: "${TEXT}"\n',
    "tag-that-goes-by-the-text": 'a: ! "${TEXT}"\nb: ! "${NUMBER}"\nc: "${TEXT}"\n',
    "tag-of-a-block": "a: ! |-\n  ${LINE}\n",
    "question-mark-in-flow": 'q: [http://x/?a=1, "${TEXT}"]\nr: [a, "b |${TEXT}", "!${LINE}"]\n',
    "exclamation-mark-in-flow": 'q: {r: !, s: "${TEXT}"}\n',
    "what-libyaml-refuses": 'q: {a:, b: "${TEXT}"}\n',
    "directive": '%FOO\n---\na: "${TEXT}"\n',
    "anchored-key": '&k "${TEXT}": *k\na: 1\n',
    "equals-in-a-text": "a: !!str {=: ${NUMBER}}\n",
    "many-aliases": "a: &a {b: ${VALUE}}\nc: [" + "*a, " * 300 + "]\n",
    "set": "a: !!set {? ${TEXT}}\nb: !!omap [a: ${VALUE}]\n",
    "crlf": 'a: "${TEXT}"\r\nb: ${NUMBER}\r\n',
    "chomping": "a: |+\n  ${LINE}\n\n# c\nb: |1\n  ${LINE}\n",
}
# What is read in several ways, or ends what it stands in.
AWKWARD = [
    "",
    " ",
    " a",
    "a ",
    "a b",
    "null",
    "1",
    "0x1F",
    "yes",
    "a: b",
    "# c",
    "'",
    '"',
    "\\",
    "${TEXT}",
    "$$",
    "---",
]
AWKWARD += [
    "\n",
    "\t",
    "\0",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ufffe",
    "\uffff",
    "\ue0000\ue001",
    "\U0001f600",
    "*a",
]
AWKWARD += ["|#", "! ", "\\ud83d", "List", "int", "{", "[", "- a", "a" * 2000, "%", "@", "`", "1e5", "2020-01-01", "<<"]
TEXTS = st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LINES = TEXTS.filter(lambda text: not CONTRACT.faults_of("LINE", text))
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
VALUES = st.recursive(
    NUMBERS | TEXTS, lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3), max_leaves=6
)
ENTRIES = st.sampled_from(["", 'c: "d"', "b: 1", "c: [", "- a", 'c: "\ue0000\ue001"'])
ARGUMENTS = st.fixed_dictionaries({"TEXT": TEXTS, "NUMBER": NUMBERS, "LINE": LINES, "VALUE": VALUES, "ENTRY": ENTRIES})
PLAIN = {"TEXT": "a", "NUMBER": 1, "LINE": "b", "VALUE": [1, "c"], "ENTRY": ""}


def of(arguments: Mapping[str, Any]) -> ArgumentSet:
    """The arguments as a set."""
    return ArgumentSet("set", "", (), arguments)


def told(documents: object) -> str:
    """Documents as a text that tells 1 from 1.0 and true, and keys from texts."""
    return repr(documents)


def by_fill(template: ServiceTemplate, arguments: Mapping[str, Any]) -> str:
    """The documents, or why there are none."""
    try:
        return told(list(fill(template, of(arguments), CONTRACT, json_encoder).documents))
    except NestedTemplatesError as error:
        return str(error)


def by_outline(outlines: Outlines, template: ServiceTemplate, arguments: Mapping[str, Any]) -> str:
    """The same from an outline."""
    try:
        return told(outlines.documents(template, of(arguments), CONTRACT))
    except NestedTemplatesError as error:
        return str(error)


def noting(step: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the templates of which that step is taken from now on."""
    found: list[str] = []
    take = getattr(outline, step)

    def noted(template: ServiceTemplate, *others: Any) -> Any:
        found.append(template.key)
        return take(template, *others)

    monkeypatch.setattr(outline, step, noted)
    return found


@pytest.fixture
def fills(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the templates that were filled without an outline."""
    return noting("fill", monkeypatch)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the templates of which an outline was made: what is kept is seen by nothing else."""
    return noting("_made", monkeypatch)


@pytest.mark.parametrize("name", TEMPLATES)
@settings(max_examples=40, deadline=None)
@given(first=ARGUMENTS, second=ARGUMENTS)
@example(first=PLAIN, second={**PLAIN, "TEXT": "a ", "NUMBER": 5, "LINE": " b", "VALUE": "5"})
@example(first=PLAIN, second={**PLAIN, "TEXT": "List", "NUMBER": "5", "LINE": "b ", "VALUE": 5})
@example(first=PLAIN, second={**PLAIN, "TEXT": "int", "NUMBER": 1e16, "LINE": "", "VALUE": {"a": 1}})
@example(first=PLAIN, second={**PLAIN, "VALUE": {"a" * 2000: 1}})
@example(first=PLAIN, second={**PLAIN, "VALUE": [{"kind": "A", "apiVersion": "v1"}], "TEXT": "Hi! there"})
@example(first=PLAIN, second={**PLAIN, "VALUE": None, "TEXT": "1", "LINE": "null", "NUMBER": 5})
@example(first=PLAIN, second={**PLAIN, "VALUE": list(range(1000)), "TEXT": "|#", "LINE": "\\ue0005\\ue001"})
@example(first=PLAIN, second={**PLAIN, "TEXT": "\\ud83d", "LINE": "#"})
@example(first=PLAIN, second={**PLAIN, "TEXT": "a" * 2000})
@example(first=PLAIN, second={**PLAIN, "TEXT": "a |"})
def test_documents_are_those_of_a_fill(name: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    """Or the fill's refusal, in its words; also when the outline was made from other arguments."""
    outlines = Outlines()
    for text in (TEMPLATES[name], KINDS + TEMPLATES[name]):
        template = ServiceTemplate("ConfigMap/t", name, text)
        for arguments in (first, second, second, first):
            assert by_outline(outlines, template, arguments) == by_fill(template, arguments)


@pytest.mark.parametrize(("outside", "inside"), [(0, 150), (150, 0), (85, 85), (150, 80), (0, 250)])
def test_depth_is_as_in_a_fill(outside: int, inside: int) -> None:
    """What is too deep by its argument, by the template or by both is refused, and nothing else."""
    template = ServiceTemplate("ConfigMap/t", "k", "a: " + "[" * outside + "${VALUE}" + "]" * outside)
    value: Any = 1
    for _ in range(inside):
        value = [value]
    for arguments in (PLAIN, {**PLAIN, "VALUE": value}):
        assert by_outline(Outlines(), template, arguments) == by_fill(template, arguments)


@pytest.mark.parametrize("name", ["quoted", "alone", "block", "dollar", "documents", "entry", "key"])
def test_template_is_read_once(name: str, fills: list[str]) -> None:
    """And not again with other arguments where it does not depend on them how they are read."""
    outlines = Outlines()
    template = ServiceTemplate("ConfigMap/t", name, TEMPLATES[name])
    for number in range(3):
        arguments = {**PLAIN, "NUMBER": number, "TEXT": f"text '{number}'", "VALUE": [{"name": number}]}
        assert by_outline(outlines, template, arguments) == by_fill(template, arguments)
    assert fills == []


def test_another_reader_has_its_own_values() -> None:
    """What is a number to one reader is a text to the other; only what most programs read by has outlines."""
    template = ServiceTemplate("ConfigMap/t", "k", "a: ${NUMBER}\n", reader="kubernetes")
    for number in (1, 10**30):
        arguments = {**PLAIN, "NUMBER": number}
        assert by_outline(Outlines(), template, arguments) == by_fill(template, arguments)


def test_documents_are_nobody_elses() -> None:
    """A change of them changes none that come later."""
    outlines = Outlines()
    template = ServiceTemplate("ConfigMap/t", "k", TEMPLATES["alone"])
    for _ in range(2):
        (document,) = outlines.documents(template, of(PLAIN), CONTRACT)
        document["b"].append("changed")
        assert json.loads(json.dumps(document))["b"] == [1, "c", "changed"]


def test_few_outlines_are_kept(made: list[str]) -> None:
    """Those used last, within the room there is; without room each is made again."""
    templates = [ServiceTemplate("ConfigMap/t", key, f'{key}: "${{TEXT}}"\n') for key in "abcdef"]
    roomy, narrow, none = Outlines(), Outlines(most_characters=1500), Outlines(most_characters=100)
    for template in [*templates, *templates]:
        roomy.documents(template, of(PLAIN), CONTRACT)
    assert made == list("abcdef")
    made.clear()
    for template in [*templates, *templates[-2:], *templates[:2]]:
        narrow.documents(template, of(PLAIN), CONTRACT)
    assert made == list("abcdefab")
    made.clear()
    for _ in range(2):
        none.documents(templates[0], of(PLAIN), CONTRACT)
    assert made == ["a", "a"]


def test_template_whose_outlines_serve_one_endpoint_each_gets_no_more(made: list[str]) -> None:
    """Each takes longer to make than a fill, and would be kept for nothing; one that serves several is worth it."""
    outlines = Outlines()
    for key, texts in (("other", [f"number-{number}" for number in range(300)]), ("few", ["a", "b", "c"] * 100)):
        template = ServiceTemplate("ConfigMap/t", key, f"{key}: x-${{TEXT}}\n")
        for text in texts:
            arguments = {**PLAIN, "TEXT": text}
            assert by_outline(outlines, template, arguments) == by_fill(template, arguments)
    assert made.count("other") < 100
    # The first try tells that the argument stands elsewhere.
    assert made.count("few") == 4

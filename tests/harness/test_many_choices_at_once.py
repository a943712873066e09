"""What a chart does only under many choices at once is rendered, in whatever way its templates ask for these."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from random import Random

import pytest

from helm_nested.chart import load_chart
from helm_nested.corpus import Corpus, build_corpus
from helm_nested.corpus.condition_search import ConditionSearch
from helm_nested.engine import Release, open_in_process
from helm_nested.matrix.axes import Axis, Choice, Matrix
from helm_nested.matrix.combinations import combinations
from nested_templates.service_template import Selector

SELECTORS = [Selector("ConfigMap", "texts", ("*.yaml",))]
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: texts}\ndata:\n"
APART = '  one.yaml: "{{ .Values.a }} {{ .Values.b }}"\n  two.yaml: "{{ .Values.c }}"\n'
NAMES = "abcdefghijkl"
HIDDEN = "hidden.yaml: x"


def switches(choices: int, count: int) -> Matrix:
    """So many axes of so many choices: nothing, then v1, v2 ..."""
    axes = (
        Axis(
            name,
            "all",
            tuple(Choice(f"{name}{number}", {name: f"v{number}" if number else ""}) for number in range(choices)),
        )
        for name in NAMES[:count]
    )
    return Matrix(tuple(axes), {"all": "everything"}, ())


def followed(folder: Path, template: str, matrix: Matrix, seed: int) -> Corpus:
    """The corpus of every combination, as far as possible without a render."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n", encoding="utf-8")
    (folder / "values.yaml").write_text(json.dumps(dict.fromkeys(NAMES, "")), encoding="utf-8")
    (folder / "templates" / "t.yaml").write_text(template, encoding="utf-8")
    rows = [bytes(row) for row in product(*(range(len(axis.choices)) for axis in matrix.axes))]
    engine = open_in_process(load_chart(folder))
    pairwise = combinations(matrix, "2", folder)
    return build_corpus(engine, matrix, rows, Release(), SELECTORS, keep_refused=True, pairwise=pairwise, seed=seed)


def conjunction(asked: list[str]) -> str:
    """All of them, in one condition."""
    return f"{{{{ if and {' '.join(asked)} }}}}\n  {HIDDEN}\n{{{{ end }}}}\n"


def nested(asked: list[str]) -> str:
    """One block in another."""
    opened = "".join(f"{{{{ if {each} }}}}" for each in asked)
    return f"{opened}\n  {HIDDEN}\n{'{{ end }}' * len(asked)}\n"


def by_variable(asked: list[str]) -> str:
    """What a variable holds."""
    return f"{{{{ $on := and {' '.join(asked)} }}}}\n{{{{ if $on }}}}\n  {HIDDEN}\n{{{{ end }}}}\n"


def by_two_variables(asked: list[str]) -> str:
    """Each of two variables holds a part of it."""
    half = len(asked) // 2
    return (
        f"{{{{ $one := and {' '.join(asked[:half])} }}}}{{{{ $two := and {' '.join(asked[half:])} }}}}\n"
        f"{{{{ if and $one $two }}}}\n  {HIDDEN}\n{{{{ end }}}}\n"
    )


def by_include(asked: list[str]) -> str:
    """What a define says."""
    return (
        f'{{{{ define "on" }}}}{{{{ if and {" ".join(asked)} }}}}yes{{{{ end }}}}{{{{ end }}}}\n'
        f'{{{{ if eq (include "on" .) "yes" }}}}\n  {HIDDEN}\n{{{{ end }}}}\n'
    )


def by_two_includes(asked: list[str]) -> str:
    """Each of two defines decides about a part of it."""
    half = len(asked) // 2
    defines = "".join(
        f'{{{{ define "{name}" }}}}{{{{ if and {" ".join(part)} }}}}yes{{{{ end }}}}{{{{ end }}}}\n'
        for name, part in (("one", asked[:half]), ("two", asked[half:]))
    )
    return f'{defines}{{{{ if and (include "one" .) (include "two" .) }}}}\n  {HIDDEN}\n{{{{ end }}}}\n'


def by_ternary(asked: list[str]) -> str:
    """One of two texts."""
    return f'  {{{{ ternary "{HIDDEN}" "" (not (not (and {" ".join(asked)}))) }}}}\n'


def by_not_or(asked: list[str]) -> str:
    """None of the opposites."""
    return f"{{{{ if not (or {' '.join(f'(not {each})' for each in asked)}) }}}}\n  {HIDDEN}\n{{{{ end }}}}\n"


def by_or(asked: list[str]) -> str:
    """One of two alternatives, the other of which never holds."""
    return f'{{{{ if or (eq .Values.a "never") (and {" ".join(asked)}) }}}}\n  {HIDDEN}\n{{{{ end }}}}\n'


def by_else(asked: list[str]) -> str:
    """What is left when each alternative is not chosen."""
    first, *rest = asked
    others = "".join(f"{{{{ else if not {each} }}}}" for each in rest)
    return f"{{{{ if not {first} }}}}{others}{{{{ else }}}}\n  {HIDDEN}\n{{{{ end }}}}\n"


FORMS = (
    conjunction, nested, by_variable, by_two_variables, by_include, by_two_includes, by_ternary, by_not_or, by_or,
    by_else,
)  # fmt: skip


@pytest.mark.parametrize(("choices", "count"), [(2, 12), (3, 8)], ids=["two choices", "three choices"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("seed", range(2))
def test_what_many_choices_bring_is_rendered(
    form: Callable[[list[str]], str], choices: int, count: int, seed: int, tmp_path: Path
) -> None:
    """Five to nine choices of any place in the order at once: exactly the combinations that have them have the text."""
    random = Random(f"{form.__name__} {choices} {seed}")  # noqa: S311 - not for secrets
    of = switches(choices, count)
    wanted = {
        axis: random.randrange(choices) for axis in random.sample(range(count), random.randint(5, min(9, count - 1)))
    }
    asked = [f'(eq .Values.{NAMES[axis]} "{f"v{choice}" if choice else ""}")' for axis, choice in wanted.items()]
    corpus = followed(tmp_path, HEAD + APART + form(asked), of, seed)
    having = {row for row, text in zip(corpus.combinations, corpus.templates["hidden.yaml"].ids, strict=True) if text}
    assert having == {row for row in corpus.combinations if all(row[axis] == choice for axis, choice in wanted.items())}
    assert corpus.rendered < len(corpus.combinations) / 2


def test_a_search_that_is_ended_tries_nothing_more(tmp_path: Path) -> None:
    """What nobody waits for any more, as a render failed or somebody pressed Ctrl-C, does not keep them waiting."""
    matrix = switches(2, 6)
    followed(tmp_path / "c", HEAD + APART + nested([f".Values.{name}" for name in NAMES[:6]]), matrix, seed=1)
    engine = open_in_process(load_chart(tmp_path / "c"))
    searches = [ConditionSearch(engine, matrix, Release()) for _ in range(2)]
    searches[1].end()
    going_on, ended = (search.found([bytes(6)]) for search in searches)
    assert bytes([1] * 6) in going_on
    assert ended == []

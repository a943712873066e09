"""Two versions of a template filled: each difference once, and no argument set left out where it could tell more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helm_nested.difference.filled import Filling
from nested_templates.contract import ArgumentSet, Contract
from nested_templates.dialect import Placeholder
from nested_templates.encoder import ENCODERS
from nested_templates.service_template import ServiceTemplate

CONTRACT = Contract({"properties": {"NAME": {"type": "string", "x-position": "scalar"}}}, "contract")
SETS = [ArgumentSet(name, "", (), {"NAME": name}) for name in ("one", "2", "three", "4")]


def filling() -> Filling:
    """Four argument sets, two of them with what looks like a number."""
    return Filling(CONTRACT, SETS, ENCODERS["json"], ["a.yaml"])


def template(text: str) -> ServiceTemplate:
    """A service template."""
    return ServiceTemplate("ConfigMap/a", "a.yaml", text)


class Peculiar:
    """A dialect that fills a template marked `odd` otherwise for one argument."""

    name = "peculiar"
    native = False

    def placeholders(self, text: str, where: str) -> Sequence[Placeholder]:  # noqa: ARG002 - the shape of a dialect
        """One, in the first line."""
        return [Placeholder("NAME", 1)]

    def written(self, name: str) -> str:
        """As a dialect must."""
        return name

    def fill(self, text: str, where: str, arguments: Mapping[str, object]) -> str:  # noqa: ARG002 - the shape of a dialect
        """The text, with its first line as a comment."""
        odd = "\nodd: true" if "odd" in text.split("\n")[-1] and arguments["NAME"] == "2" else ""
        return f"# {text}{odd}"


def test_each_difference_is_said_once() -> None:
    """What all argument sets show is shown by the first of them, what only some show by the first of those."""
    before = template('name: "${NAME}"\nlabel: "x-${NAME}"\nsize: 1')
    after = template('name: ${NAME}\nlabel: "y-${NAME}"\nsize: 2')
    found = filling().differences("a.yaml", before, after)
    assert [(each.edit.path, each.argument_set) for each in found] == [
        (("label",), "one"),
        (("size",), "one"),
        (("name",), "2"),
    ]


def test_one_argument_set_is_enough_where_arguments_stand_as_they_stood() -> None:
    """Nothing is filled twice for a change that has nothing to do with arguments."""
    used = []

    class Counting(Peculiar):
        def fill(self, text: str, where: str, arguments: Mapping[str, object]) -> str:  # noqa: ARG002 - the shape of a dialect
            used.append(arguments["NAME"])
            return text

    before, after = (ServiceTemplate("ConfigMap/a", "a.yaml", f"a: 1\nb: {b}", Counting()) for b in (1, 2))
    assert [each.edit.path for each in filling().differences("a.yaml", before, after)] == [("b",)]
    assert used == ["one", "one"]


def test_that_nothing_differs_is_tried_with_every_argument_set() -> None:
    """However many texts with the same changed lines were the same for the others: it is no proof for this one."""
    both = filling()
    before, after = (
        ServiceTemplate("ConfigMap/a", "a.yaml", f"{a}\nb: {b}", Peculiar()) for a, b in (("x", 1), ("y", 2))
    )
    assert [each.edit.path for each in both.differences("a.yaml", before, after)] == [("b",)]
    before, after = (
        ServiceTemplate("ConfigMap/a", "a.yaml", text, Peculiar()) for text in ("x\nb: 1", "y\nb: 1 # odd")
    )
    assert [each.edit.path for each in both.differences("a.yaml", before, after)] == [("odd",)]

"""Imports go one way: a part imports only parts that stand before it in ARCHITECTURE.md, in packages it may import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import resolve_name
from pathlib import Path

import pytest

import helm_nested

ROOT = Path(__file__).parents[2]
SOURCES = Path(helm_nested.__file__).parents[1]
# The block below the sentence that names this module: the name of a package with those that it may import in brackets;
# then on each line what the parts are about, and their names.
ORDER = re.compile(rf"{re.escape(Path(__file__).name)}.+?```\n(.+?)```", re.DOTALL)
PACKAGE = re.compile(r"(\w+)(?: \((.+)\))?:")
ABOUT = 15


@dataclass(frozen=True)
class Listed:
    """One package as ARCHITECTURE.md has it: which others it may import, and its parts in their order."""

    below: Sequence[str]
    parts: Sequence[str]


def order() -> dict[str, Listed]:
    """The packages as ARCHITECTURE.md lists them, by name."""
    section = ORDER.search((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    assert section is not None, "ARCHITECTURE.md lists no parts"
    packages: dict[str, Listed] = {}
    parts: list[str] = []
    for line in section[1].splitlines():
        header = PACKAGE.fullmatch(line)
        if header is None:
            parts += line[ABOUT:].split()
        else:
            parts = []
            packages[header[1]] = Listed((header[2] or "").replace(",", " ").split(), parts)
    return packages


LISTED = order()


def modules(package: Path) -> dict[str, Path]:
    """Every module below a package's folder by its name."""
    found = {}
    for file in sorted(package.rglob("*.py")):
        steps = file.relative_to(package.parent).with_suffix("").parts
        found[".".join(steps[:-1] if steps[-1] == "__init__" else steps)] = file
    return found


def imports(package: Path, known: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Every import of a known module by one of the package, wherever in it the statement stands."""
    for name, file in modules(package).items():
        inside = name if file.name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named: list[str] = []
            if isinstance(node, ast.Import):
                named = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = resolve_name("." * node.level + (node.module or ""), inside)
                named = [f"{base}.{each.name}" if f"{base}.{each.name}" in known else base for each in node.names]
            yield from ((name, other) for other in dict.fromkeys(named) if other in known and other != name)


def part(module: str) -> str:
    """The part of its package that a module belongs to; none for the package itself."""
    return module.split(".")[1] if "." in module else ""


def upward(package: Path, parts: Sequence[str]) -> list[str]:
    """Each import of a part that does not stand before the importing one.

    The package's own module may hand on what its users import; a part that imported it would close a circle.
    """
    place = {name: number for number, name in enumerate(["", *parts])}
    return [
        f"{one} imports {other}, but `{part(other)}` stands after `{part(one)}`"
        for one, other in imports(package, modules(package))
        if part(one) and part(one) != part(other) and place[part(other)] > place[part(one)]
    ]


def foreign(package: Path, below: Sequence[str]) -> list[str]:
    """Each import of another package beside this one that it may not import."""
    others = [folder for folder in package.parent.iterdir() if folder.is_dir() and folder != package]
    known = {name: file for folder in others for name, file in modules(folder).items()}
    return [
        f"{one} imports {other}, which its package may not"
        for one, other in imports(package, known)
        if other.split(".")[0] not in below
    ]


def circles(package: Path) -> list[str]:
    """Each import that leads back to the module it stands in."""
    needs: dict[str, set[str]] = {}
    for one, other in imports(package, modules(package)):
        needs.setdefault(one, set()).add(other)

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            fresh = needs.get(waiting.pop(), set()) - seen
            seen |= fresh
            waiting += fresh
        return seen

    behind = {module: reached(module) for module in needs}
    return [
        f"{one} imports {other}, which leads back to it"
        for one, others in needs.items()
        for other in sorted(others)
        if one in behind.get(other, ())
    ]


@pytest.mark.parametrize("package", LISTED)
def test_every_part_has_one_place_in_the_list(package: str) -> None:
    """A new module or package is put where it belongs, and one that is gone leaves the list."""
    parts = LISTED[package].parts
    assert len(parts) == len(set(parts))
    assert set(parts) == {part(module) for module in modules(SOURCES / package)} - {""}


@pytest.mark.parametrize("package", LISTED)
def test_no_part_imports_one_that_stands_after_it(package: str) -> None:
    """Data flows one way, so a part can be read and changed knowing only those before it."""
    assert upward(SOURCES / package, LISTED[package].parts) == []


@pytest.mark.parametrize("package", LISTED)
def test_no_package_imports_one_that_it_may_not(package: str) -> None:
    """What fills knows nothing of what uses it, so it can be installed alone."""
    assert foreign(SOURCES / package, LISTED[package].below) == []


@pytest.mark.parametrize("package", LISTED)
def test_no_module_imports_itself_through_others(package: str) -> None:
    """Inside a package there is no circle either."""
    assert circles(SOURCES / package) == []


def test_what_goes_the_wrong_way_is_named(tmp_path: Path) -> None:
    """An import upward, a late, a relative and a typing one too, is told with its module, and so is a circle."""
    texts = {
        "tool/__init__.py": "",
        "tool/low.py": "def f():\n    from tool.high import other\n    import library.shelf\n    import user\n",
        "tool/high/__init__.py": "",
        "tool/high/one.py": "import typing\nif typing.TYPE_CHECKING:\n    from . import other\n",
        "tool/high/other.py": "from tool import low, middle\nimport tool.high.one\n",
        "tool/middle.py": "from .high import one\n",
        "library/shelf.py": "",
        "user/__init__.py": "",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert upward(tmp_path / "tool", ["low", "middle", "high"]) == [
        "tool.low imports tool.high.other, but `high` stands after `low`",
        "tool.middle imports tool.high.one, but `high` stands after `middle`",
    ]
    assert foreign(tmp_path / "tool", ["library"]) == ["tool.low imports user, which its package may not"]
    assert "tool.high.one imports tool.high.other, which leads back to it" in circles(tmp_path / "tool")

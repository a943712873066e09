"""What `make test` runs needs only what `make test` installs: the cluster's packages are not there."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from importlib.util import resolve_name
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Where a module's name begins: the project's own packages, and the scripts and tests beside them.
BEGINNINGS = (ROOT / "src", ROOT)


def module_file(name: str, beginnings: Iterable[Path]) -> Path | None:
    """The file of one of the project's own modules, or nothing for a module of somebody else."""
    for beginning in beginnings:
        base = beginning.joinpath(*name.split("."))
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                return file
        if base.is_dir() and any(base.glob("*.py")):
            return base
    return None


def needed(statements: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that take place while a module is imported: those of functions and of type checking do not."""
    for statement in statements:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from needed(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            for name in ("body", "orelse", "handlers", "finalbody"):
                yield from needed(
                    inner
                    for part in getattr(statement, name, ())
                    for inner in (part.body if isinstance(part, ast.ExceptHandler) else [part])
                )


def imported(file: Path, beginnings: Iterable[Path]) -> Iterator[str]:
    """The full name of each module that this one imports."""
    beginning = next(each for each in beginnings if file.is_relative_to(each))
    inside = ".".join(file.relative_to(beginning).parent.parts)
    for node in needed(ast.parse(file.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        else:
            base = resolve_name("." * node.level + (node.module or ""), inside) if node.level else str(node.module)
            yield base
            yield from (f"{base}.{each.name}" for each in node.names)


def chains(starts: Iterable[Path], beginnings: tuple[Path, ...] = BEGINNINGS) -> dict[str, list[Path]]:
    """Each package of somebody else that these modules need, with the files that lead to it."""
    foreign: dict[str, list[Path]] = {}
    waiting = [[start] for start in starts]
    seen = set()
    while waiting:
        chain = waiting.pop(0)
        if chain[-1] in seen:
            continue
        seen.add(chain[-1])
        for name in imported(chain[-1], beginnings):
            steps = name.split(".")
            if module_file(steps[0], beginnings) is None:
                foreign.setdefault(steps[0], chain)
            owners = (".".join(steps[:number]) for number in range(1, len(steps) + 1))
            files = (module_file(owner, beginnings) for owner in owners)
            waiting += [[*chain, file] for file in files if file is not None and file.is_file()]
    return {name: chain for name, chain in foreign.items() if name not in sys.stdlib_module_names}


def locked(lock: Path) -> set[str]:
    """The distributions that a lock installs."""
    return set(re.findall(r"^([a-z0-9-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_tests_without_a_cluster_import_only_what_requirements_lock_installs() -> None:
    """A fresh clone has nothing else, though a machine on which a cluster was started does."""
    tests = [file for file in (ROOT / "tests").rglob("*.py") if ROOT / "tests/cluster" not in file.parents]
    installed = locked(ROOT / "requirements.lock")
    known = packages_distributions()
    missing = {
        name: " -> ".join(str(file.relative_to(ROOT)) for file in chain)
        for name, chain in chains(tests).items()
        if not {re.sub(r"[-_.]+", "-", each).lower() for each in known.get(name, [])} & installed
    }
    assert missing == {}, "requirements.lock has none of these packages; move what needs them to tests/cluster"


def test_a_package_that_is_needed_through_others_is_told_with_the_way_to_it(tmp_path: Path) -> None:
    """Whoever reads the failure sees which import to take away; what only a function or a type needs does not count."""
    texts = {
        "tests/test_one.py": "from .shared import one\nfrom library import gate\n",
        "tests/shared.py": "import typing\nif typing.TYPE_CHECKING:\n    import only_for_types\none = 1\n",
        "src/library/__init__.py": "def late():\n    import only_when_called\n",
        "src/library/gate.py": "try:\n    from library.plane import HOST\nexcept ImportError:\n    import fallback\n",
        "src/library/plane.py": "class Plane:\n    from certificates.x509 import Name\nHOST = ''\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = chains([tmp_path / "tests/test_one.py"], (tmp_path / "src", tmp_path))
    assert {name: [file.name for file in chain] for name, chain in found.items()} == {
        "fallback": ["test_one.py", "gate.py"],
        "certificates": ["test_one.py", "gate.py", "plane.py"],
    }

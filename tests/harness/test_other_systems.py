"""Where a system lacks what Linux has, the tool goes without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .checked_project import Project, project

__all__ = ["project"]

# As on Windows: no locks of files, no fork.
SCRIPT = """\
import importlib, os, pkgutil, sys
sys.modules["fcntl"] = None
del os.fork, os.register_at_fork
import helm_nested
for module in pkgutil.walk_packages(helm_nested.__path__, "helm_nested."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from helm_nested.__main__ import main
sys.exit(main())
"""


def test_without_locks_and_fork_everything_is_imported_and_checked(project: Project) -> None:
    """Every module can be imported, and a check ends as it does elsewhere."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "check"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ": 0 findings." in done.stdout
    assert list((Path("build") / "cache" / "corpus").glob("?" * 32))

"""Every check that comes with the harness, by name."""

from __future__ import annotations

from pathlib import Path

from helm_nested.check_registry import load_checks

ROOT = Path(__file__).parents[2]


CHECKS = {check.name: check for check in load_checks()}


def of_scope(*scopes: str) -> list[str]:
    """The names of the checks of these scopes."""
    return [name for name, check in CHECKS.items() if check.scope in scopes]


MINORS = tuple(f"1.{minor}" for minor in range(29, 38))

"""Which settings `serve` has from the chart, and which a user adds: every one is either, as the program has it."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from temporal_endpoints.serving import SETTINGS
from temporal_endpoints.settings import Setting, add_settings, resolve

CHART = Path(__file__).parents[2] / "charts" / "temporal-endpoints" / "templates"
RULES = (CHART / "validations" / "_control-plane.tpl").read_text(encoding="utf-8")
DEPLOYMENT = (CHART / "control-plane" / "deployment.yaml").read_text(encoding="utf-8")
WORD = re.compile(r'"([^"]*)"')


def words(variable: str) -> list[str]:
    """The texts that the chart's rules give to that variable."""
    (line,) = re.findall(r"^{{- \$" + variable + r" := (.*)}}$", RULES, re.MULTILINE)
    return WORD.findall(line)


OWN = words("theCharts")[::2]
TEXTS, NUMBERS, FLAGS = words("texts"), words("numbers"), words("flags")
BY_NAME = {setting.name: setting for setting in SETTINGS}


def kind(setting: Setting) -> list[str]:
    """Which list of the chart's rules a user's setting belongs to."""
    if isinstance(setting.default, bool):
        return FLAGS
    return NUMBERS if isinstance(setting.default, int) else TEXTS


def test_every_setting_is_the_charts_or_a_users() -> None:
    """None is forgotten, none is there twice, and none is made up."""
    assert sorted([*OWN, *TEXTS, *NUMBERS, *FLAGS]) == sorted(BY_NAME)
    assert all(name in kind(BY_NAME[name]) for name in (*TEXTS, *NUMBERS, *FLAGS))


def test_what_the_deployment_writes_is_the_charts() -> None:
    """Each argument and variable that the Deployment has is one that a user cannot write again."""
    written = {*re.findall(r"--([a-z-]+)", DEPLOYMENT)}
    written |= {name.lower().replace("_", "-") for name in re.findall(r"TEMPORAL_ENDPOINTS_([A-Z_]+)", DEPLOYMENT)}
    assert written <= {*OWN}
    assert {*OWN} - written == {"kubeconfig", "context"}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_bounds_of_a_number_are_the_programs(name: str) -> None:
    """The chart takes what the program takes."""
    found = re.search(rf'"{name}" \(list (\d+) (\d+)\)', RULES)
    assert found is not None
    assert tuple(map(int, found.groups())) == BY_NAME[name].bounds


@pytest.mark.parametrize("name", [*TEXTS, *NUMBERS, *FLAGS])
def test_the_program_takes_what_a_user_may_add(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the form that the chart asks for."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    parser = argparse.ArgumentParser()
    add_settings(parser, SETTINGS)
    forms = [f"--{name}", f"--no-{name}"] if name in FLAGS else [f"--{name}=60"]
    for form in forms:
        assert name in resolve(parser.parse_args([form]), SETTINGS, SETTINGS)

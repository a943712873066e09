"""The image of the control plane: nothing builds it here, so what can be read in its Dockerfile is held to rules."""

from __future__ import annotations

import io
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
# With a digest the tag stays, because nobody can read Python's version in a digest.
PINNED = re.compile(r"docker\.io/library/python:(\d+\.\d+\.\d+)-slim-[a-z]+(@sha256:[0-9a-f]{64})?")
ONE_BASE = "${PYTHON}"
INSTALLED = ("nested-templates", "temporal-endpoints")
NUMBERS = re.compile(r"[1-9]\d*:[1-9]\d*")
FORMS = ("RUN", "ENTRYPOINT", "CMD")


@dataclass(frozen=True)
class Instruction:
    """One instruction, with what follows its name."""

    name: str
    value: str

    @property
    def words(self) -> Sequence[str]:
        """Its words; of the form that no shell reads those of the list."""
        if self.value.startswith("["):
            words: list[str] = json.loads(self.value)
            return words
        return self.value.split()

    @property
    def sources(self) -> Sequence[str]:
        """What a COPY takes, without its flags and its target."""
        return [each for each in self.words if not each.startswith("--")][:-1]


def instructions(text: str) -> list[Instruction]:
    """All of a Dockerfile."""
    parsed = DockerfileParser(fileobj=io.BytesIO(text.encode())).structure
    return [Instruction(each["instruction"], each["value"]) for each in parsed if each["instruction"] != "COMMENT"]


def scripts() -> Mapping[str, Any]:
    """The programs that the wheel of the control plane brings."""
    text = (ROOT / "distributions" / "temporal-endpoints" / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]["scripts"]
    return found


def of_python(version: str) -> Iterator[str]:
    """What the wheels that the image installs say against a version of Python."""
    for name in INSTALLED:
        text = (ROOT / "distributions" / name / "pyproject.toml").read_text(encoding="utf-8")
        claimed = tomllib.loads(text)["project"]["requires-python"]
        if version not in SpecifierSet(claimed):
            yield f"python: {name} is for Python {claimed}, and the base has {version}"
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    minor = ".".join(version.split(".")[:2])
    if f"Programming Language :: Python :: {minor}" not in tomllib.loads(text)["project"]["classifiers"]:
        yield f"python: this project is not tested with Python {minor}"


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets this path through; the last pattern decides that fits it or a folder that it is in."""
    sent, places = True, (path, *map(str, Path(path).parents))
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").strip()
        if pattern and not line.startswith("#") and any(fnmatch(place, pattern) for place in places):
            sent = line.startswith("!")
    return sent


def problems(text: str) -> Iterator[str]:
    """What breaks a rule."""
    found = instructions(text)
    arguments = {f"${{{name}}}": value for name, _, value in (each.value.partition("=") for each in found) if value}
    stages = [each for each in found if each.name == "FROM"]
    for stage in stages:
        image = arguments.get(stage.words[0], stage.words[0])
        pinned = PINNED.fullmatch(image)
        if pinned is None:
            yield f"base: {image} is no image of Python with its exact version"
        else:
            yield from of_python(pinned[1])
        if stage.words[0] != ONE_BASE:
            yield f"one base: {stage.words[0]} is written there, and not once for all stages in PYTHON"
    if len(stages) < 2:
        yield "stages: what builds is in the image"
    for each in found:
        if each.name == "ADD":
            yield f"add: {each.value} may be fetched or unpacked; COPY does neither"
        if each.name in FORMS and not each.value.startswith("["):
            yield f"shell: {each.name} {each.value} is read by a shell"
        elif each.name == "RUN" and "install" in each.words and not {"--require-hashes", "--no-index"} & {*each.words}:
            yield f"hashes: {each.value} installs what no hash pins"
        if each.name == "COPY" and "--from=build" not in each.words:
            yield from (f"files: {path} is not there" for path in each.sources if not (ROOT / path).exists())
            yield from (f"files: .dockerignore keeps {path} back" for path in each.sources if not is_sent(path))
    copied = [
        ROOT / path
        for each in found
        if each.name == "COPY" and "--from=build" not in each.words
        for path in each.sources
    ]
    for link in (each for folder in copied for each in folder.rglob("*") if each.is_symlink()):
        if not any(link.resolve().is_relative_to(place) for place in copied):
            yield f"links: {link.relative_to(ROOT)} leads to what is not copied"
    last = found[len(found) - [each.name for each in reversed(found)].index("FROM") :]
    users = [each.value for each in last if each.name == "USER"]
    if not users or not NUMBERS.fullmatch(users[-1]):
        yield f"user: the last stage ends as {users[-1] if users else 'root'}, not as numbers that are not root's"
    if any(each.name == "RUN" for each in last):
        yield "stages: the last stage builds something"
    programs = [each.words[0] for each in last if each.name == "ENTRYPOINT"]
    if not programs or programs[-1] not in scripts():
        yield f"entrypoint: {programs[-1] if programs else 'none'} is no program of the wheel"


def test_the_dockerfile_breaks_no_rule() -> None:
    """Pinned bases and packages, no shell, no fetched file, nobody as its user, a program that is there."""
    assert list(problems(TEXT)) == []


def version() -> str:
    """The version of Python in the image."""
    found = re.search(r"^ARG PYTHON=.*:(\d+\.\d+\.\d+)-slim-", TEXT, re.MULTILINE)
    assert found
    return found[1]


VERSION = version()
BROKEN = {
    "base": (f":{VERSION}-slim-trixie", ":latest"),
    "one base": (
        "FROM ${PYTHON}\nCOPY --from=build",
        f"FROM docker.io/library/python:{VERSION}-slim-trixie\nCOPY --from=build",
    ),
    "python": (f":{VERSION}-", ":3.10.18-"),
    "stages": ("FROM ${PYTHON}\nCOPY --from=build", 'FROM ${PYTHON}\nRUN ["true"]\nCOPY --from=build'),
    "add": (
        "COPY distributions/nested-templates distributions/nested-templates",
        "ADD https://example.com/wheels.tar distributions",
    ),
    "shell": ('RUN ["python", "-m", "venv", "/opt/builder"]', "RUN python -m venv /opt/builder && true"),
    "hashes": ('"--require-hashes", ', ""),
    "files": ("COPY src/temporal_endpoints src/temporal_endpoints", "COPY src/helm_nested src/helm_nested"),
    "links": ("COPY schemas/contract.schema.json schemas/contract.schema.json\n", ""),
    "user": ("USER 65534:65534", "USER root"),
    "entrypoint": ('["temporal-endpoints"]', '["temporal-endpoint"]'),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_what_breaks_a_rule_is_seen(rule: str) -> None:
    """Each rule tells of the change that it is for."""
    before, after = BROKEN[rule]
    assert before in TEXT
    assert [each for each in problems(TEXT.replace(before, after)) if each.startswith(rule)]


@pytest.mark.parametrize(
    ("image", "rules"),
    [
        ("docker.io/library/python:3.14.0-slim-trixie", []),
        (f"docker.io/library/python:3.13.7-slim-trixie@sha256:{'0' * 64}", []),
        ("docker.io/library/python:3.13-slim-trixie", ["base"]),
        ("docker.io/library/python:3.13.7", ["base"]),
        (f"docker.io/library/python@sha256:{'0' * 64}", ["base"]),
        ("docker.io/library/python:3.13.7-slim-trixie@sha256:0", ["base"]),
        ("python:3.13.7-slim-trixie", ["base"]),
        ("docker.io/library/debian:3.13.7-slim-trixie", ["base"]),
        ("docker.io/library/python:3.15.0-slim-trixie", ["python", "python", "python"]),
    ],
)
def test_the_base_is_an_exact_python_of_this_project(image: str, rules: list[str]) -> None:
    """Each stage has it: its version is one that the wheels are for and that the project is tested with."""
    text = re.sub(r"^ARG PYTHON=.*$", f"ARG PYTHON={image}", TEXT, flags=re.MULTILINE)
    assert [each.partition(":")[0] for each in problems(text)] == 2 * rules


def test_the_lock_has_all_that_the_wheels_need_by_hash() -> None:
    """Every dependency that the wheels name is there, each package with a hash, and nothing of the harness."""
    text = (ROOT / "distributions" / "temporal-endpoints" / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(r"^(\S+)==(?:.|\n)*?(?=^\S|\Z)", text, re.MULTILINE)
    for name in INSTALLED:
        project = tomllib.loads((ROOT / "distributions" / name / "pyproject.toml").read_text(encoding="utf-8"))
        for dependency in project["project"]["dependencies"]:
            needed = re.match(r"[A-Za-z0-9-]+", dependency)
            assert needed
            assert needed[0] in (*entries, "nested-templates")
    assert text.count("==") == len(entries) > 20
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) >= len(entries)
    assert not {"helm-python-sdk", "kubernetes-validate", "pytest"} & {*entries}


def test_the_chart_runs_this_image() -> None:
    """The chart's command is the image's program, and its user is the image's."""
    chart = ROOT / "charts" / "temporal-endpoints" / "templates" / "control-plane" / "deployment.yaml"
    template = chart.read_text(encoding="utf-8")
    by_name = {each.name: each for each in instructions(TEXT)}
    command = re.search(r"command:\n((?: +- \S+\n)+)", template)
    user, group = re.search(r"runAsUser: (\d+)", template), re.search(r"runAsGroup: (\d+)", template)
    assert command
    assert user
    assert group
    assert yaml.safe_load(command[1]) == [*by_name["ENTRYPOINT"].words, *by_name["CMD"].words]
    assert by_name["USER"].value == f"{user[1]}:{group[1]}"

#!/usr/bin/env python3
"""Builds the pinned tools below tools/ once into a cache and links them into build/tools."""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "tools"
LINKS = REPOSITORY / "build" / "tools"
# Programs whose source lies in tools/<name> itself, and the module whose version they bear.
OWN_PROGRAMS = {"kubernetes": "k8s.io/kubernetes"}


class CannotBuildError(Exception):
    """Says what is missing or what failed, and what to do about it."""


@dataclass(frozen=True)
class Requirement:
    """What one tools/<name>/go.mod says: which package is built, and at which versions.

    Of a program of our own, `package` is the module whose version it bears.
    """

    name: str
    go: str
    package: str
    modules: Mapping[str, str]

    @classmethod
    def read(cls, name: str) -> Requirement:
        """Reads tools/<name>/go.mod."""
        path = REQUIREMENTS / name / "go.mod"
        text = path.read_text()
        go = re.search(r"^go (\S+)$", text, re.MULTILINE)
        tool = re.search(r"^tool (\S+)$", text, re.MULTILINE)
        package = OWN_PROGRAMS.get(name) or (tool and tool.group(1))
        if go is None or package is None:
            shown = path.relative_to(REPOSITORY)
            raise CannotBuildError(
                f'{shown} needs a line "go <version>" and a line "tool <package>"; restore it from git'
            )
        modules = dict(re.findall(r"^(?:require)?\s+([^\s/]+\.[^\s/]+/\S+) (v\S+)", text, re.MULTILINE))
        return cls(name, go.group(1), package, modules)

    @property
    def version(self) -> str:
        """The version of the module that holds the tool's package."""
        return self.version_of(self.package)

    def version_of(self, package: str) -> str:
        """Returns the version of the module that holds this package."""
        holders = [module for module in self.modules if f"{package}/".startswith(f"{module}/")]
        if not holders:
            raise CannotBuildError(
                f"tools/{self.name}/go.mod requires no module that holds {package}; "
                f'run "go get -tool {self.package}@<version>" in tools/{self.name}'
            )
        return self.modules[max(holders, key=len)]


@dataclass(frozen=True)
class Tool:
    """One tool: its linker's variables, seconds to build it with an empty Go cache, whether only if it is named."""

    name: str
    variables: Callable[[Requirement], dict[str, str]]
    cold_seconds: int
    only_named: bool = False


def helm3_variables(requirement: Requirement) -> dict[str, str]:
    """Returns Helm 3's version and the Kubernetes version it takes for granted, which is 1.20 unless linked in."""
    # The libraries of Kubernetes 1.37 are released as v0.37.
    minor = requirement.version_of("k8s.io/client-go").split(".")[1]
    return {
        "helm.sh/helm/v3/internal/version.version": requirement.version,
        **{
            f"helm.sh/helm/v3/pkg/{package}.k8sVersion{part}": value
            for package in ("chartutil", "lint/rules")
            for part, value in (("Major", "1"), ("Minor", minor))
        },
    }


TOOLS = (
    Tool("helm4", lambda requirement: {"helm.sh/helm/v4/internal/version.version": requirement.version}, 186),
    Tool("helm3", helm3_variables, 91),
    Tool("kubeconform", lambda requirement: {"main.version": requirement.version}, 32),
    Tool("kubernetes", lambda requirement: {"main.version": requirement.version.removeprefix("v")}, 240),
    Tool("helm-docs", lambda requirement: {"main.version": requirement.version.removeprefix("v")}, 25),
    Tool(
        "helm-unittest",
        lambda requirement: {
            "github.com/helm-unittest/helm-unittest/internal/build.version": requirement.version.removeprefix("v")
        },
        107,
        only_named=True,
    ),
)


@dataclass(frozen=True)
class Plan:
    """Where one tool at one version goes, and how it is linked."""

    tool: Tool
    requirement: Requirement
    link_flags: str
    binary: Path

    @classmethod
    def of(cls, tool: Tool) -> Plan:
        """Reads what is pinned and works out the place in the cache that nothing else can have."""
        requirement = Requirement.read(tool.name)
        settings = (f"-X {variable}={value}" for variable, value in tool.variables(requirement).items())
        link_flags = " ".join(["-s", "-w", *settings])
        digest = hashlib.sha256()
        folder = REQUIREMENTS / tool.name
        # The platform counts, because a home folder may be shared by machines of several kinds.
        kind = f"{platform.system()} {platform.machine()}"
        sources = sorted(path for path in folder.glob("*.go") if not path.name.endswith("_test.go"))
        for part in (
            (folder / "go.mod").read_bytes(),
            (folder / "go.sum").read_bytes(),
            *(source.read_bytes() for source in sources),
            link_flags.encode(),
            kind.encode(),
        ):
            digest.update(hashlib.sha256(part).digest())
        entry = f"{tool.name}-{requirement.version}-{digest.hexdigest()[:12]}"
        return cls(tool, requirement, link_flags, cache() / entry / tool.name)


def cache() -> Path:
    """Returns the folder where built tools are kept between clones."""
    given = os.environ.get("TEMPORAL_ENDPOINTS_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(given or Path.home() / ".cache").absolute() / "temporal-endpoints" / "tools"


def go_for(plans: list[Plan]) -> str:
    """Returns the Go command, if it is new enough for all of these."""
    needed = max((plan.requirement.go for plan in plans), key=release)
    shown = ".".join(needed.split(".")[:2])
    remedy = f"install Go {shown} or newer, put it on PATH and run this again"
    go = shutil.which("go")
    if go is None:
        raise CannotBuildError(f"Go is not installed; {remedy}")
    answer = subprocess.run([go, "env", "GOVERSION"], env=go_environment(), capture_output=True, text=True, check=False)
    found = answer.stdout.strip().removeprefix("go")
    if answer.returncode != 0 or not release(found):
        raise CannotBuildError(f'"{go} env GOVERSION" says no version; {remedy}')
    if release(found) < release(needed):
        raise CannotBuildError(f"Go is {found}, these tools need {needed}; {remedy}")
    return go


def release(version: str) -> tuple[int, ...]:
    """Returns the numbers a Go version begins with."""
    numbers = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in numbers.group().split(".")) if numbers else ()


def go_environment() -> dict[str, str]:
    """Returns the environment that holds Go to the installed release, to go.mod and go.sum as they are, and to no C."""
    return {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"}


def build(go: str, plan: Plan) -> None:
    """Builds one tool into its place in the cache, where it appears whole or not at all."""
    plan.binary.parent.mkdir(parents=True, exist_ok=True)
    unfinished = plan.binary.with_name(f".{plan.tool.name}-{os.getpid()}")
    command = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", plan.link_flags, "-o", str(unfinished)]
    try:
        result = subprocess.run(
            [*command, "." if plan.tool.name in OWN_PROGRAMS else plan.requirement.package],
            cwd=REQUIREMENTS / plan.tool.name,
            env=go_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            said = "\n".join(result.stderr.strip().splitlines()[-12:])
            raise CannotBuildError(
                f"go build failed in tools/{plan.tool.name}:\n{said}\n"
                "The first build needs a Go module proxy in reach; correct what Go says above and run this again"
            )
        unfinished.replace(plan.binary)
    finally:
        unfinished.unlink(missing_ok=True)


def link(plan: Plan) -> None:
    """Makes build/tools/<name> lead to the tool in the cache."""
    LINKS.mkdir(parents=True, exist_ok=True)
    unfinished = LINKS / f".{plan.tool.name}-{os.getpid()}"
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(plan.binary)
    unfinished.replace(LINKS / plan.tool.name)


def roughly(seconds: int) -> str:
    """Returns a duration as a person would say it."""
    return f"{round(seconds / 60)} minutes" if seconds >= 90 else f"{seconds} seconds"


def build_all(plans: list[Plan]) -> None:
    """Builds what the cache lacks, links everything, and says so in one line for each tool."""
    missing = [plan for plan in plans if not plan.binary.exists()]
    remaining = list(missing)
    for plan in plans:
        if plan not in missing:
            link(plan)
            print(f"{plan.tool.name} {plan.requirement.version}: cached", flush=True)
    try:
        go = go_for(missing) if missing else ""
        for plan in missing:
            start = time.monotonic()
            estimate = roughly(plan.tool.cold_seconds)
            print(
                f"{plan.tool.name} {plan.requirement.version}: building (about {estimate} when cold) ...",
                end="",
                flush=True,
            )
            try:
                build(go, plan)
            except BaseException:
                print(" failed", flush=True)
                raise
            link(plan)
            remaining.remove(plan)
            print(f" {time.monotonic() - start:.0f} s", flush=True)
    except CannotBuildError as error:
        names = ", ".join(plan.tool.name for plan in remaining)
        raise CannotBuildError(f"not built: {names}. {error}") from error


def main() -> int:
    """Builds the named tools, or all that the checks need; or lists where they are."""
    names = [tool.name for tool in TOOLS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", nargs="*", help=f"which to build: {', '.join(names)} (default: what the checks need)")
    parser.add_argument("--list", action="store_true", help="build nothing, print where each tool is")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.tool) - set(names))
    if unknown:
        parser.error(f"no tool is named {', '.join(unknown)}; choose from {', '.join(names)}")
    chosen = [tool for tool in TOOLS if tool.name in arguments.tool or not (arguments.tool or tool.only_named)]
    try:
        plans = [Plan.of(tool) for tool in chosen]
        if arguments.list:
            for plan in plans:
                place = plan.binary if plan.binary.exists() else "not built"
                print(f"{plan.tool.name} {plan.requirement.version}: {place}")
        else:
            build_all(plans)
    except CannotBuildError as error:
        print(f"build_tools: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"build_tools: {error}; make that file readable or the folder writable", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

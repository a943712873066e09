"""Builds the pinned tools below tools/ once into a cache and links them into build/tools."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.pinned_tools import OWN_PROGRAMS, REPOSITORY, REQUIREMENTS, TOOLS, CannotBuildError, Requirement, Tool

from helm_nested.file_lock import hold

LINKS = REPOSITORY / "build" / "tools"


@dataclass(frozen=True)
class Plan:
    """Where one tool at one version goes, and how it is linked."""

    tool: Tool
    requirement: Requirement
    package: str
    link_flags: str
    place: Path

    @classmethod
    def of(cls, tool: Tool) -> Plan:
        """Reads what is pinned and works out the place in the cache that nothing else can have."""
        requirement = tool.requirement
        settings = (f"-X {variable}={value}" for variable, value in tool.variables(requirement).items())
        link_flags = " ".join(["-s", "-w", *settings])
        digest = hashlib.sha256()
        folder = REQUIREMENTS / requirement.folder
        # The platform counts, because a home folder may be shared by machines of several kinds.
        kind = f"{platform.system()} {platform.machine()}"
        sources = sorted(path for path in folder.glob("*.go") if not path.name.endswith("_test.go"))
        for part in (
            (folder / "go.mod").read_bytes(),
            (folder / "go.sum").read_bytes(),
            *(source.read_bytes() for source in sources),
            link_flags.encode(),
            kind.encode(),
            *(pattern.encode() for pattern in tool.files),
        ):
            digest.update(hashlib.sha256(part).digest())
        package = tool.package_in(requirement)
        entry = f"{tool.name}-{requirement.version_of(package)}-{digest.hexdigest()[:12]}"
        return cls(tool, requirement, package, link_flags, cache() / entry / tool.name)

    @property
    def title(self) -> str:
        """Its name and version, for people."""
        return f"{self.tool.name} {self.requirement.version_of(self.package)}"


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
    # The compiler lives for seconds: collecting its garbage seldom saves a good part of its time, for some 100 MB more.
    often = {"GOGC": os.environ.get("GOGC", "400")}
    return {**os.environ, **often, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"}


def build(go: str, plan: Plan) -> None:
    """Builds or copies one tool into its place in the cache, where it appears whole or not at all.

    Another checkout that builds the same tool is waited for, and what it built is taken.
    """
    plan.place.parent.mkdir(parents=True, exist_ok=True)
    with (plan.place.parent / ".building").open("w") as lock:
        hold(lock)
        if not plan.place.exists():
            build_here(go, plan)


def build_here(go: str, plan: Plan) -> None:
    """Builds or copies one tool that nobody else builds."""
    unfinished = plan.place.with_name(f".{plan.tool.name}-{os.getpid()}")
    try:
        if plan.tool.files:
            copy_files(go, plan, unfinished)
        else:
            compile_program(go, plan, unfinished)
        unfinished.replace(plan.place)
    finally:
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        else:
            unfinished.unlink(missing_ok=True)


def compile_program(go: str, plan: Plan, target: Path) -> None:
    """Compiles the tool's package; Go itself keeps all cores busy, so that one at a time is as fast and needs less."""
    command = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", plan.link_flags, "-o", str(target)]
    run_go([*command, "." if plan.tool.name in OWN_PROGRAMS else plan.package], plan)


def copy_files(go: str, plan: Plan, target: Path) -> None:
    """Copies the tool's files out of its module, whose sum Go compares with go.sum."""
    answer = json.loads(run_go([go, "mod", "download", "-json", plan.package], plan))
    target.mkdir()
    for pattern in plan.tool.files:
        found = sorted(Path(answer["Dir"]).glob(pattern))
        if not found:
            raise CannotBuildError(f"{plan.title} has no {pattern}; look up where it moved, and correct the pattern")
        for path in found:
            (target / path.name).write_bytes(path.read_bytes())


def run_go(command: list[str], plan: Plan) -> str:
    """Runs Go in the folder of the tool's go.mod, and returns what it prints."""
    folder = REQUIREMENTS / plan.requirement.folder
    result = subprocess.run(command, cwd=folder, env=go_environment(), capture_output=True, text=True, check=False)
    if result.returncode != 0:
        # "go mod download -json" tells an error in its answer.
        said = "\n".join((result.stderr.strip() or result.stdout.strip()).splitlines()[-12:])
        raise CannotBuildError(
            f"go {command[1]} failed in tools/{folder.name}:\n{said}\n"
            "The first build needs a Go module proxy in reach; correct what Go says above and run this again"
        )
    return result.stdout


def link(plan: Plan) -> None:
    """Makes build/tools/<name> lead to the tool in the cache."""
    LINKS.mkdir(parents=True, exist_ok=True)
    unfinished = LINKS / f".{plan.tool.name}-{os.getpid()}"
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(plan.place)
    unfinished.replace(LINKS / plan.tool.name)


def roughly(seconds: int) -> str:
    """Returns a duration as a person would say it."""
    return f"{round(seconds / 60)} minutes" if seconds >= 90 else f"{seconds} seconds"


def build_all(plans: list[Plan]) -> None:
    """Builds what the cache lacks, links everything, and says so in one line for each tool."""
    missing = [plan for plan in plans if not plan.place.exists()]
    remaining = list(missing)
    for plan in plans:
        if plan not in missing:
            link(plan)
            print(f"{plan.title}: cached", flush=True)
    expected = sum(plan.tool.cold_seconds for plan in missing)
    if len(missing) > 1:
        print(
            f"{len(missing)} are to be built: {roughly(expected)} on two idle cores when nothing is cached, "
            "and the download of their source the first time. Once built they are kept.",
            flush=True,
        )
    try:
        go = go_for(missing) if missing else ""
        for plan in missing:
            start = time.monotonic()
            estimate = roughly(plan.tool.cold_seconds)
            print(
                f"{plan.title}: building (about {estimate} when cold) ...",
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
    parser.add_argument("--cluster", action="store_true", help="what a cluster on this machine needs instead")
    parser.add_argument("--list", action="store_true", help="build nothing, print where each tool is")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.tool) - set(names))
    if unknown:
        parser.error(f"no tool is named {', '.join(unknown)}; choose from {', '.join(names)}")
    need = "cluster" if arguments.cluster else "checks"
    wanted = arguments.tool or [tool.name for tool in TOOLS if tool.need == need]
    chosen = [tool for tool in TOOLS if tool.name in wanted]
    try:
        plans = [Plan.of(tool) for tool in chosen]
        if arguments.list:
            for plan in plans:
                place = plan.place if plan.place.exists() else "not built"
                print(f"{plan.title}: {place}")
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

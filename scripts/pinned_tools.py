"""What is pinned below tools/: each tool, the module it comes from, and how it is built."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "tools"
# Programs whose source lies in tools/<name> itself, and the module whose version they bear.
OWN_PROGRAMS = {"kubernetes": "k8s.io/kubernetes"}

# What needs a tool: the checks, a cluster on this machine, or only the comparison with other people's tools.
Need = Literal["checks", "cluster", "peers"]


class CannotBuildError(Exception):
    """Says what is missing or what failed, and what to do about it."""


@dataclass(frozen=True)
class Requirement:
    """What one tools/<folder>/go.mod says: the Go release, the packages that are built, the modules' versions."""

    folder: str
    go: str
    packages: tuple[str, ...]
    modules: Mapping[str, str]

    @classmethod
    def read(cls, folder: str) -> Requirement:
        """Reads tools/<folder>/go.mod."""
        path = REQUIREMENTS / folder / "go.mod"
        text = path.read_text()
        go = re.search(r"^go (\S+)$", text, re.MULTILINE)
        if go is None:
            raise CannotBuildError(f'{path.relative_to(REPOSITORY)} needs a line "go <version>"; restore it from git')
        blocks = re.findall(r"^tool \(\n(.*?)^\)", text, re.MULTILINE | re.DOTALL)
        packages = (*re.findall(r"^tool ([^\s(]+)$", text, re.MULTILINE), *"\n".join(blocks).split())
        modules = dict(re.findall(r"^(?:require)?\s+([^\s/]+\.[^\s/]+/\S+) (v\S+)", text, re.MULTILINE))
        return cls(folder, go.group(1), packages, modules)

    def version_of(self, package: str) -> str:
        """Returns the version of the module that holds this package."""
        holders = [module for module in self.modules if f"{package}/".startswith(f"{module}/")]
        if not holders:
            raise CannotBuildError(
                f"tools/{self.folder}/go.mod requires no module that holds {package}; "
                f'run "go get -tool {package}@<version>" in tools/{self.folder}'
            )
        return self.modules[max(holders, key=len)]


@dataclass(frozen=True)
class Tool:
    """One program, or the files of a module that are copied and not built.

    `folder` below tools/ has its go.mod (its own name unless told), `package` tells it from others of that go.mod.
    `variables` are the linker's. `cold_seconds` is a build on two idle cores with an empty Go cache; of what a cluster
    needs, with what `make tools` leaves in it, and half of the processor's time, which is what two idle cores need.
    """

    name: str
    cold_seconds: int
    variables: Callable[[Requirement], dict[str, str]] = lambda _requirement: {}
    folder: str = ""
    package: str = ""
    files: tuple[str, ...] = ()
    need: Need = "checks"

    @property
    def requirement(self) -> Requirement:
        """What its go.mod says."""
        return Requirement.read(self.folder or self.name)

    def package_in(self, requirement: Requirement) -> str:
        """The package that is built; of a program of our own and of files, the module whose version they bear."""
        own = OWN_PROGRAMS.get(self.name)
        if own or self.files:
            return own or self.package
        chosen = [each for each in requirement.packages if self.package in ("", each)]
        if len(chosen) != 1:
            wanted = self.package or "<package>"
            raise CannotBuildError(
                f'tools/{requirement.folder}/go.mod needs one line "tool {wanted}"; restore it from git'
            )
        return chosen[0]


def _main(requirement: Requirement) -> dict[str, str]:
    """The version of a program that keeps it in its main package, without the v."""
    [package] = requirement.packages or (OWN_PROGRAMS[requirement.folder],)
    return {"main.version": requirement.version_of(package).removeprefix("v")}


def _kubeconform(requirement: Requirement) -> dict[str, str]:
    return {"main.version": requirement.version_of(requirement.packages[0])}


def _helm4(requirement: Requirement) -> dict[str, str]:
    return {"helm.sh/helm/v4/internal/version.version": requirement.version_of("helm.sh/helm/v4")}


def _helm3(requirement: Requirement) -> dict[str, str]:
    """Helm 3's version and the Kubernetes version it takes for granted, which is 1.20 unless linked in."""
    # The libraries of Kubernetes 1.37 are released as v0.37.
    minor = requirement.version_of("k8s.io/client-go").split(".")[1]
    return {
        "helm.sh/helm/v3/internal/version.version": requirement.version_of("helm.sh/helm/v3"),
        **{
            f"helm.sh/helm/v3/pkg/{package}.k8sVersion{part}": value
            for package in ("chartutil", "lint/rules")
            for part, value in (("Major", "1"), ("Minor", minor))
        },
    }


def _helm_unittest(requirement: Requirement) -> dict[str, str]:
    package = "github.com/helm-unittest/helm-unittest"
    return {f"{package}/internal/build.version": requirement.version_of(package).removeprefix("v")}


def _control_plane(requirement: Requirement) -> dict[str, str]:
    """What a server says of its version; clients cannot read an empty one."""
    version = requirement.version_of("k8s.io/kubernetes")
    major, minor, _patch = version.removeprefix("v").split(".")
    said = {
        "gitVersion": version,
        "gitMajor": major,
        "gitMinor": minor,
        "gitCommit": "unknown",
        "gitTreeState": "clean",
    }
    return {f"k8s.io/component-base/version.{name}": value for name, value in said.items()}


KEDA = "github.com/kedacore/keda/v2"


def _keda(requirement: Requirement) -> dict[str, str]:
    return {f"{KEDA}/version.Version": requirement.version_of(KEDA).removeprefix("v")}


def _keda_program(name: str, cold_seconds: int) -> Tool:
    package = f"{KEDA}/cmd/{name}"
    return Tool(f"keda-{name}", cold_seconds, _keda, folder="keda-operator", package=package, need="cluster")


def _kubernetes_program(name: str, cold_seconds: int) -> Tool:
    package = f"k8s.io/kubernetes/cmd/{name}"
    return Tool(name, cold_seconds, _control_plane, folder="control-plane", package=package, need="cluster")


TOOLS = (
    Tool("helm4", 186, _helm4),
    Tool("helm3", 91, _helm3),
    Tool("kubeconform", 32, _kubeconform),
    Tool("kubernetes", 240, _main),
    Tool("helm-docs", 25, _main),
    Tool("helm-unittest", 107, _helm_unittest, need="peers"),
    Tool("etcd", 20, need="cluster"),
    _kubernetes_program("kube-apiserver", 50),
    _kubernetes_program("kube-controller-manager", 40),
    _keda_program("operator", 260),
    _keda_program("adapter", 45),
    _keda_program("webhooks", 2),
    Tool(
        "keda-definitions",
        1,
        folder="keda-operator",
        package=KEDA,
        files=("config/crd/bases/*.yaml", "config/webhooks/validation_webhooks.yaml"),
        need="cluster",
    ),
    Tool(
        "vertical-pod-autoscaler-definitions",
        1,
        folder="vertical-pod-autoscaler",
        package="k8s.io/autoscaler/vertical-pod-autoscaler",
        files=("deploy/vpa-v1-crd-gen.yaml",),
        need="cluster",
    ),
)

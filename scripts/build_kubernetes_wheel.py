#!/usr/bin/env python3
"""Builds the wheel helm-nested-kubernetes, which brings Kubernetes' own validation to a machine without Go.

The wheel holds the program of tools/kubernetes, as build/tools has it, and a module that says where it is. It is built
twice to the same bytes. A release publishes it for each platform; then pyproject.toml can offer it as the extra
`kubernetes`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import platform
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PROGRAM = REPOSITORY / "build" / "tools" / "kubernetes"
MODULE = '''"""Kubernetes' own validation as a program, for helm-nested."""

from pathlib import Path

PROGRAM = Path(__file__).with_name("kubernetes")
'''
# Zip files know no time before this one; every build has the same.
TIME = (1980, 1, 1, 0, 0, 0)


def main() -> int:
    """Writes the wheel into a folder and prints its path."""
    parser = argparse.ArgumentParser(description="Builds the wheel helm-nested-kubernetes.")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="what `make tools` built (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "wheels", help="where to (%(default)s)")
    arguments = parser.parse_args()
    if not arguments.program.is_file():
        print(f"build_kubernetes_wheel: there is no {arguments.program}; run `make tools`", file=sys.stderr)
        return 2
    print(build(arguments.program, arguments.out))
    return 0


def build(program: Path, folder: Path) -> Path:
    """Builds the wheel of that program into the folder, and returns its path."""
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    tag = f"py3-none-{platform_tag()}"
    information = f"helm_nested_kubernetes-{version}.dist-info"
    files = {
        "helm_nested_kubernetes/__init__.py": MODULE.encode(),
        "helm_nested_kubernetes/kubernetes": program.read_bytes(),
        f"{information}/METADATA": (
            f"Metadata-Version: 2.1\nName: helm-nested-kubernetes\nVersion: {version}\n"
            f"Summary: Kubernetes {version}'s own validation, for helm-nested\nLicense: Apache-2.0\n"
        ).encode(),
        f"{information}/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: helm-nested\nRoot-Is-Purelib: false\nTag: {tag}\n"
        ).encode(),
    }
    record = "".join(f"{name},sha256={digest(content)},{len(content)}\n" for name, content in files.items())
    files[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"helm_nested_kubernetes-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            mode = 0o755 if name.endswith("/kubernetes") else 0o644
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, content)
    return wheel


def platform_tag() -> str:
    """The platform in a wheel's name; on Linux the program needs no C library, so that every one will do."""
    if platform.system() == "Linux":
        machine = platform.machine()
        return f"manylinux_2_17_{machine}.musllinux_1_1_{machine}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def digest(content: bytes) -> str:
    """A file's digest as RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    sys.exit(main())

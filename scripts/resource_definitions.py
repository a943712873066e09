"""Copies to schemas/ the CustomResourceDefinitions of what the chart installs, from the Go modules that have them.

With --check it writes nothing and shows what differs. KEDA's have more to them, and a script of their own.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from scripts.module_archive import REPOSITORY, CannotGenerateError, fetch


@dataclass(frozen=True)
class Source:
    """A module, and the files of it that are copied; tools/<name>/go.mod pins its version."""

    name: str
    module: str
    folder: str
    files: tuple[str, ...]

    def texts(self) -> dict[Path, str]:
        """Every file to write, with what it is to hold."""
        archive = fetch(REPOSITORY / "tools" / self.name, self.module)
        target = REPOSITORY / "schemas" / self.name
        texts = {target / file: archive.read(f"{self.folder}/{file}").decode() for file in self.files}
        source = {
            "module": archive.module,
            "version": archive.version,
            "sum": archive.sum,
            "sha256": dict(sorted(archive.digests.items())),
        }
        return {**texts, target / "source.json": json.dumps(source, indent=1) + "\n"}


SOURCES = (
    Source(
        name="prometheus-operator",
        module="github.com/prometheus-operator/prometheus-operator",
        folder="example/prometheus-operator-crd",
        files=("monitoring.coreos.com_podmonitors.yaml", "monitoring.coreos.com_prometheusrules.yaml"),
    ),
    Source(
        name="vertical-pod-autoscaler",
        module="k8s.io/autoscaler/vertical-pod-autoscaler",
        folder="deploy",
        files=("vpa-v1-crd-gen.yaml",),
    ),
)


def main() -> int:
    """0: all written or all the same; 1: something differs; 2: something could not be read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, show what differs")
    check: bool = parser.parse_args().check
    status = 0
    for source in SOURCES:
        try:
            texts = source.texts()
        except (CannotGenerateError, OSError, zipfile.BadZipFile) as error:
            print(f"schemas/{source.name}: {error}", file=sys.stderr)
            status = 2
            continue
        if check:
            changes = [line for path, text in texts.items() for line in differences(path, text)]
            print("\n".join(changes) if changes else f"schemas/{source.name}: the same")
            status = status or (1 if changes else 0)
            continue
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        print(f"schemas/{source.name}: written")
    return status


def differences(path: Path, text: str) -> list[str]:
    """A unified diff from the committed file to this text."""
    name = str(path.relative_to(REPOSITORY))
    held = path.read_text(encoding="utf-8") if path.exists() else ""
    return list(
        difflib.unified_diff(
            held.splitlines(), text.splitlines(), f"{name} (committed)", f"{name} (of the module)", lineterm=""
        )
    )


if __name__ == "__main__":
    sys.exit(main())

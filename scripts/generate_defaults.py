"""Write the chart's defaults as a template, so that a chart that includes the service templates has them too."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

CHART = Path(__file__).parent.parent / "charts" / "temporal-endpoints"
TARGET = CHART / "templates" / "_defaults.tpl"
HEADER = """\
{{- /*
temporal-endpoints.defaults: values.yaml, for a chart that includes the service templates and has its own values.
Generated from values.yaml by `make docs`; do not edit.
*/ -}}
{{- define "temporal-endpoints.defaults" -}}
"""


def main() -> int:
    """Write the file."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    TARGET.write_text(f"{HEADER}{yaml.safe_dump(values, sort_keys=False)}{{{{- end }}}}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a container runs to tell what it was given: it writes its arguments and variables to a file, and stays.

It is run alone, and takes nothing from the rest of the tests.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

# Names the file.
VARIABLE = "WITNESS"


def write(file: Path) -> None:
    """Write what the process was given, whole at once."""
    given = {
        "arguments": [os.fsencode(each).decode() for each in sys.argv[1:]],
        "environment": {name.decode(): value.decode() for name, value in os.environb.items()},
    }
    beside = file.with_suffix(".part")
    beside.write_text(json.dumps(given), encoding="utf-8")
    beside.rename(file)


if __name__ == "__main__":
    write(Path(os.environ[VARIABLE]))
    # Hundreds of these run at once: what waits is to be small.
    os.execvp("sleep", ["sleep", "3600"])  # noqa: S606, S607 - whichever there is

"""Whether a shell stands between Kubernetes and the worker, so that it would never hear that it has to stop."""

from __future__ import annotations

import os
from pathlib import Path

_SHELLS = frozenset({"sh", "ash", "dash", "bash", "busybox", "ksh", "zsh"})


def shell_warning(parent: int | None = None, processes: Path = Path("/proc")) -> str | None:
    """What to say if the first process of the container is a shell that started this one; else nothing.

    A shell that is process 1 ignores SIGTERM and passes nothing on, so that activities are killed when the grace
    period is over.
    """
    parent = os.getppid() if parent is None else parent
    try:
        name = (processes / "1" / "comm").read_text().strip()
    except OSError:
        return None
    if parent != 1 or name not in _SHELLS:
        return None
    return (
        f"the container's first process is {name}, which does not pass SIGTERM on, so this worker will be "
        "killed without a word when it has to stop. Write `exec` before the command, as in "
        "sh -c 'cd /app && exec python ...', "
        'or set the preStop handler {exec: {command: [sh, -c, "kill -TERM -1"]}}.'
    )

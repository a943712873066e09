"""Stage one: the engines that render a chart, behind one protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_nested.chart import Chart, require_installable, require_known_version
from helm_nested.engine.protocol import Engine, Manifest, Release, StageOne
from helm_nested.errors import EngineError

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

__all__ = ["IN_PROCESS", "Engine", "Manifest", "Release", "StageOne", "open_engine", "open_in_process"]

IN_PROCESS = "in-process"


def open_engine(name: str, chart: Chart) -> Engine:
    """The engine of that name, with the chart loaded: `in-process`, or the name or path of a helm binary.

    Raises:
        EngineError: there is no such engine here.
        ChartError: the engine cannot load the chart, or it is for other charts alone.
    """
    if name == IN_PROCESS:
        return open_in_process(chart)
    require_installable(chart)
    from helm_nested.engine.command import CommandEngine

    return CommandEngine(chart, name)


def open_in_process(chart: Chart) -> InProcessEngine:
    """The in-process engine with the chart loaded.

    Raises:
        EngineError: it is not installed, or its library cannot be loaded.
        ChartError: it cannot load the chart, or it is for other charts alone, or of a version that Helm does not know.
    """
    require_installable(chart)
    require_known_version(chart)
    try:
        from helm_nested.engine.in_process import InProcessEngine
    except ImportError as error:
        raise EngineError(
            f"the in-process engine is not installed ({error}). "
            "Install the package helm-python-sdk, or use a helm binary: --engine helm"
        ) from error
    except Exception as error:
        # helm_python loads its library on import, and what it then raises cannot be imported from it.
        raise EngineError(
            f"the in-process engine cannot be loaded: {error}\nReinstall helm-python-sdk, or use a helm binary: "
            "--engine helm"
        ) from error
    return InProcessEngine(chart)

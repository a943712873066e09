"""A module as a user writes it: activities, a workflow, a list and an object of activities."""

from __future__ import annotations

from temporalio import activity, workflow

from temporal_endpoints_worker import heartbeating


@activity.defn(name="transcribe")  # type: ignore[untyped-decorator,unused-ignore]
@heartbeating
def transcribe(path: str) -> str:
    """An activity that blocks its thread."""
    return path


@activity.defn(name="translate")  # type: ignore[untyped-decorator,unused-ignore]
async def translate(path: str) -> str:
    """An activity that does not."""
    return path


@workflow.defn(name="Captions")  # type: ignore[untyped-decorator,unused-ignore]
class Captions:
    """A workflow."""

    @workflow.run  # type: ignore[untyped-decorator,unused-ignore]
    async def run(self, path: str) -> str:
        """Answer what it was given."""
        return path


class Model:
    """An object that holds something expensive, with activities as methods."""

    @activity.defn(name="infer")  # type: ignore[untyped-decorator,unused-ignore]
    async def infer(self, path: str) -> str:
        """An activity."""
        return path

    def load(self) -> None:
        """Not an activity."""


class Connected(Model):
    """One whose property fails before it is used."""

    @property
    def client(self) -> object:
        """Not an activity."""
        raise RuntimeError


def not_an_activity() -> None:
    """A plain function."""


ONE_OF_THEM = [translate]
WITH_ANOTHER = [translate, not_an_activity]
MODEL = Model()
CONNECTED = Connected()
NOTHING: list[object] = []

"""How a request's body is read: as JSON, in which no key stands twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


class DoubleKeyed(dict[str, Any]):
    """An object of JSON in which a key stands twice, of which one value would be dropped without a word.

    Attributes:
        key: the first one that stands there again.
    """

    key: str


class JsonRoute(APIRoute):
    """A route whose body keeps what a reader of JSON usually drops."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        answer = super().get_route_handler()

        async def answered(request: Request) -> Response:
            return await answer(_JsonRequest(request.scope, request.receive))

        return answered


class _JsonRequest(Request):
    async def json(self) -> Any:  # noqa: ANN401 - any JSON
        if not hasattr(self, "_json"):
            self._json = json.loads(await self.body(), object_pairs_hook=_object)
        return self._json


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    double, known = DoubleKeyed(made), set()
    for key, _ in pairs:
        if key in known:
            double.key = key
            break
        known.add(key)
    return double

"""How large a request's body may be: it is in memory as a whole before anybody knows who sends it."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# An object of Kubernetes has less than 1.5 MiB, and what is asked for becomes one.
MOST_BYTES = 4 * 2**20
_TOO_LARGE = 413


class BodyLimit:
    """Reads no more than that of a body, whether its length was announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            try:
                message = await receive()
            except asyncio.CancelledError:
                # The program ends, and what is left of the body has not come: as of a client that went away.
                return {"type": "http.disconnect"}
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise HTTPException(
                    _TOO_LARGE,
                    f"the body has more than {MOST_BYTES // 2**20} MiB, which is all that is taken. Send less.",
                )
            return message

        await self._app(scope, limited, send)

"""How large a request's body may be, and that it has one end: it is read before anybody knows who sends it."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# An object of Kubernetes has less than 1.5 MiB, and what is asked for becomes one.
MOST_BYTES = 4 * 2**20
_TOO_LARGE = 413
# By both a proxy may find another end of the body, and take what follows for the next request (RFC 9112, 6.1).
_ENDS = {b"content-length", b"transfer-encoding"}
_TWO_ENDS = "the headers Content-Length and Transfer-Encoding exclude each other. Send one of them."


class BodyLimit:
    """Reads no more than that of a body, whether its length was announced or not, and none with two ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if {name for name, _ in scope.get("headers", ())} >= _ENDS:
            await JSONResponse({"detail": _TWO_ENDS}, 400, {"Connection": "close"})(scope, receive, send)
            return
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

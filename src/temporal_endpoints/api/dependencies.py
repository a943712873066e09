"""What every route needs: the service, and who asks."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel
from starlette.concurrency import run_in_threadpool

from nested_templates.suggestion import did_you_mean
from temporal_endpoints.api.answers import Detail
from temporal_endpoints.api.authentication import Authenticator, UnknownUserError
from temporal_endpoints.api.body import is_keepable
from temporal_endpoints.api.service import Service
from temporal_endpoints.records.endpoints import User

_SHOWN_CHARACTERS = 80
_MOST_AT_ONCE = 1000


class Problem(BaseModel):
    """One field of a request that is not possible."""

    type: str
    loc: list[str | int]
    msg: str


class Unprocessable(BaseModel):
    """Why a request could not be understood, field by field, or in one sentence."""

    detail: str | list[Problem]


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Detail, "description": "What is asked for is not possible"},
    401: {"model": Detail, "description": "Nobody is known by the header Authorization"},
    404: {"model": Detail, "description": "It is not there, or is another owner's"},
    408: {"model": Detail, "description": "The request did not come to its end in time"},
    413: {"model": Detail, "description": "The body is larger than what is taken"},
    422: {
        "model": Unprocessable,
        "description": "The request is not understood, or cannot be filled in",
    },
    503: {"model": Detail, "description": "The database or the templates cannot be reached; try again"},
}


async def service_of(request: Request) -> Service:
    """The service of the application that is asked; it waits for nothing, so no thread is needed for it."""
    found: Service = request.app.state.service
    return found


async def user_of(request: Request, authorization: Annotated[str | None, Header()] = None) -> User:
    """Who asks; Kubernetes is asked by a thread, as it may take its time."""
    authenticator: Authenticator = request.app.state.authenticator
    require_one_key(request)
    if authenticator.may_wait(authorization):
        return await run_in_threadpool(authenticator.user, authorization)
    return authenticator.user(authorization)


def require_one_key(request: Request) -> None:
    """Refuse two keys: what stands before this process may have asked about the other one.

    Raises:
        UnknownUserError: the header `Authorization` stands twice.
    """
    if len(request.headers.getlist("Authorization")) > 1:
        raise UnknownUserError("The header Authorization stands twice. Send it once.")


async def require_known_query(request: Request, user: Annotated[User, Depends(user_of)]) -> None:  # noqa: ARG001
    """Refuse what a request asks for beside its body and what would not be done; after it is known who asks.

    A parameter that stands twice is refused by every route, and one that is unknown by those that change something:
    DELETE with dry_run would delete.

    Raises:
        RequestValidationError: it names the parameter.
    """
    known = {each.alias for each in request.scope["route"].dependant.query_params}
    given = Counter(name for name, _ in request.query_params.multi_items())
    for name, times in given.items():
        if times > 1:
            raise _refused(name, "it stands twice; remove one")
        if name not in known and request.method != "GET":
            raise _refused(name, f"this route has no such parameter. {did_you_mean(name, known) or 'It has none.'}")


def _refused(name: str, said: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("query", name[:_SHOWN_CHARACTERS]), "msg": said}])


def _text(value: str) -> str:
    if not is_keepable(value):
        raise ValueError("it holds U+0000 or half a character; leave it out")
    return value


Checked = Depends(require_known_query)
Serving = Annotated[Service, Depends(service_of)]
Known = Annotated[User, Depends(user_of)]
Text = Annotated[str, AfterValidator(_text)]
Limit = Annotated[int | None, Query(ge=1, le=_MOST_AT_ONCE)]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]

"""The application: errors as Launch says them, health, and the routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.exceptions import HTTPException as StarletteHTTPException

from nested_templates.errors import NestedTemplatesError
from temporal_endpoints import __version__
from temporal_endpoints.api import bundle_routes, endpoint_routes, scaling_routes
from temporal_endpoints.api.answers import Detail
from temporal_endpoints.api.authentication import Authenticator, UnknownUserError
from temporal_endpoints.api.body_limit import BodyLimit
from temporal_endpoints.api.scaler_token import ScalerToken
from temporal_endpoints.api.service import Service
from temporal_endpoints.errors import (
    AlreadyRecordedError,
    NotObservedError,
    NotRecordedError,
    RecordsError,
    RefusedError,
    SettingsError,
)

_STATUSES: dict[type[NestedTemplatesError], int] = {
    UnknownUserError: 401,
    NotRecordedError: 404,
    AlreadyRecordedError: 400,
    RefusedError: 400,
    NotObservedError: 503,
    RecordsError: 503,
    SettingsError: 503,
}
# What filling refuses: an argument that breaks the contract, or templates that do not suit the endpoint.
_UNPROCESSABLE = 422
_BAD, _NOT_FOUND, _NOT_ALLOWED = 400, 404, 405
_OBJECT = "Send a JSON object, with the header Content-Type: application/json."


def create_application(
    service: Service,
    authenticator: Authenticator,
    *,
    ready: Callable[[], None] = lambda: None,
    registry: CollectorRegistry | None = None,
    scaler_token: ScalerToken | None = None,
) -> FastAPI:
    """The application; `ready` raises while requests cannot be served, and without a token no scaler may ask."""
    application = FastAPI(
        title="temporal-endpoints",
        version=__version__,
        description="Runs Temporal activity workers from the templates of a chart.",
        docs_url=None,
        redoc_url=None,
    )
    application.add_middleware(BodyLimit)
    application.state.service, application.state.authenticator = service, authenticator
    application.include_router(endpoint_routes.ROUTER)
    application.state.scaler_token = scaler_token or ScalerToken()
    application.include_router(bundle_routes.ROUTER)
    application.include_router(scaling_routes.ROUTER)
    _add_health(application, ready, registry)
    application.add_exception_handler(RequestValidationError, _refused_request)
    application.add_exception_handler(NestedTemplatesError, _told)
    application.add_exception_handler(StarletteHTTPException, _refused)
    application.add_exception_handler(Exception, _unexpected)
    return application


def _add_health(application: FastAPI, ready: Callable[[], None], registry: CollectorRegistry | None) -> None:
    about: dict[str, Any] = {"methods": ["GET"], "tags": ["health"], "response_class": Response}
    for path in ("/healthcheck", "/healthz"):
        application.add_api_route(path, _healthy, name=path.strip("/"), **about)

    def readyz() -> Response:
        """200 while requests can be served."""
        ready()
        return Response()

    unready = {"model": Detail, "description": "The database, its tables or the templates are not there: it says which"}
    application.add_api_route("/readyz", readyz, responses={503: unready}, **about)
    if registry is not None:

        def metrics() -> Response:
            """What Prometheus reads."""
            return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

        application.add_api_route(
            "/metrics", metrics, methods=["GET"], tags=["health"], response_class=PlainTextResponse
        )


def _healthy() -> Response:
    """200 while the process runs."""
    return Response()


async def _refused_request(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - FastAPI's shape
    """422 as FastAPI answers it, without what was sent, which may be a secret or no text at all."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these
    detail: list[dict[str, Any]] = [
        {"type": each["type"], "loc": [_printable(step) for step in each["loc"]], "msg": _printable(_said(each))}
        for each in error.errors()
    ]
    return JSONResponse({"detail": detail}, _UNPROCESSABLE)


def _said(problem: Mapping[str, Any]) -> str:
    """What is said of one field; of the body as a whole, what it should be."""
    if problem["type"] == "model_attributes_type":
        return f"this is no JSON object. {_OBJECT}" if tuple(problem["loc"]) == ("body",) else "this is no JSON object"
    if problem["type"] == "extra_forbidden":
        return "there is no such field here. Correct its name, or leave it out."
    if problem["type"] == "json_invalid":
        return f"this is not JSON: {problem['ctx']['error']}, at character {problem['loc'][-1] + 1}. {_OBJECT}"
    if problem["type"] == "missing" and tuple(problem["loc"]) == ("body",):
        return f"there is no body. {_OBJECT}"
    return str(problem["msg"])


async def _refused(request: Request, error: Exception) -> JSONResponse:
    """What Starlette and FastAPI answer where there is no route, or no body that can be read, with what to do."""
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - it is registered for these
    told = str(error.detail)
    if error.status_code in (_NOT_FOUND, _NOT_ALLOWED):
        asked = f"{request.method} {request.url.path[:200]}"
        told += f": there is no route {asked}. GET /openapi.json lists those that are."
    elif error.status_code == _BAD:
        told = "the body cannot be read. Send a JSON object in UTF-8, with numbers of a usual length, and not too deep."
    return JSONResponse({"detail": _printable(told)}, error.status_code, error.headers)


async def _told(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - FastAPI's shape
    """Every error of ours has its status, and its text says what to do."""
    status = next((code for kind, code in _STATUSES.items() if isinstance(error, kind)), _UNPROCESSABLE)
    headers = {"WWW-Authenticate": "Basic"} if status == _STATUSES[UnknownUserError] else None
    return JSONResponse({"detail": _printable(str(error))}, status, headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - FastAPI's shape
    """What nobody has thought of is not told to the one who asks; the log has it."""
    return JSONResponse({"detail": "Something went wrong here. The log of temporal-endpoints says what."}, 500)


def _printable(value: str | int) -> str | int:
    return value if isinstance(value, int) else value.encode("utf-8", "backslashreplace").decode()

"""The route of scalers: how many workers an endpoint should have."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request

from temporal_endpoints.api.answers import ScalingAnswer
from temporal_endpoints.api.dependencies import ERRORS, Serving, Text, require_one_key
from temporal_endpoints.api.scaler_token import ScalerToken

Authorization = Annotated[str | None, Header()]
ROUTER = APIRouter(
    prefix="/v1/scaling",
    tags=["scaling"],
    responses={
        **ERRORS,
        503: {**ERRORS[503], "description": "It is not known what runs; keep the number of workers, and try again"},
    },
)


@ROUTER.get("/{model_endpoint_id}")
def wanted_workers(
    service: Serving,
    request: Request,
    model_endpoint_id: Text,
    authorization: Authorization = None,
) -> ScalingAnswer:
    """How many workers an endpoint should have, for KEDA's trigger `metrics-api`; asked with the scaler's own token."""
    _require_token(request, authorization)
    return ScalingAnswer.of(service.observation(model_endpoint_id))


@ROUTER.get("/{model_endpoint_id}/{build}")
def wanted_workers_of_a_build(
    service: Serving,
    request: Request,
    model_endpoint_id: Text,
    build: Text,
    authorization: Authorization = None,
) -> ScalingAnswer:
    """How many workers one build of an endpoint with versions should have; asked as for the endpoint."""
    _require_token(request, authorization)
    return ScalingAnswer.of(service.observation(model_endpoint_id, build))


def _require_token(request: Request, authorization: str | None) -> None:
    require_one_key(request)
    token: ScalerToken = request.app.state.scaler_token
    token.require(authorization)

"""The routes of bundles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from temporal_endpoints.api.answers import BundleAnswer, BundleCreated, BundlesAnswer
from temporal_endpoints.api.dependencies import ERRORS, Checked, Known, Limit, Offset, Serving, Text
from temporal_endpoints.api.json_body import JsonRoute
from temporal_endpoints.api.requests import BundleRequest

ROUTER = APIRouter(
    prefix="/v2/model-bundles", tags=["bundles"], responses=ERRORS, route_class=JsonRoute, dependencies=[Checked]
)


@ROUTER.post("")
def create_bundle(service: Serving, user: Known, request: BundleRequest) -> BundleCreated:
    """Record an image and how it is started; a bundle is never changed."""
    return BundleCreated(model_bundle_id=service.create_bundle(user, request).id)


@ROUTER.get("")
def find_bundles(
    service: Serving,
    user: Known,
    model_name: Annotated[Text | None, Query()] = None,
    limit: Limit = None,
    offset: Offset = 0,
) -> BundlesAnswer:
    """The caller's bundles."""
    found = service.bundles.find(user.owner, model_name, limit, offset)
    return BundlesAnswer(model_bundles=[BundleAnswer.of(each) for each in found])


@ROUTER.get("/latest")
def latest_bundle(service: Serving, user: Known, model_name: Annotated[Text, Query()]) -> BundleAnswer:
    """The newest bundle of a name."""
    return BundleAnswer.of(service.bundles.latest(user.owner, model_name))


@ROUTER.get("/{model_bundle_id}")
def get_bundle(service: Serving, user: Known, model_bundle_id: Text) -> BundleAnswer:
    """One bundle."""
    return BundleAnswer.of(service.bundles.get(user.owner, model_bundle_id))

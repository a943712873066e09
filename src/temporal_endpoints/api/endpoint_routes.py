"""The routes of endpoints."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from starlette.concurrency import run_in_threadpool

from temporal_endpoints.api.answers import (
    Accepted,
    Deleted,
    DryRun,
    EndpointAnswer,
    EndpointsAnswer,
    EventAnswer,
    EventsAnswer,
    HistoryAnswer,
    Restarted,
    RevisionAnswer,
)
from temporal_endpoints.api.dependencies import ERRORS, Checked, Known, Limit, Offset, Serving, Text
from temporal_endpoints.api.json_body import JsonRoute
from temporal_endpoints.api.requests import CreateRequest, RollbackRequest, UpdateRequest
from temporal_endpoints.api.service import Service
from temporal_endpoints.errors import NotRecordedError
from temporal_endpoints.records.endpoints import User
from temporal_endpoints.records.model import Endpoint

ROUTER = APIRouter(
    prefix="/v1/model-endpoints", tags=["endpoints"], responses=ERRORS, route_class=JsonRoute, dependencies=[Checked]
)
DryRunFlag = Annotated[bool, Query(description="answer with the documents that would be applied, and record nothing")]


@ROUTER.post("")
async def create_endpoint(
    service: Serving, user: Known, request: CreateRequest, dry_run: DryRunFlag = False
) -> Accepted | DryRun:
    """Make an endpoint: it is recorded when this is answered, and READY when its workers are."""
    # One thread does it; were this a plain function, another one would look through its short answer.
    return await run_in_threadpool(_created, service, user, request, dry_run=dry_run)


@ROUTER.get("")
def find_endpoints(
    service: Serving,
    user: Known,
    name: Annotated[Text | None, Query()] = None,
    order_by: Annotated[Literal["newest", "oldest", "alphabetical"], Query()] = "newest",
    limit: Limit = None,
    offset: Offset = 0,
) -> EndpointsAnswer:
    """The caller's endpoints."""
    found = service.endpoints.find(user.owner, name, order_by, limit, offset)
    total = service.endpoints.count(user.owner, name)
    return EndpointsAnswer(
        model_endpoints=[EndpointAnswer.of(each, service.observed(each.id)) for each in found], total=total
    )


@ROUTER.get("/{model_endpoint_id}")
def get_endpoint(service: Serving, user: Known, model_endpoint_id: Text) -> EndpointAnswer:
    """One endpoint, what was asked of it and what is seen of it."""
    endpoint = service.endpoints.get(user.owner, model_endpoint_id)
    return EndpointAnswer.of(endpoint, service.observed(endpoint.id))


@ROUTER.put("/{model_endpoint_id}")
def update_endpoint(
    service: Serving, user: Known, model_endpoint_id: Text, request: UpdateRequest, dry_run: DryRunFlag = False
) -> Accepted | DryRun:
    """Change what is named; what is left out or null stays as it is."""
    try:
        if dry_run:
            return DryRun(documents=list(service.try_update(user, model_endpoint_id, request)))
        return _accepted(service.update(user, model_endpoint_id, request))
    except NotRecordedError as error:
        raise NotRecordedError("The specified model endpoint or model bundle was not found.") from error


@ROUTER.delete("/{model_endpoint_id}")
def delete_endpoint(service: Serving, user: Known, model_endpoint_id: Text) -> Deleted:
    """Delete an endpoint: its name is free at once, its objects go, and then it is not found any more."""
    service.delete(user, model_endpoint_id)
    return Deleted()


@ROUTER.post("/{model_endpoint_id}/restart")
def restart_endpoint(
    service: Serving, user: Known, model_endpoint_id: Text, dry_run: DryRunFlag = False
) -> Restarted | DryRun:
    """Replace the workers, from the templates as they are now."""
    if dry_run:
        return DryRun(documents=list(service.try_restart(user, model_endpoint_id)))
    return Restarted(generation=service.restart(user, model_endpoint_id).generation)


@ROUTER.get("/{model_endpoint_id}/history")
def endpoint_history(
    service: Serving, user: Known, model_endpoint_id: Text, limit: Limit = None, offset: Offset = 0
) -> HistoryAnswer:
    """The generations of an endpoint."""
    found = service.endpoints.history(user.owner, model_endpoint_id, limit, offset)
    return HistoryAnswer(revisions=[RevisionAnswer.of(each) for each in found])


@ROUTER.post("/{model_endpoint_id}/rollback")
def roll_back_endpoint(
    service: Serving,
    user: Known,
    model_endpoint_id: Text,
    request: Annotated[RollbackRequest | None, Body()] = None,
    dry_run: DryRunFlag = False,
) -> Accepted | DryRun:
    """Ask for an older generation again."""
    generation = request.generation if request else None
    if dry_run:
        return DryRun(documents=list(service.try_roll_back(user, model_endpoint_id, generation)))
    return _accepted(service.roll_back(user, model_endpoint_id, generation))


@ROUTER.get("/{model_endpoint_id}/events")
def endpoint_events(service: Serving, user: Known, model_endpoint_id: Text) -> EventsAnswer:
    """What happened to an endpoint."""
    found = service.endpoints.events(user.owner, model_endpoint_id)
    return EventsAnswer(events=[EventAnswer.of(each) for each in found])


def _created(service: Service, user: User, request: CreateRequest, *, dry_run: bool) -> Accepted | DryRun:
    if dry_run:
        return DryRun(documents=list(service.try_create(user, request)))
    return _accepted(service.create(user, request))


def _accepted(endpoint: Endpoint) -> Accepted:
    return Accepted(
        endpoint_creation_task_id=f"{endpoint.id}-{endpoint.generation}",
        endpoint_id=endpoint.id,
        generation=endpoint.generation,
    )

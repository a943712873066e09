"""What is answered, in Launch's names and with what it lacks: the queue, the generation, the conditions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from temporal_endpoints.observing.protection import Observation
from temporal_endpoints.records.model import Bundle, Condition, Endpoint, Event, Revision


class Detail(BaseModel):
    """Why a request was not done."""

    detail: str


class Accepted(BaseModel):
    """The endpoint is recorded, and the cluster is going to be brought to it."""

    endpoint_creation_task_id: str
    endpoint_id: str
    generation: int


class DryRun(BaseModel):
    """What would be applied, in this order; nothing was recorded."""

    documents: list[dict[str, Any]]


class Deleted(BaseModel):
    """The endpoint is marked as deleted."""

    deleted: bool = True


class Restarted(BaseModel):
    """The endpoint's workers are going to be replaced."""

    restarted: bool = True
    generation: int


class ConditionAnswer(BaseModel):
    """One thing that is said of an endpoint."""

    type: str
    status: str
    reason: str
    message: str
    last_transition_time: str

    @classmethod
    def of(cls, condition: Condition) -> ConditionAnswer:
        """The answer for a condition."""
        return cls(
            type=condition.type,
            status=condition.status,
            reason=condition.reason,
            message=condition.message,
            last_transition_time=condition.since,
        )


class DeploymentState(BaseModel):
    """How many workers are asked for, and there."""

    min_workers: int
    max_workers: int
    per_worker: int
    concurrent_requests_per_worker: int
    available_workers: int | None
    unavailable_workers: int | None


class ResourceState(BaseModel):
    """What each worker has."""

    cpus: str
    gpus: int
    memory: str
    gpu_type: str | None
    storage: str | None
    nodes_per_worker: int = 1
    optimize_costs: bool


class EndpointAnswer(BaseModel):
    """Launch's GetModelEndpointV1Response, and more."""

    id: str
    name: str
    endpoint_type: str = "temporal"
    destination: str
    deployment_name: str
    metadata: dict[str, Any]
    bundle_name: str
    bundle_id: str
    image: str
    status: str
    temporal_task_queue: str
    versioning: str
    ramp: list[int]
    ramp_seconds: int
    generation: int
    observed_generation: int
    conditions: list[ConditionAnswer]
    post_inference_hooks: list[str] | None
    default_callback_url: str | None
    default_callback_auth: None = None
    labels: dict[str, str]
    aws_role: str | None
    results_s3_bucket: None = None
    created_by: str
    created_at: datetime
    last_updated_at: datetime
    deployment_state: DeploymentState
    resource_state: ResourceState
    num_queued_items: int | None = None
    public_inference: bool
    task_expires_seconds: int | None
    queue_message_timeout_seconds: int | None

    @classmethod
    def of(cls, endpoint: Endpoint, seen: Observation | None = None) -> EndpointAnswer:
        """The answer for an endpoint, and for what was seen of its queue."""
        asked, workers = endpoint.specification, endpoint.workers
        return cls(
            id=endpoint.id,
            name=endpoint.name,
            destination=endpoint.resource_name,
            deployment_name=endpoint.resource_name,
            metadata=asked.metadata,
            bundle_name=endpoint.bundle.name,
            bundle_id=endpoint.bundle.id,
            image=endpoint.bundle.image,
            status=endpoint.status,
            temporal_task_queue=asked.temporal_task_queue,
            versioning=asked.versioning,
            ramp=list(asked.ramp),
            ramp_seconds=asked.ramp_seconds,
            generation=endpoint.generation,
            observed_generation=endpoint.observed_generation,
            conditions=[ConditionAnswer.of(each) for each in endpoint.conditions],
            post_inference_hooks=asked.post_inference_hooks,
            default_callback_url=asked.default_callback_url,
            labels=asked.labels,
            aws_role=asked.surroundings.aws_profile,
            created_by=endpoint.created_by,
            created_at=endpoint.created_at,
            last_updated_at=endpoint.last_updated_at,
            deployment_state=DeploymentState(
                min_workers=asked.min_workers,
                max_workers=asked.max_workers,
                per_worker=asked.per_worker,
                concurrent_requests_per_worker=asked.concurrent_requests_per_worker or min(asked.per_worker, 20),
                available_workers=workers.available if workers else None,
                unavailable_workers=workers.unavailable if workers else None,
            ),
            resource_state=ResourceState(
                cpus=str(asked.cpus),
                gpus=asked.gpus,
                memory=str(asked.memory),
                gpu_type=asked.gpu_type,
                storage=None if asked.storage is None else str(asked.storage),
                optimize_costs=asked.optimize_costs,
            ),
            num_queued_items=seen.demand.backlog if seen else None,
            public_inference=asked.public_inference,
            task_expires_seconds=asked.task_expires_seconds,
            queue_message_timeout_seconds=asked.queue_message_timeout_seconds,
        )


class ScalingAnswer(BaseModel):
    """How many workers an endpoint should have, and why; what is not known to be idle counts as busy."""

    wanted: int
    busy: int
    backlog: int
    in_flight: int
    heartbeats: bool

    @classmethod
    def of(cls, seen: Observation) -> ScalingAnswer:
        """The answer for what was seen."""
        needed = seen.demand
        return cls(
            wanted=seen.wanted,
            busy=needed.busy,
            backlog=needed.backlog,
            in_flight=needed.in_flight,
            heartbeats=seen.is_heard,
        )


class EndpointsAnswer(BaseModel):
    """The caller's endpoints, and how many there are without a limit."""

    model_endpoints: list[EndpointAnswer]
    total: int


class RevisionAnswer(BaseModel):
    """One generation of an endpoint."""

    generation: int
    cause: str
    created_by: str
    created_at: datetime
    bundle_id: str
    template_set: str
    specification: dict[str, Any]

    @classmethod
    def of(cls, revision: Revision) -> RevisionAnswer:
        """The answer for a revision."""
        return cls(
            generation=revision.generation,
            cause=revision.cause,
            created_by=revision.created_by,
            created_at=revision.created_at,
            bundle_id=revision.bundle_id,
            template_set=revision.template_set,
            specification=revision.specification.model_dump(mode="json"),
        )


class HistoryAnswer(BaseModel):
    """Generations, the newest first."""

    revisions: list[RevisionAnswer]


class EventAnswer(BaseModel):
    """Something that happened to an endpoint."""

    at: datetime
    type: str
    reason: str
    message: str

    @classmethod
    def of(cls, event: Event) -> EventAnswer:
        """The answer for an event."""
        return cls(at=event.at, type=event.type, reason=event.reason, message=event.message)


class EventsAnswer(BaseModel):
    """What happened, the newest first."""

    events: list[EventAnswer]


class BundleCreated(BaseModel):
    """The new bundle's id."""

    model_bundle_id: str


class BundleAnswer(BaseModel):
    """Launch's ModelBundleV2Response."""

    id: str
    name: str
    metadata: dict[str, Any]
    model_artifact_ids: list[str]
    schema_location: str | None
    flavor: dict[str, Any]
    created_at: datetime

    @classmethod
    def of(cls, bundle: Bundle) -> BundleAnswer:
        """The answer for a bundle."""
        return cls(
            id=bundle.id,
            name=bundle.name,
            metadata=dict(bundle.metadata),
            model_artifact_ids=[],
            schema_location=bundle.schema_location,
            flavor=dict(bundle.flavor),
            created_at=bundle.created_at,
        )


class BundlesAnswer(BaseModel):
    """The caller's bundles, the newest first."""

    model_bundles: list[BundleAnswer]

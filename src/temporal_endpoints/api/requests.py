"""What a request may ask for, in Launch's names; the rules of arguments are the contract's."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr, field_validator, model_validator

from temporal_endpoints.api.argument_value import require, require_variables
from temporal_endpoints.api.body import Body
from temporal_endpoints.api.image_reference import require_one_tag, require_repository, require_tag
from temporal_endpoints.specification import Quantity, Versioning

TEMPORAL = "temporal"
_OTHER_TYPES = ("async", "sync", "streaming")
_BILLING_TAGS = {"idempotencyKeyPrefix", "product", "type", "subType", "payee", "payor", "reference"}
_HOOKS = ("callback", "insights", "logging")
_CONVERTED = "_CONVERTED_FROM_ARTIFACT_LIKE"
_MOST_SECONDS = 43_200
_MOST_STEPS = 20
# As Launch's own.
_MOST_URL = 2083
# Temporal's default limit for names (limit.maxIDLength), of bytes in UTF-8, which no JSON Schema counts.
_MOST_BYTES = 1000
# Temporal's own queues: it lets no worker poll one.
_OF_TEMPORAL = "/_sys/"


def _argument(name: str) -> BeforeValidator:
    return BeforeValidator(lambda value: None if value is None else require(name, value))


def _quantity(name: str) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, bool):
            raise ValueError('a quantity is a text or a number, for example "500m" or 2')  # noqa: TRY004 - pydantic's
        return None if value is None else require(name, value)

    return BeforeValidator(check)


Cpus = Annotated[Quantity, _quantity("CPUS")]
Memory = Annotated[Quantity, _quantity("MEMORY")]
Queue = Annotated[StrictStr, _argument("TEMPORAL_TASK_QUEUE")]
GpuType = Annotated[StrictStr, _argument("GPU_TYPE")]
# PostgreSQL's integers and every client's end there; workers and GPUs have their own limits.
Count = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
Positive = Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]


# What the control plane sets itself, or the templates do; a variable that is there twice is refused by the server.
RESERVED_VARIABLES = frozenset(
    (
        *("DD_TRACE_ENABLED", "DD_AGENT_HOST", "DD_ENV", "DD_SERVICE", "DD_VERSION", "OMP_THREAD_LIMIT"),
        *("AWS_PROFILE", "AWS_CONFIG_FILE", "S3_BUCKET", "HTTP_PORT", "POD_UID", "POD_NAME", "NODE_NAME"),
        *("CELERY_ELASTICACHE_ENABLED", "CELERY_QUEUE", "CELERY_TASK_VISIBILITY"),
        *("TEMPORAL_TASK_QUEUE", "TEMPORAL_SERVER_HOSTNAME", "TEMPORAL_SERVER_PORT"),
    )
)


class RunnableImage(Body):
    """Launch's flavor `runnable_image`."""

    flavor: StrictStr
    repository: StrictStr
    tag: StrictStr
    command: Annotated[list[StrictStr], _argument("COMMAND")]
    env: dict[StrictStr, StrictStr] | None = None
    protocol: StrictStr
    readiness_initial_delay_seconds: Count = 120
    predict_route: StrictStr = "/predict"
    healthcheck_route: StrictStr = "/readyz"
    routes: list[StrictStr] | None = None
    extra_routes: list[StrictStr] | None = None
    forwarder_type: StrictStr | None = "default"
    worker_command: list[StrictStr] | None = None
    worker_env: dict[StrictStr, StrictStr] | None = None

    @field_validator("flavor")
    @classmethod
    def _is_an_image(cls, value: str) -> str:
        if value != "runnable_image":
            raise ValueError(f"the flavor {value[:40]!r} is not served. Build an image, and use 'runnable_image'.")
        return value

    @field_validator("protocol")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if value != "http":
            raise ValueError("protocol is not 'http', which is all that Launch has; a worker itself serves nothing")
        return value

    @field_validator("env")
    @classmethod
    def _is_free(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        reserved = sorted(RESERVED_VARIABLES & (value or {}).keys())
        if reserved:
            raise ValueError(f"{', '.join(reserved)} is set by the control plane; leave it out")
        require_variables(value or {})
        return value

    @field_validator("repository")
    @classmethod
    def _is_a_repository(cls, value: str) -> str:
        require_repository(value)
        return value

    @field_validator("tag")
    @classmethod
    def _is_a_tag(cls, value: str) -> str:
        require_tag(value)
        return value

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        require_one_tag(self.repository, self.tag)
        separator = "@" if self.tag.startswith("sha256:") else ":"
        require("IMAGE", f"{self.repository}{separator}{self.tag}")
        return self


class BundleRequest(Body):
    """What POST /v2/model-bundles takes."""

    name: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    metadata: dict[str, Any] | None = None
    schema_location: Annotated[StrictStr, Field(max_length=4096)]
    flavor: RunnableImage


class Asked(Body):
    """What both a creation and an update may have; null means that it is not asked for."""

    endpoint_type: StrictStr | None = None
    metadata: dict[str, Any] | None = None
    post_inference_hooks: list[StrictStr] | None = None
    cpus: Cpus | None = None
    gpus: Count | None = None
    memory: Memory | None = None
    gpu_type: GpuType | None = None
    storage: Memory | None = None
    optimize_costs: StrictBool | None = None
    min_workers: Count | None = None
    max_workers: Count | None = None
    per_worker: Positive | None = None
    concurrent_requests_per_worker: Positive | None = None
    nodes_per_worker: Positive | None = None
    labels: dict[StrictStr, StrictStr] | None = None
    prewarm: StrictBool | None = None
    high_priority: StrictBool | None = None
    billing_tags: dict[str, Any] | None = None
    default_callback_url: Annotated[StrictStr, Field(max_length=_MOST_URL)] | None = None
    default_callback_auth: dict[str, Any] | None = None
    public_inference: StrictBool | None = None
    queue_message_timeout_seconds: Annotated[StrictInt, Field(ge=1, le=_MOST_SECONDS)] | None = None
    task_expires_seconds: Positive | None = None
    temporal_task_queue: Queue | None = None
    versioning: Annotated[
        Versioning | None,
        Field(description="current: each bundle has workers of its own, and the newest ones take the new work"),
    ] = None
    ramp: Annotated[
        list[StrictInt] | None,
        Field(description="with versions: the percentages of the new work that a new build takes one after another"),
    ] = None
    ramp_seconds: Annotated[
        Count | None, Field(description="how long each part of the ramp lasts; 0: until something else is asked for")
    ] = None
    model_bundle: Annotated[
        BundleRequest | None, Field(description="with dry_run alone: a bundle as it would be recorded")
    ] = None

    @field_validator("endpoint_type")
    @classmethod
    def _is_temporal(cls, value: str | None) -> str | None:
        if value in (None, TEMPORAL):
            return value
        served = "Only temporal endpoints run here; Launch itself serves the others."
        if value in _OTHER_TYPES:
            raise ValueError(f"endpoint_type {value!r} is not served. {served}")
        raise ValueError(f"{value[:40]!r} is no endpoint_type. {served}")

    @field_validator("temporal_task_queue")
    @classmethod
    def _is_possible(cls, value: str | None) -> str | None:
        count = len((value or "").encode())
        if count > _MOST_BYTES:
            raise ValueError(f"it has {count} bytes, and Temporal takes {_MOST_BYTES}; write a shorter name")
        if (value or "").startswith(_OF_TEMPORAL):
            raise ValueError(
                f"it begins with {_OF_TEMPORAL}, which Temporal keeps for queues of its own; write another"
            )
        return value

    @field_validator("ramp")
    @classmethod
    def _rises(cls, value: list[int] | None) -> list[int] | None:
        steps = value or []
        if len(steps) > _MOST_STEPS:
            raise ValueError(f"it has {len(steps)} steps, and may have {_MOST_STEPS}; leave some out")
        for step, following in zip([0, *steps], [*steps, 100], strict=True):
            if not step < following <= 100:
                raise ValueError(
                    "it is not a list of percentages from 1 to 99 that rise. Write for example [10, 50], after which a "
                    "new build takes all of the new work, or [] to give it all at once."
                )
        return value

    @field_validator("metadata")
    @classmethod
    def _is_free(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value and _CONVERTED in value:
            raise ValueError(f"{_CONVERTED} is reserved; leave it out")
        return value

    @field_validator("post_inference_hooks")
    @classmethod
    def _are_hooks(cls, value: list[str] | None) -> list[str] | None:
        for each in value or ():
            if each not in _HOOKS:
                raise ValueError(f"{each[:40]!r} is no hook. Known: {', '.join(_HOOKS)}.")
        return value

    @field_validator("billing_tags")
    @classmethod
    def _are_tags(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        for key in value or ():
            if key not in _BILLING_TAGS:
                raise ValueError(f"{key[:40]!r} is no billing tag. Known: {', '.join(sorted(_BILLING_TAGS))}.")
        return value

    @field_validator("nodes_per_worker")
    @classmethod
    def _is_one(cls, value: int | None) -> int | None:
        if value not in (None, 1):
            raise ValueError("a temporal endpoint's worker runs on one node; leave nodes_per_worker out")
        return value

    @field_validator("default_callback_auth")
    @classmethod
    def _is_absent(cls, value: object) -> None:
        if value is not None:
            raise ValueError("a temporal endpoint calls nobody back, and no password is kept here; leave it out")

    @field_validator("default_callback_url")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        match = re.fullmatch(r"https?://([^/?#\s]+)([/?#]\S*)?", value or "http://none")
        if match is None:
            raise ValueError("a callback's URL is http:// or https://, a host, and no white space")
        if "@" in match[1]:
            raise ValueError("a callback's URL has a user or a password, and no password is kept here; leave it out")
        return value


class CreateRequest(Asked):
    """What POST /v1/model-endpoints takes."""

    name: Annotated[StrictStr, _argument("ENDPOINT_NAME")]
    model_bundle_id: StrictStr
    endpoint_type: StrictStr
    metadata: dict[str, Any]
    cpus: Cpus
    gpus: Count
    memory: Memory
    min_workers: Count
    max_workers: Count
    per_worker: Positive
    labels: dict[StrictStr, StrictStr]

    @model_validator(mode="after")
    def _has_queue(self) -> Self:
        if self.temporal_task_queue is None:
            raise ValueError("temporal_task_queue is required for temporal endpoints")
        return self


class UpdateRequest(Asked):
    """What PUT /v1/model-endpoints/{id} takes: all of it may be left out."""

    model_bundle_id: StrictStr | None = None


class RollbackRequest(Body, extra="forbid"):
    """What POST /v1/model-endpoints/{id}/rollback takes: a misspelt field would lead to another generation."""

    generation: Annotated[Positive | None, Field(description="null: the one before the newest")] = None

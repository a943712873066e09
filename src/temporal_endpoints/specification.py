"""What a revision of an endpoint asks for: all that its documents follow from, beside the templates."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

# Words or numbers, as in a request: "1", "500m", 0.5.
Quantity = str | int | float
# Whether each build of an endpoint has workers of its own, of which the newest ones take the new work.
Versioning = Literal["none", "current"]
RAMP_SECONDS = 300


class Surroundings(BaseModel):
    """What the control plane supplies itself; recorded, so that its own upgrade restarts nobody."""

    model_config = ConfigDict(frozen=True)

    git_tag: str
    aws_profile: str | None = None
    infra_config_path: str = "/infra-config"
    temporal_address: str | None = None
    temporal_namespace: str | None = None
    default_priority: str = "model-engine-default-priority"
    high_priority: str = "model-engine-high-priority"


class Specification(BaseModel):
    """One endpoint as its owner asks for it, in Launch's names."""

    model_config = ConfigDict(frozen=True)

    temporal_task_queue: str
    cpus: Quantity
    memory: Quantity
    storage: Quantity | None
    gpus: int
    gpu_type: str | None
    min_workers: int
    max_workers: int
    per_worker: int
    labels: dict[str, str]
    metadata: dict[str, Any]
    concurrent_requests_per_worker: int | None = None
    optimize_costs: bool = False
    high_priority: bool = False
    prewarm: bool = True
    public_inference: bool = False
    billing_tags: dict[str, Any] | None = None
    post_inference_hooks: list[str] | None = None
    default_callback_url: str | None = None
    queue_message_timeout_seconds: int | None = None
    task_expires_seconds: int | None = None
    # Changes with each restart, and restarts the pods by it.
    restarted_at: str | None = None
    versioning: Versioning = "none"
    # How a new build gets the new work: by which parts of it in percent, and for how many seconds each.
    ramp: list[int] = []
    ramp_seconds: int = RAMP_SECONDS
    surroundings: Surroundings

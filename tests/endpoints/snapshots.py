"""Snapshots without a database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from temporal_endpoints.records.model import Bundle, Endpoint, Revision, Snapshot

from .recorded import FLAVOR, NAMESPACE, TEXTS, specification

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
SCALED = "keda-scaled-object-temporal.yaml"
SCALED_OBJECT = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: "${RESOURCE_NAME}", namespace: "${NAMESPACE}", labels: {endpoint_id: "${ENDPOINT_ID}"}}
spec:
  scaleTargetRef: {name: "${RESOURCE_NAME}"}
  minReplicaCount: ${MIN_WORKERS}
  maxReplicaCount: ${MAX_WORKERS}
  triggers:
    - type: temporal
      metadata:
        taskQueue: |2-
          ${TEMPORAL_TASK_QUEUE}
"""
DEPLOYMENT = "deployment-runnable-image-temporal-cpu.yaml"
# `scaling: fixed`: the key is there and leads to nothing.
FIXED = {**TEXTS, SCALED: "# nothing scales this endpoint\n"}
KEDA = {
    **TEXTS,
    SCALED: SCALED_OBJECT,
    DEPLOYMENT: TEXTS[DEPLOYMENT].replace("  replicas: ${MAX_WORKERS}\n", ""),
}


def endpoint(flavor: Mapping[str, Any] = FLAVOR, name: str = "one", **changes: Any) -> Endpoint:
    """An endpoint of its first generation."""
    bundle = Bundle("bun_1", "worker", "speech", "ada", WHEN, "", {}, flavor)
    revision = Revision(1, bundle.id, "digest", specification(**changes), "create", "ada", WHEN)
    return Endpoint(
        id="end_00000000000000000001",
        name=name,
        owner="speech",
        created_by="ada",
        namespace=NAMESPACE,
        created_at=WHEN,
        last_updated_at=WHEN,
        generation=1,
        deleted_at=None,
        observed_generation=0,
        status="UPDATE_PENDING",
        conditions=[],
        workers=None,
        revision=revision,
        bundle=bundle,
    )


def snapshot(texts: Mapping[str, str] = FIXED, flavor: Mapping[str, Any] = FLAVOR, **changes: Any) -> Snapshot:
    """An endpoint of which nothing is in the cluster yet."""
    return Snapshot(endpoint(flavor, **changes), texts, ())

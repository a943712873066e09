"""Records to test with: an owner, a bundle, templates, an endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporal_endpoints.records.bundles import Bundles, TemplateSets, new_bundle
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Change, Endpoints, User, new_endpoint
from temporal_endpoints.records.model import Endpoint
from temporal_endpoints.specification import Specification, Surroundings

ADA = User("ada", "speech")
BOB = User("bob", "vision")
NAMESPACE = "workers"
FLAVOR = {
    "flavor": "runnable_image",
    "repository": "registry.example.com/worker",
    "tag": "1.0",
    "command": ["python", "-m", "worker"],
    "env": {"MODEL": "large"},
    "protocol": "http",
}
TEXTS: Mapping[str, str] = {
    "user-config.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: "${RESOURCE_NAME}", namespace: "${NAMESPACE}", labels: {endpoint_id: "${ENDPOINT_ID}"}}
data: {raw_data: "${CONFIG_DATA_SERIALIZED}"}
""",
    "deployment-runnable-image-temporal-cpu.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "${RESOURCE_NAME}", namespace: "${NAMESPACE}", labels: {endpoint_id: "${ENDPOINT_ID}"}}
spec:
  replicas: ${MAX_WORKERS}
  selector: {matchLabels: {app: "${RESOURCE_NAME}"}}
  template:
    metadata: {labels: {app: "${RESOURCE_NAME}", endpoint_id: "${ENDPOINT_ID}"}}
    spec:
      containers:
      - {name: main, image: "${IMAGE}", command: ${COMMAND}, env: ${MAIN_ENV}}
""",
}


def specification(**changes: Any) -> Specification:
    """What an endpoint asks for, with some of it changed."""
    asked: dict[str, Any] = {
        "temporal_task_queue": "transcribe",
        "cpus": "1",
        "memory": "1Gi",
        "storage": None,
        "gpus": 0,
        "gpu_type": None,
        "min_workers": 1,
        "max_workers": 3,
        "per_worker": 2,
        "labels": {"team": "speech", "product": "captions"},
        "metadata": {},
        "surroundings": Surroundings(git_tag="v0.1.0"),
    }
    return Specification(**{**asked, **changes})


def create_endpoint(
    database: Database, name: str = "one", texts: Mapping[str, str] = TEXTS, user: User = ADA, **changes: Any
) -> Endpoint:
    """A recorded endpoint, with a bundle and templates of its own."""
    bundle = Bundles(database).create(new_bundle(user, "worker", schema_location="", metadata={}, flavor=FLAVOR))
    digest = TemplateSets(database).record(texts)
    change = Change(specification(**changes), bundle.id, digest, "create")
    endpoint = new_endpoint(user, name, NAMESPACE, change, bundle)
    Endpoints(database).create(endpoint)
    return endpoint

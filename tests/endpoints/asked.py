"""The API asked in this process, as a client would ask it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from temporal_endpoints.api.application import create_application
from temporal_endpoints.api.authentication import Authenticator
from temporal_endpoints.api.service import Service
from temporal_endpoints.records.database import Database
from temporal_endpoints.specification import Surroundings

from .recorded import FLAVOR, NAMESPACE
from .snapshots import FIXED

ENDPOINTS = "/v1/model-endpoints"
BUNDLES = "/v2/model-bundles"


def basic(key: str) -> dict[str, str]:
    """The header that Launch's client sends: the key as user, and no password."""
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


@dataclass
class Asked:
    """The API over a database, and templates that a test may exchange."""

    database: Database
    texts: dict[str, str] = field(default_factory=lambda: dict(FIXED))
    changed: list[str] = field(default_factory=list)
    authenticator: Authenticator = field(default_factory=Authenticator)
    registry: CollectorRegistry | None = None
    has_versions: bool = False

    def __post_init__(self) -> None:
        """Make the application."""
        service = Service(
            self.database,
            NAMESPACE,
            Surroundings(git_tag="v1"),
            lambda: self.texts,
            self.changed.append,
            has_versions=self.has_versions,
        )
        application = create_application(service, self.authenticator, registry=self.registry)
        self.client = TestClient(application, raise_server_exceptions=False)

    def __call__(
        self, method: str, path: str, body: object = None, *, user: str = "speech", status: int = 200
    ) -> dict[str, Any]:
        """The answer's JSON, which must have this status."""
        answer = self.client.request(method, path, json=body, headers=basic(user))
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def bundle(self, user: str = "speech", **changes: Any) -> str:
        """The id of a new bundle."""
        body = {"name": "worker", "schema_location": "s3://none", "flavor": {**FLAVOR, **changes}}
        return str(self("POST", BUNDLES, body, user=user)["model_bundle_id"])

    def wish(self, user: str = "speech", **changes: Any) -> dict[str, Any]:
        """What a request asks for, with some of it changed; `bundle` of the user's own."""
        body: dict[str, Any] = {
            "name": "transcribe",
            "model_bundle_id": changes.get("model_bundle_id") or self.bundle(user),
            "endpoint_type": "temporal",
            "metadata": {},
            "cpus": 1,
            "memory": "1Gi",
            "storage": "1Gi",
            "gpus": 0,
            "min_workers": 1,
            "max_workers": 3,
            "per_worker": 2,
            "labels": {"team": "speech", "product": "captions"},
            "temporal_task_queue": "transcribe",
        }
        return {**body, **changes}

    def create(self, user: str = "speech", **changes: Any) -> str:
        """The id of a new endpoint."""
        return str(self("POST", ENDPOINTS, self.wish(user, **changes), user=user)["endpoint_id"])

    def get(self, endpoint_id: str) -> Mapping[str, Any]:
        """One endpoint."""
        return self("GET", f"{ENDPOINTS}/{endpoint_id}")

    def tried(self, endpoint_id: str) -> list[dict[str, Any]]:
        """The documents of an endpoint as it is asked for now."""
        found: list[dict[str, Any]] = self("PUT", f"{ENDPOINTS}/{endpoint_id}?dry_run=true", {})["documents"]
        return found

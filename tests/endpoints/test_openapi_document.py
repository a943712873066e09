"""The OpenAPI document is true: whatever it allows is answered as it says, and no request makes the API fail."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from prometheus_client import CollectorRegistry
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from temporal_endpoints.records.database import Database

from .asked import BUNDLES, ENDPOINTS, Asked, basic

CHECKS = [status_code_conformance, response_schema_conformance]
ONE, BUNDLE = f"{ENDPOINTS}/{{model_endpoint_id}}", f"{BUNDLES}/{{model_bundle_id}}"
OPERATIONS = (
    *(f"{method} {path}" for method in ("GET", "POST") for path in (ENDPOINTS, BUNDLES)),
    *(f"{method} {ONE}" for method in ("GET", "PUT", "DELETE")),
    *(f"POST {ONE}/{verb}" for verb in ("restart", "rollback")),
    *(f"GET {ONE}/{what}" for what in ("history", "events")),
    *(f"GET {BUNDLES}/latest", f"GET {BUNDLE}", "GET /v1/scaling/{model_endpoint_id}"),
    "GET /v1/scaling/{model_endpoint_id}/{build}",
    *(f"GET /{name}" for name in ("healthcheck", "healthz", "readyz", "metrics")),
)


@dataclass
class Documented:
    """A running API, and the operations of its document by method and path; the endpoint that was made last."""

    asked: Asked
    made: str = ""

    def __post_init__(self) -> None:
        """Read the document."""
        document: Any = schemathesis.openapi.from_asgi("/openapi.json", self.asked.client.app)
        results = (result.ok() for result in document.get_all_operations())
        self.operations = {f"{each.method.upper()} {each.path}": each for each in results}

    def lead_somewhere(self, case: Any) -> None:
        """Name an endpoint and a bundle that are there, where the request names one."""
        # It is not looked for by its name: nothing ends here that is being deleted, so thousands would be in that list.
        if not self.made or self.asked.get(self.made)["status"] == "DELETE_IN_PROGRESS":
            self.made = self.asked.create(name="documented")
        known = {"model_endpoint_id": self.made, "model_bundle_id": self.asked.get(self.made)["bundle_id"]}
        known["build"] = known["model_bundle_id"]
        case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        if isinstance(case.body, dict) and "model_bundle_id" in case.body:
            case.body["model_bundle_id"] = known["model_bundle_id"]


@pytest.fixture(scope="module")
def documented() -> Iterator[Documented]:
    """The API over a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'records.db'}")
        database.migrate()
        yield Documented(Asked(database, registry=CollectorRegistry()))
        database.close()


def test_no_operation_is_left_out(documented: Documented) -> None:
    """Each of the document's is tried below."""
    assert sorted(documented.operations) == sorted(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_answers_as_its_document_says(
    documented: Documented, name: str, extent: Callable[[int, int], int]
) -> None:
    """No answer is 5xx, and each has a status and a shape that the document names, be its ids known or not."""

    @settings(max_examples=extent(20, 2000), deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=documented.operations[name].as_strategy())
    def check(case: Any) -> None:
        for is_known in (False, True):
            if is_known:
                documented.lead_somewhere(case)
            answer = case.call(headers=basic("speech"))
            assert answer.status_code < 500, answer.text
            case.validate_response(answer, checks=CHECKS)

    check()

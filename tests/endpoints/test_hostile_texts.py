"""Any text in a request is refused by the name of its field, or is in the documents exactly as it was meant."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest
from pydantic import ValidationError

from local_cluster.kubelet.sources import expand
from nested_templates.encoder import flow
from nested_templates.errors import ContractError
from nested_templates.yaml_documents import load_documents
from temporal_endpoints.api.requests import BundleRequest, CreateRequest
from temporal_endpoints.api.service import Service
from temporal_endpoints.errors import RefusedError
from temporal_endpoints.planning.documents import Document
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import User
from temporal_endpoints.records.model import Bundle
from temporal_endpoints.specification import Surroundings

from .chart_texts import texts_of
from .hostile import NAMES, ORDINARY, bundle_request, endpoint_request, hostile_texts
from .recorded import NAMESPACE
from .snapshots import WHEN

SCENARIO = "stand-alone"
AROUND = Surroundings(git_tag="v1", temporal_address="temporal.example.com:7233", temporal_namespace="default")
# A sample's number of requests, and the whole's.
SETS = (1_600, 100_000)
PARTS = 16
HASH = re.compile(r"^[0-9a-f]{32}$")


@dataclass(frozen=True)
class InMemory(Service):
    """The service with one bundle that is in no database, and no endpoint."""

    bundle: Bundle | None = None

    @property
    def bundles(self) -> Any:
        """Whoever asks gets that one."""
        return self

    @property
    def endpoints(self) -> Any:
        """There is none."""
        return self

    def require_free(self, _owner: str, _name: str) -> None:
        """Every name is free."""

    def get(self, _owner: str, _bundle_id: str) -> Bundle | None:
        """The bundle."""
        return self.bundle


def documents_for(texts: dict[str, str]) -> Sequence[Document]:
    """The documents that the API would apply for a request with these texts, as the API server reads them.

    Raises:
        ValidationError, RefusedError, ContractError: the request is refused.
    """
    flavor = BundleRequest.model_validate(bundle_request(texts)).flavor.model_dump(mode="json")
    request = CreateRequest.model_validate(endpoint_request(texts, "bun_1"))
    bundle = Bundle("bun_1", "worker", texts["owner"], texts["owner"], WHEN, "", {}, flavor)
    service = InMemory(Database("sqlite:///unused"), NAMESPACE, AROUND, lambda: texts_of(SCENARIO), bundle=bundle)
    found = service.try_create(User(texts["owner"], texts["owner"]), request)
    return [load_documents(flow(dict(document)), "sent", "kubernetes")[0] for document in found]


def require_meant(texts: dict[str, str], documents: Sequence[Document]) -> None:
    """Each text is where it belongs, as it is, and nothing else has become another."""
    by_kind = {document["kind"]: document for document in documents}
    deployment = by_kind["Deployment"]
    (main,) = deployment["spec"]["template"]["spec"]["containers"]
    variables = {each["name"]: each["value"] for each in main["env"] if "value" in each}
    assert variables[texts["variable"]] == texts["value"]
    assert variables["LAST"] == "last"
    assert main["command"] == ["run", texts["word"], "end"]
    separator = "@" if texts["tag"].startswith("sha256:") else ":"
    assert main["image"] == f"{texts['repository']}{separator}{texts['tag']}"
    for labels in (each["metadata"]["labels"] for each in documents):
        assert (labels["team"], labels["endpoint_name"], labels["user_id"]) == (
            texts["team"],
            texts["name"],
            texts["owner"],
        )
    # The kubelet reads $(NAME) and $$ in a variable; the scaler does not. Both have to mean the same queue.
    assert expand(variables["TEMPORAL_TASK_QUEUE"], variables) == texts["queue"]
    assert by_kind["ScaledObject"]["spec"]["triggers"][0]["metadata"]["taskQueue"] == texts["queue"]
    (described,) = (each for each in documents if each["metadata"]["name"].endswith("-endpoint-config"))
    serialized = json.loads(base64.b64decode(described["data"]["raw_data"]))
    assert serialized["labels"][texts["label key"]] == texts["label"]


def shape(value: Any) -> Any:
    """The keys of a document without its texts: they are the same whatever the texts are, but for the image's hash."""
    if isinstance(value, dict):
        return {HASH.sub("hash", key): shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


@pytest.mark.parametrize("part", range(PARTS))
def test_hostile_texts_are_refused_by_name_or_meant(part: int, extent: Callable[[int, int], int]) -> None:
    """100,000 requests as a whole; of the sample as well, many are refused and many are not."""
    usual = shape(documents_for(ORDINARY))
    count = extent(*SETS) // PARTS
    refused = 0
    for texts in islice(hostile_texts(part), count):
        try:
            documents = documents_for(texts)
        except (ValidationError, RefusedError, ContractError) as error:
            refused += 1
            hostile = [field for field, text in texts.items() if ORDINARY[field] != text]
            told = str(error)
            assert any(name in told for field in hostile for name in NAMES[field]), f"{hostile}: {told}"
        else:
            require_meant(texts, documents)
            assert shape(documents) == usual
    assert count / 10 < refused < count * 9 / 10

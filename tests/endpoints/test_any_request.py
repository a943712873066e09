"""Whatever is sent: an answer of this API, never a failure of it, and no word of a secret."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from temporal_endpoints.api.requests import BundleRequest, CreateRequest, RunnableImage
from temporal_endpoints.records.database import Database

from .asked import BUNDLES, ENDPOINTS, Asked, basic

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
# What is nearly right reaches further than what is not.
PLAUSIBLE = st.sampled_from(
    [0, 1, 2, 250, -1, 2**31, 2**63, 10**30, "1", "1Gi", "500m", "1e9", "a", "", {}, [], ["a"], {"a": "b"}]
)
VALUE = PLAUSIBLE | ANYTHING
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map(lambda text: quote(text, safe=""))
ENDPOINT = f"{ENDPOINTS}/end_1"
NO_JSON = [b"[" * 100_000, b'{"a":' * 50_000, b"1" * 10_000, b'"\\ud800"', b"NaN", b"\xff", b'{"generation": 1e999}']


def bodies(*models: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of the fields that are known, whatever is in them."""
    names = sorted({name for model in models for name in model.model_fields})
    return st.dictionaries(st.sampled_from([*names, "other"]), VALUE, max_size=8)


@pytest.fixture(scope="module")
def ask() -> Iterator[Asked]:
    """One database for all requests: a failure may need what came before it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'records.db'}")
        database.migrate()
        yield Asked(database)
        database.close()


def send(ask: Asked, method: str, path: str, body: object) -> tuple[int, str]:
    """The answer to any body, be it JSON or not."""
    content = json.dumps(body).encode() if not isinstance(body, bytes) else body
    headers = {**basic("speech"), "Content-Type": "application/json"}
    answer = ask.client.request(method, path, content=content, headers=headers)
    if answer.status_code >= 400 and answer.headers["Content-Type"] == "application/json":
        assert "detail" in answer.json()
    return answer.status_code, answer.text


CHECKED = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@CHECKED
@given(changes=bodies(CreateRequest))
def test_creation_with_any_fields(ask: Asked, changes: dict[str, Any]) -> None:
    """Over a request that is right, and instead of it."""
    right = ask.wish(name=f"n{abs(hash(json.dumps(changes)))}"[:60])
    for body in ({**right, **changes}, changes):
        assert send(ask, "POST", ENDPOINTS, body)[0] < 500
    assert send(ask, "GET", ENDPOINTS, None)[0] == 200


@CHECKED
@given(changes=bodies(CreateRequest))
def test_update_with_any_fields(ask: Asked, changes: dict[str, Any]) -> None:
    """What is accepted can be read again, and is what the documents are made of."""
    found = ask("GET", f"{ENDPOINTS}?name=updated")["model_endpoints"]
    endpoint_id = found[0]["id"] if found else ask.create(name="updated")
    assert send(ask, "PUT", f"{ENDPOINTS}/{endpoint_id}", changes)[0] < 500
    assert send(ask, "GET", f"{ENDPOINTS}/{endpoint_id}", None)[0] == 200
    assert send(ask, "PUT", f"{ENDPOINTS}/{endpoint_id}?dry_run=true", {})[0] == 200


@CHECKED
@given(outer=bodies(BundleRequest), flavor=bodies(RunnableImage))
def test_bundle_with_any_fields(ask: Asked, outer: dict[str, Any], flavor: dict[str, Any]) -> None:
    """What is accepted can be read again."""
    right = {"flavor": "runnable_image", "repository": "r", "tag": "t", "command": [], "protocol": "http"}
    for body in (
        {"name": "b", "schema_location": "", "flavor": {**right, **flavor}},
        outer,
        {**outer, "flavor": flavor},
    ):
        status, text = send(ask, "POST", BUNDLES, body)
        assert status < 500
        if status == 200:
            assert send(ask, "GET", f"{BUNDLES}/{json.loads(text)['model_bundle_id']}", None)[0] == 200


@CHECKED
@given(text=TEXT, number=st.integers() | st.floats() | TEXT, method=st.sampled_from(["GET", "PUT", "DELETE", "POST"]))
def test_any_path_and_query(ask: Asked, text: str, number: object, method: str) -> None:
    """Ids, names and numbers of any kind."""
    for path in (f"{ENDPOINTS}/{text}", f"{ENDPOINTS}/{text}/{text}", f"{BUNDLES}/{text}", f"{ENDPOINTS}/%00"):
        assert send(ask, method, path, {})[0] < 500
    for query in (f"name={text}", f"limit={number}", f"offset={number}", f"order_by={text}", "name=%00", "name=%ff"):
        assert send(ask, "GET", f"{ENDPOINTS}?{query}", None)[0] < 500
    assert send(ask, "GET", f"{BUNDLES}/latest?model_name={text}%00", None)[0] in (404, 422)


@CHECKED
@given(body=st.binary(max_size=40) | st.sampled_from(NO_JSON))
def test_any_bytes_instead_of_json(ask: Asked, body: bytes) -> None:
    """Whatever is no JSON, or too much of it."""
    calls = (("POST", ENDPOINTS), ("POST", BUNDLES), ("PUT", ENDPOINT), ("POST", f"{ENDPOINT}/rollback"))
    for method, path in calls:
        assert send(ask, method, path, body)[0] < 500


@CHECKED
@given(header=st.binary(max_size=40))
def test_any_authorization(ask: Asked, header: bytes) -> None:
    """A known user, or 401."""
    for scheme in (b"", b"Basic ", b"Bearer "):
        answer = ask.client.get(
            ENDPOINTS, headers={b"Authorization": scheme + header.replace(b"\n", b"").replace(b"\r", b"")}
        )
        assert answer.status_code in (200, 401)

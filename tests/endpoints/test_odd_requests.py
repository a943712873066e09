"""Bodies that nobody sends by mistake, or only by one: each is refused with what to do, and tells nobody's secret."""

from __future__ import annotations

from typing import Any

import pytest

from temporal_endpoints.api.body_limit import MOST_BYTES
from temporal_endpoints.records.database import Database

from .asked import BUNDLES, ENDPOINTS, Asked, basic
from .recorded import FLAVOR

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def ask(database: Database) -> Asked:
    """The API over a database of each kind."""
    return Asked(database)


def put(ask: Asked, content: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """The answer to an update with this body."""
    path = f"{ENDPOINTS}/{ask.create()}"
    answer = ask.client.put(path, content=content, headers={**basic("speech"), **(headers or JSON)})
    return answer.status_code, answer.text


@pytest.mark.parametrize("depth", [70, 330, 900])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_body_is_refused_and_no_fault_of_the_server(ask: Asked, depth: int, opening: str, closing: str) -> None:
    """Lists and maps may stand in one another, but every reader of the record must be able to follow."""
    body = '{"metadata": {"a": ' + opening * depth + "1" + closing * depth + "}}"
    status, said = put(ask, body.encode())
    assert status == 422
    assert "more than 64 deep" in said


@pytest.mark.parametrize(
    "content",
    [b'{"metadata": {"a": "\xff"}}', b'{"metadata": {"a": ' + b"9" * 5000 + b"}}", b"[" * 100_000 + b"]" * 100_000],
    ids=["no-utf-8", "endless-number", "endless-list"],
)
def test_unreadable_body_is_told_as_such(ask: Asked, content: bytes) -> None:
    """The route is there: the body is what cannot be read."""
    status, said = put(ask, content)
    assert status == 400
    assert "the body cannot be read. Send a JSON object in UTF-8" in said
    assert "route" not in said


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b'{"max_workers": 4}', {"Content-Type": "text/plain"}),
        (b'{"max_workers": 4}', {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"[]", JSON),
        (b"", JSON),
    ],
    ids=["text", "form", "list", "nothing"],
)
def test_body_that_is_no_object_is_told_what_it_should_be(ask: Asked, content: bytes, headers: dict[str, str]) -> None:
    """A forgotten header looks like that as well, so it is named."""
    status, said = put(ask, content, headers)
    assert status == 422
    assert "Send a JSON object, with the header Content-Type: application/json." in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"max_workers": 4, "max_workers": 5}', "the key 'max_workers' stands twice; remove one"),
        ('{"max_workers": 4, "max\\u005fworkers": 4}', "the key 'max_workers' stands twice; remove one"),
        ('{"labels": {"team": "a", "product": "b", "team": "c"}}', "labels: the key 'team' stands twice"),
        ('{"metadata": {"a": [1, {"b": 2, "b": 2}]}}', "metadata.a[1]: the key 'b' stands twice"),
        ('{"other": 1, "other": 2}', "the key 'other' stands twice"),
    ],
)
def test_key_that_stands_twice_is_refused(ask: Asked, content: str, said: str) -> None:
    """Of two values one would win in silence; nothing is recorded, and the same holds for every body."""
    endpoint_id = ask.create()
    headers = {**basic("speech"), **JSON}
    answer = ask.client.put(f"{ENDPOINTS}/{endpoint_id}", content=content, headers=headers)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert ask.get(endpoint_id)["generation"] == 1
    twice = content.replace("max", "generation")
    for path in (BUNDLES, ENDPOINTS, f"{ENDPOINTS}/{endpoint_id}/rollback"):
        answer = ask.client.post(path, content=twice, headers=headers)
        assert (answer.status_code, "stands twice; remove one" in answer.text) == (422, True)


@pytest.mark.parametrize("is_announced", [True, False])
@pytest.mark.parametrize("user", ["speech", ""])
def test_endless_body_is_refused_before_it_fills_the_memory(ask: Asked, is_announced: bool, user: str) -> None:
    """Whoever sends it: who asks is known only when the body was read."""
    taken = 0

    def endless() -> Any:
        nonlocal taken
        for _ in range(20 * MOST_BYTES // 2**16):
            taken += 2**16
            yield b" " * 2**16

    length = {"Content-Length": str(20 * MOST_BYTES)} if is_announced else {}
    headers = {**(basic(user) if user else {}), **JSON, **length}
    answer = ask.client.post(BUNDLES, content=endless(), headers=headers)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "the body has more than 4 MiB, which is all that is taken. Send less."


def test_largest_body_is_taken(ask: Asked) -> None:
    """Up to the last byte."""
    start, end = b'{"metadata": {"a": "', b'"}}'
    most = MOST_BYTES - len(start) - len(end)
    path = f"{ENDPOINTS}/{ask.create()}"
    for length, status in ((most, 200), (most + 1, 413)):
        answer = ask.client.put(path, content=start + b"x" * length + end, headers={**basic("speech"), **JSON})
        assert answer.status_code == status


@pytest.mark.parametrize("name", ["1A", "", "a b", "A=secret-of-this"])
def test_refused_variable_is_named_and_its_value_is_not_told(ask: Asked, name: str) -> None:
    """It may be a secret, and answers are logged."""
    flavor = {**FLAVOR, "env": {"MODEL": "secret-of-another", name: "secret-of-this"}}
    body = {"name": "worker", "schema_location": "", "flavor": flavor}
    said = str(ask("POST", BUNDLES, body, status=422)["detail"])
    assert f"the variable {name.partition('=')[0]!r} is not possible" in said
    assert "secret-of" not in said


@pytest.mark.parametrize("changes", [{"command": ["--token", "secret\0"]}, {"command": "secret"}])
def test_refused_command_is_not_repeated(ask: Asked, changes: dict[str, Any]) -> None:
    """A word of it may be a token."""
    body = {"name": "worker", "schema_location": "", "flavor": {**FLAVOR, **changes}}
    said = str(ask("POST", BUNDLES, body, status=422)["detail"])
    assert ("command" in said, "secret" in said) == (True, False)


def test_callback_with_a_password_is_refused(ask: Asked) -> None:
    """It would be kept, told in every answer, and handed to the workers."""
    body = ask.wish(default_callback_url="https://me:secret@example.com/done")
    said = str(ask("POST", ENDPOINTS, body, status=422)["detail"])
    assert ("no password is kept here" in said, "secret" in said) == (True, False)
    ask.create(default_callback_url="https://example.com/done?by=me@example.com")


@pytest.mark.parametrize(
    "url", ["ftp://h", "http://", "https:///done", "http://a b", "http://h/a b", "h", "http://" + "a" * 2077]
)
def test_callback_that_is_no_url_is_refused(ask: Asked, url: str) -> None:
    """On creation, where it is asked for."""
    ask("POST", ENDPOINTS, ask.wish(default_callback_url=url), status=422)


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("DELETE", "?dry_run=true", "this route has no such parameter. It has none."),
        ("POST", "/restart?dryrun=true", "this route has no such parameter. Did you mean 'dry_run'?"),
        ("POST", "/rollback?dryrun=true", "this route has no such parameter. Did you mean 'dry_run'?"),
        ("PUT", "?dryrun=true", "this route has no such parameter. Did you mean 'dry_run'?"),
        ("PUT", "?dry_run=true&dry_run=false", "it stands twice; remove one"),
        ("GET", "?a=1&a=2", "it stands twice; remove one"),
    ],
)
def test_parameter_that_would_not_be_heeded_is_refused(ask: Asked, method: str, path: str, said: str) -> None:
    """Whoever asks what would be done did not ask for it: DELETE with dry_run deleted. First it is known who asks."""
    endpoint_id = ask.create(temporal_task_queue="a")
    ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"temporal_task_queue": "b"})
    before = ask.get(endpoint_id)
    detail = ask(method, f"{ENDPOINTS}/{endpoint_id}{path}", {"max_workers": 9}, status=422)["detail"]
    assert said in str(detail)
    assert ask.get(endpoint_id) == before
    assert ask.client.request(method, f"{ENDPOINTS}/{endpoint_id}{path}").status_code == 401
    ask("GET", f"{ENDPOINTS}?unknown=1")


@pytest.mark.parametrize(
    ("content", "place"), [('{"max_workers": 4', 18), ("{'a': 4}", 2), ("", 0), ('{"a": 1} x', 10)]
)
def test_body_that_is_no_json_is_told_with_its_place(ask: Asked, content: str, place: int) -> None:
    """Or that there is none."""
    status, said = put(ask, content.encode())
    assert (status, (f"at character {place}. Send a JSON" if place else "there is no body. Send") in said) == (
        422,
        True,
    )


def test_long_values_are_not_told_as_a_whole(ask: Asked) -> None:
    """They fill whatever is looked at."""
    assert len(str(ask("POST", ENDPOINTS, ask.wish(cpus=10**4000), status=400)["detail"])) < 200
    assert len(str(ask("GET", f"{ENDPOINTS}/{'x' * 5000}", status=404)["detail"])) < 200


def test_queue_of_temporals_own_is_refused(ask: Asked) -> None:
    """The server lets no worker poll it."""
    body = ask.wish(temporal_task_queue="/_sys/transcribe/1")
    assert "/_sys/" in str(ask("POST", ENDPOINTS, body, status=422)["detail"])

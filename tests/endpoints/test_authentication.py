"""Who asks: known by an API key or by Kubernetes, or told 401 before anything else is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from temporal_endpoints.api.authentication import Authenticator, Keys
from temporal_endpoints.errors import SettingsError
from temporal_endpoints.records.database import Database

from .asked import BUNDLES, ENDPOINTS, Asked, basic


@pytest.fixture
def ask(database: Database) -> Asked:
    """The API over a database of each kind."""
    return Asked(database)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (None, "No authentication was passed in"),
        ("Basic %%%", "Could not authenticate user"),
        ("Basic " + "/w==", "Could not authenticate user"),
        ("Digest x", "Could not authenticate user"),
        ("Bearer a b", "Could not authenticate user"),
        (basic("a/b")["Authorization"], "Could not authenticate user"),
    ],
)
def test_unknown_user_is_told_401(ask: Asked, header: str | None, said: str) -> None:
    """Before anything else is looked at."""
    headers = {} if header is None else {"Authorization": header}
    for method, path in (("GET", ENDPOINTS), ("POST", ENDPOINTS), ("GET", BUNDLES)):
        answer = ask.client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["detail"].startswith(f"{said}. Send ")
        assert answer.headers["WWW-Authenticate"] == "Basic"


def test_keys_of_a_secret_tell_the_owner(database: Database, tmp_path: Path) -> None:
    """A file for each owner, a key on each line; a change holds from the next request."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "speech").write_text("first\nsecond\n", encoding="utf-8")
    (secret / "vision").write_text("third\n", encoding="utf-8")
    ask = Asked(database, authenticator=Authenticator(Keys(secret)))
    endpoint_id = ask.create(user="first")
    assert ask("GET", f"{ENDPOINTS}/{endpoint_id}", user="second")["created_by"] == "speech"
    ask("GET", f"{ENDPOINTS}/{endpoint_id}", user="third", status=404)
    ask("GET", ENDPOINTS, user="speech", status=401)
    (secret / "speech").write_text("fourth\n", encoding="utf-8")
    ask("GET", ENDPOINTS, user="first", status=401)
    ask("GET", ENDPOINTS, user="fourth")
    # Windows and editors write these, and a line is one key, with spaces too.
    (secret / "speech").write_bytes(b"\xef\xbb\xbffourth\r\n\r\n  a long one \r\n")
    for key in ("fourth", "a long one"):
        ask("GET", ENDPOINTS, user=key)
    for key in ("long", "\ufefffourth"):
        ask("GET", ENDPOINTS, user=key, status=401)
    (secret / "no owner").write_text("fifth\n", encoding="utf-8")
    ask("GET", ENDPOINTS, user="fourth")
    ask("GET", ENDPOINTS, user="fifth", status=401)


def test_keys_of_a_file(tmp_path: Path) -> None:
    """A map from owners to keys; what is no such map is told."""
    file = tmp_path / "keys.yaml"
    file.write_text("speech: [one, two]\nvision: three\n", encoding="utf-8")
    keys = Keys(file)
    assert [keys.owner_of(key) for key in ("one", "two", "three", "four", "")] == [
        "speech",
        "speech",
        "vision",
        None,
        None,
    ]
    for text, said in (("- one\n", "no map"), ("a b: c\n", "not a valid label value"), ("{", "cannot be read")):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError, match=said):
            Keys(file)


def test_folder_without_a_key_is_told_at_the_start_alone(tmp_path: Path) -> None:
    """Nobody could ask, which is a wrong path; later it means that the last key was withdrawn."""
    with pytest.raises(SettingsError, match="holds no key, so nobody could ask"):
        Keys(tmp_path)
    (tmp_path / "speech").write_text("one", encoding="utf-8")
    keys = Keys(tmp_path)
    (tmp_path / "speech").write_text("", encoding="utf-8")
    assert keys.owner_of("one") is None


def test_key_in_a_block_of_yaml_is_without_the_end_of_its_line(tmp_path: Path) -> None:
    """Nobody sends that."""
    file = tmp_path / "keys.yaml"
    file.write_text("speech: |\n  one\n", encoding="utf-8")
    assert Keys(file).owner_of("one") == "speech"


@pytest.mark.parametrize(
    "text",
    [
        "speech: [hidden, 1]\n",
        "speech: [hidden, '']\n",
        "speech: hidden\nvision: [hidden]\n",
        "1: hidden\n",
        "speech: {hidden: hidden}\n",
        "speech: hidden: hidden\n",
        "speech: 'hidden\n",
        'speech: "hidden\\q"\n',
        "speech: !hidden\n",
        "speech: hidden\nvision: one\nspeech: two\n",
        "- hidden\n",
        "speech: hidden\n---\nvision: hidden\n",
        "hidden-1: speech\nhidden-2: speech\n",
        "hidden/1: speech\n",
        "hidden: [1]\n",
        "speech: 'hidden:1'\n",
        "{}\n",
        "speech: []\n",
    ],
)
def test_mistake_in_a_file_of_keys_is_told_without_a_key(text: str, tmp_path: Path) -> None:
    """Numbers are no keys, one key has one owner, an owner stands once, and nothing of the file is repeated.

    It may be written the wrong way round, from keys to owners.
    """
    file = tmp_path / "keys.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Keys(file)
    assert "hidden" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_token_of_a_service_account_belongs_to_its_namespace(database: Database) -> None:
    """Kubernetes tells whose it is, and is asked once for a while."""
    asked: list[str] = []

    def review(token: str) -> str | None:
        asked.append(token)
        return {"good": "system:serviceaccount:speech:robot", "strange": "https://issuer/#user"}.get(token)

    ask = Asked(database, authenticator=Authenticator(review=review))
    for token, status in (("good", 200), ("good", 200), ("bad", 401), ("strange", 401)):
        answer = ask.client.get(ENDPOINTS, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status
    assert asked == ["good", "bad", "strange"]
    assert ask.client.get(ENDPOINTS, headers=basic("good")).status_code == 401

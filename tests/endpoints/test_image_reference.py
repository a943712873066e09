"""What cannot be the reference of an image is refused with its bundle, by the name of its field and with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from temporal_endpoints.records.database import Database

from .asked import BUNDLES, ENDPOINTS, Asked
from .recorded import FLAVOR

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = (
    ("r", "1"),
    ("r", "A_1.2-3"),
    ("r", "_"),
    ("r", "t" * 128),
    ("r", DIGEST),
    ("r:1.0", DIGEST),
    ("localhost/r", "1"),
    ("localhost:5000/team/r", "1"),
    ("Registry.Example.com/r", "1"),
    ("127.0.0.1:65535/r", "1"),
    ("a.b/c__d/e-f---g.h_i", "1"),
    ("registry.example.com:5000/r:1.0", DIGEST),
    ("a.b/" + "r" * 251, "1"),
    ("r" * 237, "1"),
)
REFUSED = (
    ("", "1", "repository", "it is empty"),
    ("http://r/x", "1", "repository", "it begins like a URL"),
    ("r x", "1", "repository", "it holds white space"),
    ("r\n", "1", "repository", "it holds white space"),
    ("r\u00a0x", "1", "repository", "it holds white space"),
    ("user:secret@r/x", "1", "repository", "give the cluster a pull secret"),
    (f"r@{DIGEST}", "1", "repository", "Write a digest as the tag"),
    ("Worker", "1", "repository", "'Worker' has capitals"),
    ("a.b/team/Worker", "1", "repository", "'Worker' has capitals"),
    ("a.b//r", "1", "repository", "is empty. Leave one slash out"),
    ("r/", "1", "repository", "is empty. Leave one slash out"),
    ("/r", "1", "repository", "is empty. Leave one slash out"),
    ("a..b/r", "1", "repository", "not a host, or a host and a port"),
    ("-a.b/r", "1", "repository", "not a host, or a host and a port"),
    ("a.b:0/r", "1", "repository", "not a host, or a host and a port"),
    ("a.b:65536/r", "1", "repository", "not a host, or a host and a port"),
    ("a.b:secret/r", "1", "repository", "not a host, or a host and a port"),
    ("[::1]:5000/r", "1", "repository", "not a host, or a host and a port"),
    ("team/a___b", "1", "repository", "'a___b' is not a valid part of an image's name"),
    ("team/r.", "1", "repository", "'r.' is not a valid part of an image's name"),
    ("team/\u00e9", "1", "repository", "is not a valid part of an image's name"),
    ("a.b/" + "r" * 252, "1", "repository", "with its registry it has 256 characters, and 255 are the most"),
    ("r" * 238, "1", "repository", "with its registry it has 256 characters"),
    ("r/" + "r" * 244, "1", "repository", "with its registry it has 256 characters"),
    (f"r:{DIGEST}", DIGEST, "repository", "it has two colons after its last slash"),
    ("r:", DIGEST, "repository", "it is empty"),
    ("r:a b", DIGEST, "repository", "it holds white space"),
    ("r:1.0", "1.0", "flavor", "flavor.repository has a tag, and so has flavor.tag"),
    ("r", "", "tag", "it is empty"),
    ("r", ".1", "tag", "'.1' is not a valid tag"),
    ("r", "a b", "tag", "'a b' is not a valid tag"),
    ("r", "1\n", "tag", "is not a valid tag"),
    ("r", "\u00e9", "tag", "is not a valid tag"),
    ("r", "\u0661", "tag", "is not a valid tag"),
    ("r", "t" * 129, "tag", "it has 129 characters, and 128 are the most"),
    ("r", "sha256:zz", "tag", "it is not a valid digest"),
    ("r", DIGEST[:-1], "tag", "it is not a valid digest"),
    ("r", DIGEST + "0", "tag", "it is not a valid digest"),
    ("r", DIGEST.upper().replace("SHA", "sha"), "tag", "it is not a valid digest"),
    ("r", "sha512:" + "0" * 128, "tag", "it is not a valid digest"),
    ("r", "a:b", "tag", "it is not a valid digest"),
)


@pytest.fixture
def ask(database: Database) -> Asked:
    """The API over a database of each kind."""
    return Asked(database)


def bundle(repository: str, tag: str) -> dict[str, Any]:
    """The request for a bundle of that image."""
    return {"name": "worker", "schema_location": "", "flavor": {**FLAVOR, "repository": repository, "tag": tag}}


def test_image_that_a_runtime_takes_is_taken(ask: Asked) -> None:
    """As it is, with its tag, its digest or both."""
    for repository, tag in IMAGES:
        bundle_id = ask("POST", BUNDLES, bundle(repository, tag))["model_bundle_id"]
        documents = ask("POST", f"{ENDPOINTS}?dry_run=true", ask.wish(model_bundle_id=bundle_id))["documents"]
        (container,) = documents[-1]["spec"]["template"]["spec"]["containers"]
        assert container["image"] == f"{repository}{'@' if tag == DIGEST else ':'}{tag}"


def test_image_that_could_never_be_pulled_is_refused(ask: Asked) -> None:
    """Nothing is recorded, and what may be a password is not repeated."""
    for repository, tag, field, said in REFUSED:
        (problem,) = ask("POST", BUNDLES, bundle(repository, tag), status=422)["detail"]
        assert (problem["loc"][-1], said in problem["msg"]) == (field, True), problem
        assert "secret" not in problem["msg"].replace("a pull secret", "")
    assert ask("GET", BUNDLES)["model_bundles"] == []

"""Hostile texts on their whole way: from a request to a running control plane into the process in a pod.

Each is refused by the name of its field, or is what the process sees, to the character.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from local_cluster.api import Object, Reference
from local_cluster.processes import wait_until

from ..endpoints.hostile import NAMES, ORDINARY, bundle_request, endpoint_request, hostile_texts
from . import witness
from .conftest import ROOT, WORKER
from .control_plane_process import ENDPOINTS, SECONDS, AnswerError, ControlPlaneProcess
from .kubernetes_alone import KubernetesAlone, Place

NAMESPACE = "hostile"
SEED = 1313
# How many sets are to reach a pod: of the sample, and of the whole. So many are there at once.
IN_PODS, AT_ONCE = (30, 300), 10
# In every sample, whatever chance draws: what Kubernetes, YAML, JSON and a template would take for something else.
CERTAIN = (
    {"queue": "$$ $(LAST) ${RESOURCE_NAME}", "value": "'\"\\ \n${NAMESPACE}\t", "word": "$(LAST"},
    {"queue": "yes", "value": " 1e3 ", "word": "# b"},
    {"queue": "0x10", "value": "null", "word": "- a"},
    {"queue": "x" * 1000, "value": "x" * 5000, "word": ""},
)


@pytest.fixture
def place() -> Iterator[Place]:
    """A namespace with the chart's templates, in a cluster for this alone."""
    with KubernetesAlone(logs=ROOT / "build" / "e2e" / os.environ.get(WORKER, "") / "hostile") as cluster:
        made = Place(cluster, NAMESPACE)
        made.prepare(scaling="fixed")
        yield made


@dataclass(frozen=True)
class Accepted:
    """An endpoint of hostile texts, whose owner has nothing else, and the file of its witness."""

    texts: dict[str, str]
    owner: dict[str, str]
    endpoint_id: str
    file: Path

    def require_meant(self, place: Place) -> None:
        """The process was given these texts, and its pod bears them."""
        given = json.loads(self.file.read_text(encoding="utf-8"))
        texts = self.texts
        assert given["environment"]["TEMPORAL_TASK_QUEUE"] == texts["queue"]
        assert given["environment"][texts["variable"]] == as_kubernetes_reads(texts["value"])
        assert given["environment"]["LAST"] == "last"
        assert given["arguments"] == [as_kubernetes_reads(texts["word"]), "end"]
        (pod,) = pods(place, self.endpoint_id)
        (container,) = pod["spec"]["containers"]
        separator = "@" if texts["tag"].startswith("sha256:") else ":"
        assert container["image"] == f"{texts['repository']}{separator}{texts['tag']}"
        labels = pod["metadata"]["labels"]
        assert (labels["team"], labels["endpoint_name"]) == (texts["team"], texts["name"])


def as_kubernetes_reads(text: str) -> str:
    """A variable's value or a word of a command as documented: a pair of dollars is one, and no name here is known."""
    return re.sub(r"\$(\(.*?\)|\$)", lambda found: "$" if found[1] == "$" else found[0], text, flags=re.DOTALL)


def pods(place: Place, endpoint_id: str) -> Sequence[Object]:
    """The pods of one endpoint."""
    found: Sequence[Object] = place.cluster.plane.api.list(
        Reference("v1", "Pod", place.name), labels=f"endpoint_id={endpoint_id}"
    )
    return found


def header(owner: str) -> dict[str, str]:
    """Who asks."""
    return {"Authorization": "Basic " + base64.b64encode(f"{owner}:".encode()).decode()}


def ask_for(process: ControlPlaneProcess, texts: dict[str, str], number: int, folder: Path) -> Accepted | None:
    """The endpoint of these texts; none if it was refused, by name and not with a word of a failure."""
    owner, file = header(f"owner-{number}"), folder / f"{number}.json"
    bundle = bundle_request(texts)
    command = [sys.executable, "-I", "-S", witness.__file__, texts["word"], "end"]
    bundle["flavor"] |= {"command": command, "env": {**bundle["flavor"]["env"], witness.VARIABLE: str(file)}}
    try:
        bundle_id = process.ask("POST", "/v2/model-bundles", bundle, owner)["model_bundle_id"]
        wish: dict[str, Any] = {**endpoint_request(texts, bundle_id), "max_workers": 1, "cpus": "10m", "memory": "16Mi"}
        return Accepted(texts, owner, process.ask("POST", ENDPOINTS, wish, owner)["endpoint_id"], file)
    except AnswerError as error:
        require_named(texts, error)
        return None


def require_named(texts: dict[str, str], error: AnswerError) -> None:
    """The refusal names a field that is hostile, and is no failure."""
    hostile = [field for field, text in texts.items() if ORDINARY[field] != text]
    assert error.status in (400, 422), f"{hostile}: {error}"
    assert any(name in told(error) for field in hostile for name in NAMES[field]), f"{hostile}: {error}"


def told(error: AnswerError) -> str:
    """The fields that a refusal is about, as `flavor.tag`, and what is wrong with them; or its one sentence."""
    detail = json.loads(error.text)["detail"]
    if isinstance(detail, str):
        return detail
    return "\n".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in detail)


def asked(process: ControlPlaneProcess, folder: Path) -> Iterator[tuple[int, Accepted | None]]:
    """Endless: one draw after the other, and what became of it."""
    certain = ({**ORDINARY, **each} for each in CERTAIN)
    for number, texts in enumerate(chain(certain, hostile_texts(SEED))):
        # The user's name is another thing: Basic ends it at a colon, and a file of keys knows who there is.
        yield number, ask_for(process, {**texts, "owner": ORDINARY["owner"]}, number, folder)


def test_process_in_a_pod_sees_hostile_texts_as_they_were_meant(
    place: Place, tmp_path: Path, extent: Callable[[int, int], int]
) -> None:
    """Or the request is refused; 300 sets reach a pod as a whole, and of all sets a part, but not most, are refused."""
    wanted, draws, seen = extent(*IN_PODS), 0, 0
    process = ControlPlaneProcess(tmp_path / "own", place.cluster.plane.kubeconfig, NAMESPACE)
    with process.running():
        every = asked(process, tmp_path)
        while seen < wanted:
            batch: list[Accepted] = []
            for number, each in every:
                draws = number + 1
                batch += [] if each is None else [each]
                if len(batch) == min(AT_ONCE, wanted - seen):
                    break
            for each in batch:
                wait_until(f"the pod of {each.texts} runs", each.file.exists, seconds=SECONDS, every=0.2)
                each.require_meant(place)
                process.ask("DELETE", f"{ENDPOINTS}/{each.endpoint_id}", headers=each.owner)
            seen += len(batch)
    refused = draws - seen
    assert draws / 10 < refused < draws * 9 / 10

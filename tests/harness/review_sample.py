"""A review small enough to read, for the tests of what is made from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_nested.review.model import Review, ScenarioRecord


def sample_review() -> Review:
    """Two scenarios that share a service template, two argument sets of which one is not for the GPU key."""
    return {
        "format": 1,
        "chart": {"name": "greeter", "version": "1.2.3"},
        "engine": "in-process",
        "release": {"name": "hello", "namespace": "greetings", "kubeVersion": "1.33.0"},
        "scenarios": [
            _scenario("default", "Nothing set.", [], "replicas: 1\n", cpu="cpu-fixed"),
            _scenario("scaled", "Many greeters.", ["values/scaled.yaml"], "replicas: 3\n", cpu="cpu-scaled"),
        ],
        "texts": {
            "object": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: greetings\n",
            "notes": "Say hello.\n",
        },
        "templates": {
            "cpu-fixed": ["name: ", {"placeholder": "NAME"}, "\nreplicas: 1\n"],
            "cpu-scaled": ["name: ", {"placeholder": "NAME"}, "\nreplicas: 3\n"],
            "gpu": ["name: ", {"placeholder": "NAME"}, "\ngpus: 1\n"],
        },
        "argumentSets": [
            {"name": "short", "description": "A short name.", "skip": ["*-gpu.yaml"], "encoded": {"NAME": "ada"}},
            {"name": "numeric", "description": "Looks like a number.", "skip": [], "encoded": {"NAME": '"1234"'}},
        ],
        "placeholders": {
            "NAME": {"description": "Who is greeted.", "position": "scalar", "supplier": "the caller", "unit": None},
        },
    }


def _scenario(name: str, title: str, files: list[str], values: str, *, cpu: str) -> ScenarioRecord:
    owner = "ConfigMap/greetings"
    return {
        "name": name,
        "title": title,
        "files": files,
        "values": values,
        "manifests": [
            {"source": "templates/greetings.yaml", "kind": "ConfigMap", "name": "greetings", "text": "object"},
        ],
        "notes": "notes",
        "serviceTemplates": [
            {"owner": owner, "key": "greeter-cpu.yaml", "template": cpu},
            {"owner": owner, "key": "greeter-gpu.yaml", "template": "gpu"},
        ],
    }

"""What a node's drain may take of an endpoint: the workers that are known to be idle, and no others.

A PodDisruptionBudget knows numbers and labels, and an eviction names a pod. A number cannot tell which of the pods may
go: with as many to be kept as are busy, a busy one may go while an idle one stays. So idle pods bear a label, and the
budget covers all pods without it, of which none may be evicted. It never changes, so no eviction meets an older number,
and a pod that has just begun is kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from temporal_endpoints.planning.documents import Document, rank
from temporal_endpoints.records.model import ObjectKey

# On pods whose workers are known to be idle; `reconciling.marks` writes it.
IDLE = "temporal.scaleml.io/idle"
_BUDGET = "PodDisruptionBudget"
_POLICY = "unhealthyPodEvictionPolicy"


def held(documents: Mapping[ObjectKey, Document], *, hold: bool) -> dict[ObjectKey, Document]:
    """With `hold` the documents with one budget, which keeps every worker that is not known to be idle; else unchanged.

    It takes the place of those that the templates lead to: Kubernetes evicts no pod that two budgets cover.
    """
    found = {key: document for key, document in documents.items() if key.kind != _BUDGET}
    deployment = next((document for key, document in documents.items() if key.kind == "Deployment"), None)
    if deployment is None or not hold:
        return dict(documents)
    before = next((document for key, document in documents.items() if key.kind == _BUDGET), None)
    selector = deployment["spec"]["selector"]
    is_not_idle = {"key": IDLE, "operator": "DoesNotExist"}
    policy = ((before or {}).get("spec") or {}).get(_POLICY)
    budget: Document = {
        "apiVersion": "policy/v1",
        "kind": _BUDGET,
        "metadata": {name: deployment["metadata"][name] for name in ("name", "namespace", "labels")},
        "spec": {
            "maxUnavailable": 0,
            "selector": {**selector, "matchExpressions": [*(selector.get("matchExpressions") or ()), is_not_idle]},
            **({} if policy is None else {_POLICY: policy}),
        },
    }
    found[ObjectKey.of(budget)] = budget
    return {key: found[key] for key in sorted(found, key=rank)}

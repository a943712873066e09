"""The chart's ConfigMap is found by what it holds, among thousands of others."""

from __future__ import annotations

from temporal_endpoints.kubernetes.templates import Templates
from temporal_endpoints.planning.documents import LABEL

from .api_server import ApiServer, client, serving
from .recorded import NAMESPACE
from .snapshots import FIXED


def test_config_maps_of_endpoints_are_not_read() -> None:
    """Whatever is in them: none of them is the chart's, and every endpoint has some."""
    api = ApiServer()
    for name, labels in (("chart", {}), ("endpoint", {LABEL: "end_1"})):
        metadata = {"name": f"{name}-service-template-config", "namespace": NAMESPACE, "labels": labels}
        api.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": FIXED}, "helm")
    with serving(api) as address:
        kubernetes = client(address)
        assert Templates(kubernetes, NAMESPACE).texts() == FIXED
        kubernetes.close()

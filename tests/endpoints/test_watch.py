"""A watch tells each change by one line, whatever is in the object."""

from __future__ import annotations

import pytest

from .api_server import ApiServer, client, serving
from .recorded import NAMESPACE

# What Python, and not JSON, takes for the end of a line; the server writes the first one as it is, and escapes others.
ENDS_OF_LINES = ("\x85", "\x1c", "\u2028", "\u2029")


@pytest.mark.parametrize("text", [*ENDS_OF_LINES, "\n", "字幕", "x" * 200_000], ids=lambda text: ascii(text[:9]))
def test_line_ends_where_the_server_ends_it(text: str) -> None:
    """A text with another end of a line cut it in two, so the watch ended, and its change was not told."""
    api = ApiServer()
    with serving(api) as address:
        kubernetes = client(address)
        metadata = {"name": "one", "namespace": NAMESPACE}
        with api.changed:
            api.cluster.apply(
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"text": text}}, "helm"
            )
        events = kubernetes.watch("v1", "ConfigMap", NAMESPACE, "", "0")
        kind, live = next(events)
        assert (kind, live["data"]) == ("ADDED", {"text": text})
        kubernetes.close()

"""Promise 6: with a client certificate or an API key KEDA says what is wrong, and scales as soon as it is right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from local_cluster.api import Reference
from local_cluster.certificates import Authority, Pair
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract, Endpoint
from local_cluster.errors import ClusterError
from local_cluster.load import Load
from local_cluster.processes import wait_until
from local_cluster.tls_front import TlsFront

from .endpoints import QUICK_KEDA, Site
from .mounts import needs_mounts

CERTIFICATE, API_KEY = "temporal-client-certificate", "temporal-api-key"
# All that KEDA says where a server that wants TLS, or a certificate that it trusts, does not get that.
EOF = "error reading server preface: EOF"
SECONDS = 90
KEDA = {"scaling": "keda", "terminationGracePeriodSeconds": 30, "keda": {**QUICK_KEDA, "minConnectTimeout": 2}}


@pytest.fixture
def server(cluster: Cluster) -> Pair:
    """The certificate of the Temporal frontend."""
    return cluster.plane.authority.issue("temporal-frontend", hosts=("localhost", "127.0.0.1"))


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """An authority that nobody trusts."""
    return Authority(tmp_path / "stranger", "stranger")


def write_secret(endpoint: Endpoint, name: str, content: Mapping[str, str]) -> None:
    """Make the Secret, or make it hold this and no more."""
    where = Reference("v1", "Secret", endpoint.namespace, name)
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": endpoint.namespace}}
    endpoint.api.apply({**document, "stringData": dict(content)}, manager="whoever-runs-the-cluster", force=True)
    # A field that is written through stringData stays in data when stringData no longer names it.
    held = endpoint.api.get(where).get("data") or {}
    gone = dict.fromkeys(held.keys() - content.keys())
    if gone:
        endpoint.api.patch(where, {"data": gone})


def why_not(endpoint: Endpoint, words: str) -> bool:
    """Whether KEDA says that it cannot scale the endpoint, in these words."""
    status, message = endpoint.condition("Ready")
    return status == "False" and words in message


def wait_until_told(endpoint: Endpoint, words: str, front: TlsFront | None = None) -> None:
    """Wait until KEDA says so, and if a front is given until that has refused it again."""
    # The first connection from now on may have been meant before.
    enough = front.refused + 2 if front else 0
    try:
        wait_until(
            f"KEDA says {words!r} of {endpoint.name}",
            lambda: (front is None or front.refused >= enough) and why_not(endpoint, words),
            seconds=SECONDS,
            every=0.3,
        )
    except ClusterError as error:
        raise AssertionError(f"{error} KEDA says {endpoint.condition('Ready')}.") from error


def wait_until_ready(endpoint: Endpoint) -> None:
    """Wait until KEDA scales it."""
    wait_until("it is ready", lambda: endpoint.condition("Ready")[0] == "True", seconds=SECONDS, every=0.3)


@needs_mounts
def test_a_client_certificate_opens_the_way_as_soon_as_it_is_right(
    cluster: Cluster, contract: Contract, load: Load, server: Pair, stranger: Authority, tmp_path: Path
) -> None:
    """Without the Secret, without a key of it, by a stranger: not ready, and why; once it is right KEDA scales."""
    authority = cluster.plane.authority
    right, wrong = authority.issue("worker"), stranger.issue("worker")

    def content(pair: Pair) -> dict[str, str]:
        return {
            "tls.crt": pair.certificate.read_text(),
            "tls.key": pair.key.read_text(),
            "ca.crt": authority.certificate.read_text(),
        }

    with TlsFront(cluster.temporal.port, server, authority.certificate) as front:
        connection = {"address": f"localhost:{front.port}", "tls": {"secretName": CERTIFICATE, "ca": True}}
        site = Site(cluster, contract, "certificate", tmp_path, {**KEDA, "connection": connection})
        endpoint = site.endpoint(least=0, most=2, per_worker=2, slots=2)
        endpoint.apply()
        wait_until_told(endpoint, EOF, front)
        write_secret(endpoint, CERTIFICATE, {key: text for key, text in content(right).items() if key != "tls.key"})
        wait_until_told(endpoint, "both cert and key must be provided")
        write_secret(endpoint, CERTIFICATE, content(wrong))
        wait_until_told(endpoint, EOF, front)
        assert front.accepted == 0
        write_secret(endpoint, CERTIFICATE, content(right))
        wait_until_ready(endpoint)
        by_keda = front.accepted
        handles = load.start("certificate", site.queue, 4, 2, 4)
        load.attempts(handles)
        assert site.ran_once() == 4
        assert front.accepted > by_keda
        endpoint.delete()


def test_an_api_key_opens_the_way_as_soon_as_it_is_right(
    cluster: Cluster, contract: Contract, load: Load, server: Pair, stranger: Authority, tmp_path: Path
) -> None:
    """Without the Secret, without its key, with a server that a stranger vouches for: not ready, and why."""
    untrusted = stranger.issue("temporal-frontend", hosts=("localhost", "127.0.0.1"))
    with TlsFront(cluster.temporal.port, untrusted) as front:
        port = front.port
        connection = {"address": f"localhost:{port}", "apiKey": {"secretName": API_KEY}}
        site = Site(cluster, contract, "api-key", tmp_path, {**KEDA, "connection": connection})
        endpoint = site.endpoint(least=0, most=2, per_worker=2, slots=2)
        arguments = endpoint.arguments.arguments
        # Workers take the authorities of the system too, as KEDA's operator does here.
        trusted = {"name": "SSL_CERT_FILE", "value": str(cluster.plane.authority.certificate)}
        env = [*arguments["MAIN_ENV"], trusted]
        endpoint.arguments = contract.arguments("scale-from-zero", {**arguments, "MAIN_ENV": env})
        endpoint.apply()
        wait_until_told(endpoint, f'Secret "{API_KEY}" not found')
        write_secret(endpoint, API_KEY, {"ANOTHER_KEY": "x"})
        wait_until_told(endpoint, EOF, front)
        write_secret(endpoint, API_KEY, {"TEMPORAL_API_KEY": "nobody's"})
        wait_until_told(endpoint, "certificate signed by unknown authority", front)
        assert front.accepted == 0
    with TlsFront(cluster.temporal.port, server, port=port) as front:
        wait_until_ready(endpoint)
        by_keda = front.accepted
        handles = load.start("api-key", site.queue, 4, 2, 4)
        load.attempts(handles)
        assert site.ran_once() == 4
        assert front.accepted > by_keda
        endpoint.delete()

"""The control plane as one process: the API and the reconciler over one database."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temporal_endpoints import __version__
from temporal_endpoints.api.application import create_application
from temporal_endpoints.api.authentication import Authenticator, Keys
from temporal_endpoints.api.scaler_token import ScalerToken
from temporal_endpoints.api.service import Service
from temporal_endpoints.errors import SettingsError
from temporal_endpoints.garbage import collect_seldom
from temporal_endpoints.http_server import http_server
from temporal_endpoints.json_log import log_as_json
from temporal_endpoints.kubernetes.client import REQUEST_SECONDS, Kubernetes
from temporal_endpoints.kubernetes.configuration import configured
from temporal_endpoints.kubernetes.templates import Templates
from temporal_endpoints.kubernetes.token_review import reviewing
from temporal_endpoints.listening import address, listening_at
from temporal_endpoints.loopback import is_loopback
from temporal_endpoints.metrics import Metrics
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.observing.observer import LOOK_SECONDS, LOOKS_THAT_HOLD, Observer
from temporal_endpoints.planning.documents import contract
from temporal_endpoints.planning.filled import Filled
from temporal_endpoints.reconciling.lease import LEASE_SECONDS, Lease
from temporal_endpoints.reconciling.reconciler import Pace, Reconciler
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.settings import Setting, user_folder
from temporal_endpoints.specification import Surroundings
from temporal_endpoints.termination import unwind_when_terminated

if TYPE_CHECKING:
    from temporal_endpoints.observing.temporal import Temporal

_LOG = logging.getLogger(__name__)

# The settings that templates are filled with, and the contract's names for them.
_ARGUMENTS = {
    "git-tag": "GIT_TAG",
    "temporal-address": "TEMPORAL_ADDRESS",
    "temporal-namespace": "TEMPORAL_NAMESPACE",
    "aws-profile": "AWS_ROLE",
    "infra-config-path": "INFRA_SERVICE_CONFIG_VOLUME_MOUNT_PATH",
    "default-priority": "PRIORITY",
    "high-priority": "PRIORITY",
}

DATABASE = (Setting("database", "URL of the database; by default a SQLite file in the user's own folder"),)
SETTINGS = (
    *DATABASE,
    Setting("host", "address to listen on", "127.0.0.1"),
    Setting("port", "port to listen on", 8080, bounds=(1, 65535)),
    Setting("kubeconfig", "the kubeconfig; by default $KUBECONFIG, ~/.kube/config, or the pod's service account"),
    Setting("context", "the kubeconfig's context; by default its current one"),
    Setting("namespace", "where endpoints are put; by default the context's namespace"),
    Setting("templates", "the chart's ConfigMap as namespace/name or name; by default the only one in the namespace"),
    Setting("keys", "API keys: a YAML file of owners and keys, or a mounted Secret with a file for each owner"),
    Setting("token-review", "let Kubernetes tell whose a Bearer token is", False),
    Setting("git-tag", "the version that is noted on endpoints", f"v{__version__}"),
    Setting("temporal-address", "Temporal's frontend as host:port, to see what workers run; else $TEMPORAL_ADDRESS"),
    Setting("temporal-namespace", "Temporal's namespace, for templates that ask for it; else $TEMPORAL_NAMESPACE"),
    Setting(
        "observe", "seconds between two looks at what workers run; 0 to look never", LOOK_SECONDS, bounds=(0, 3600)
    ),
    Setting("hold-nodes", "ask what takes nodes away to leave those with busy workers alone", False),
    Setting("hold-drains", "let evictions, as a node's drain makes them, take idle workers alone", False),
    Setting("scaler-token", "file of the tokens, one a line, by which KEDA asks how many workers are wanted"),
    Setting("aws-profile", "the AWS profile of workers"),
    Setting("infra-config-path", "where the infrastructure's configuration is mounted", "/infra-config"),
    Setting("default-priority", "PriorityClass of endpoints", "model-engine-default-priority"),
    Setting("high-priority", "PriorityClass of endpoints with high_priority", "model-engine-high-priority"),
    Setting(
        "lease",
        "seconds after which another process takes over from one that died",
        LEASE_SECONDS,
        bounds=(int(REQUEST_SECONDS) + 1, 3600),
    ),
    Setting("workers", "how many endpoints are looked at at once", 4, bounds=(1, 256)),
    Setting("migrate", "bring the tables to this version at the start", True),
    Setting("log-level", "what is logged", "info", ("debug", "info", "warning", "error")),
)


def open_database(settings: Mapping[str, Any]) -> Database:
    """The database that the settings name.

    Raises:
        RecordsError: the URL is none.
        SettingsError: the folder of the default file cannot be made.
    """
    url = settings["database"]
    if url is None:
        state = user_folder("XDG_STATE_HOME", ".local/state")
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"{state} cannot be made: {error.strerror}. Name a database with --database."
            ) from error
        url = f"sqlite:///{state / 'records.db'}"
    return Database(str(url))


def serve(settings: Mapping[str, Any]) -> None:
    """Serve until a signal ends it.

    Raises:
        TemporalEndpointsError: something that it needs is missing; the text says what.
    """
    log_as_json(settings["log-level"])
    _require_arguments(settings)
    kubernetes = _kubernetes(settings)
    authenticator = _authenticator(settings, kubernetes)
    namespace = settings["namespace"] or kubernetes.namespace
    _require("--namespace", "NAMESPACE", namespace)
    templates = _templates(settings, kubernetes, namespace)
    with listening_at(settings["host"], settings["port"]) as listening:
        database = open_database(settings)
        if settings["migrate"]:
            database.migrate()
        database.require_current()
        progress, metrics, filled = Progress(database), Metrics(), Filled()
        temporal = _temporal(settings)
        observations = Observations(LOOKS_THAT_HOLD * float(settings["observe"]) if temporal else None)
        holds = _holding(settings, temporal, observations)
        holder = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        reconciler = Reconciler(
            kubernetes,
            progress,
            Lease(progress, holder, float(settings["lease"])),
            namespace,
            templates.texts,
            pace=Pace(workers=settings["workers"]),
            observations=observations,
            holds=holds,
            passed=metrics.passed,
            filled=filled,
        )
        metrics.follow(progress, reconciler)
        service = Service(
            database,
            namespace,
            _surroundings(settings),
            templates.texts,
            reconciler.changed,
            observations.of,
            holds,
            has_versions=temporal is not None,
            filled=filled,
        )
        application = create_application(
            service,
            authenticator,
            ready=lambda: _require_ready(database, templates),
            registry=metrics.registry,
            scaler_token=ScalerToken(Path(settings["scaler-token"]) if settings["scaler-token"] else None),
        )
        host, port = settings["host"], settings["port"]
        server = http_server(application, host, port)
        try:
            templates.require()
        except SettingsError as error:
            _LOG.error("not ready, as no endpoint can be made: %s", error)
        _LOG.info("serving on http://%s, endpoints in the namespace %s", address(host, port), namespace)
        collect_seldom()
        unwind_when_terminated()
        reconciler.start()
        try:
            with _observing(settings, temporal, progress, reconciler, observations):
                server.run(sockets=[listening])
        finally:
            reconciler.stop()
            kubernetes.close()
            database.close()


def _require_ready(database: Database, templates: Templates) -> None:
    """Raise while requests cannot be served."""
    database.require_current()
    templates.require()


def _require_arguments(settings: Mapping[str, Any]) -> None:
    """What becomes an argument of templates is refused at the start, not when the first endpoint is asked for."""
    for name, argument in _ARGUMENTS.items():
        if settings[name] is not None:
            _require(f"--{name}", argument, settings[name])


def _require(flag: str, argument: str, value: str) -> None:
    faults = contract().faults_of(argument, value)
    if faults:
        raise SettingsError(f"{flag} is not usable as {faults[0]}. Correct it.")


def _kubernetes(settings: Mapping[str, Any]) -> Kubernetes:
    kubeconfig = settings["kubeconfig"]
    return configured(Path(kubeconfig) if kubeconfig else None, settings["context"])


def _authenticator(settings: Mapping[str, Any], kubernetes: Kubernetes) -> Authenticator:
    keys = Keys(Path(settings["keys"])) if settings["keys"] else None
    review = reviewing(kubernetes) if settings["token-review"] else None
    if keys is None and review is None and not is_loopback(settings["host"]):
        raise SettingsError(
            f"{settings['host']} can be reached by others, and nobody would be asked who they are. "
            "Give --keys or --token-review, or listen on 127.0.0.1."
        )
    return Authenticator(keys, review)


def _temporal(settings: Mapping[str, Any]) -> Temporal | None:
    """The Temporal server, if there is one to look at."""
    if settings["observe"] == 0:
        return None
    # Other commands do without Temporal's library, which takes its time to load.
    from temporal_endpoints.observing.temporal import Temporal

    return Temporal.configured(settings["temporal-address"])


def _holding(
    settings: Mapping[str, Any], temporal: Temporal | None, observations: Observations
) -> Callable[[str], bool]:
    """Whether drains are to leave an endpoint's busy workers alone: not where workers never tell what they run."""
    if not settings["hold-drains"]:
        return lambda _endpoint_id: False
    if temporal is None:
        raise SettingsError(
            "--hold-drains needs to see what workers run, or no drain could ever take one. Give --temporal-address, "
            "and let --observe not be 0."
        )

    return observations.may_tell


@contextmanager
def _observing(
    settings: Mapping[str, Any],
    temporal: Temporal | None,
    progress: Progress,
    reconciler: Reconciler,
    observations: Observations,
) -> Iterator[None]:
    """Look at what workers run until the end of the block, if there is a Temporal server."""
    if temporal is None:
        _LOG.info("nobody looks at what workers run: there is no --temporal-address")
        yield
        return
    namespace, every = settings["temporal-namespace"] or temporal.namespace, float(settings["observe"])
    observer = Observer(
        temporal,
        namespace,
        progress.queues,
        reconciler.live,
        observations,
        changed=reconciler.seen,
        marks=reconciler.marks(on_nodes=settings["hold-nodes"], for_drains=settings["hold-drains"]),
        routing=reconciler.routing(temporal),
        departing=reconciler.departing(temporal, namespace, every),
        every=every,
    )
    observer.start()
    try:
        yield
    finally:
        observer.stop()
        temporal.close()


def _templates(settings: Mapping[str, Any], kubernetes: Kubernetes, namespace: str) -> Templates:
    named = settings["templates"]
    if named is None:
        return Templates(kubernetes, namespace)
    place, _, name = str(named).rpartition("/")
    return Templates(kubernetes, place or namespace, name)


def _surroundings(settings: Mapping[str, Any]) -> Surroundings:
    return Surroundings(
        git_tag=settings["git-tag"],
        aws_profile=settings["aws-profile"],
        infra_config_path=settings["infra-config-path"],
        temporal_address=settings["temporal-address"],
        temporal_namespace=settings["temporal-namespace"],
        default_priority=settings["default-priority"],
        high_priority=settings["high-priority"],
    )

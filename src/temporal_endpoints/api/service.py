"""What the API does: a request that is possible becomes a record, whose documents have been tried before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from temporal_endpoints.api.changes import FIELDS, restarted, revised, rolled_back, updated
from temporal_endpoints.api.labels import require_labels
from temporal_endpoints.api.requests import Asked, BundleRequest, CreateRequest, UpdateRequest
from temporal_endpoints.api.resources import require_possible
from temporal_endpoints.api.versions import require_possible_versions
from temporal_endpoints.errors import NotObservedError, NotRecordedError, RefusedError
from temporal_endpoints.observing.protection import Observation
from temporal_endpoints.planning.documents import Document, documents_of
from temporal_endpoints.planning.drains import held
from temporal_endpoints.planning.filled import Filled
from temporal_endpoints.records.bundles import Bundles, TemplateSets, new_bundle
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Change, Endpoints, User, absent, new_endpoint
from temporal_endpoints.records.model import Bundle, Endpoint, ObjectKey, Revision
from temporal_endpoints.specification import Specification, Surroundings

# Tells the texts of the chart's ConfigMap as they are now.
CurrentTexts = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Service:
    """The API without HTTP.

    Attributes:
        namespace: where new endpoints are put.
        texts: the templates as they are now.
        changed: is called when there is something to do for an endpoint.
        observed: what was seen of an endpoint's workers and its queue, if that is known.
        holds: whether drains of nodes are to leave an endpoint's busy workers alone.
        has_versions: whether this control plane sees Temporal, so that endpoints may have versions.
        filled: keeps the documents of a new endpoint for who makes them in the cluster.
    """

    database: Database
    namespace: str
    surroundings: Surroundings
    texts: CurrentTexts
    changed: Callable[[str], None] = lambda _endpoint_id: None
    observed: Callable[[str], Observation | None] = lambda _endpoint_id: None
    holds: Callable[[str], bool] = lambda _endpoint_id: False
    has_versions: bool = False
    filled: Filled = field(default_factory=Filled)

    @property
    def endpoints(self) -> Endpoints:
        """The recorded endpoints."""
        return Endpoints(self.database)

    @property
    def bundles(self) -> Bundles:
        """The recorded bundles."""
        return Bundles(self.database)

    @cached_property
    def template_sets(self) -> TemplateSets:
        """The recorded sets of templates."""
        return TemplateSets(self.database)

    def create(self, user: User, request: CreateRequest) -> Endpoint:
        """Record a new endpoint.

        Raises:
            RefusedError: what is asked for is not possible.
            NotRecordedError: there is no such bundle.
            AlreadyRecordedError: the name is in use.
        """
        _require_recorded_bundle(request)
        draft, texts = self._draft(user, request)
        documents = self.filled.documents_of(draft, texts)
        revision = replace(draft.revision, template_set=self.template_sets.record(texts))
        self.endpoints.create(replace(draft, revision=revision), documents)
        return self._told(draft)

    def try_create(self, user: User, request: CreateRequest) -> Sequence[Document]:
        """The documents of such an endpoint; nothing is recorded.

        Raises:
            RefusedError: what is asked for is not possible.
            NotRecordedError: there is no such bundle.
            AlreadyRecordedError: the name is in use.
        """
        draft, texts = self._draft(user, request)
        self.endpoints.require_free(user.owner, request.name)
        return self._applied(draft.id, documents_of(draft, texts))

    def update(self, user: User, endpoint_id: str, request: UpdateRequest) -> Endpoint:
        """Record what is changed; what is left out stays, and so do the templates.

        Raises:
            RefusedError: what would be asked for is not possible.
            NotRecordedError: there is no such endpoint or bundle.
        """
        _require_recorded_bundle(request)
        bundle = self._named_bundle(user, request)
        return self._told(
            self.endpoints.revise(user, endpoint_id, lambda before, texts: updated(before, texts, request, bundle)[1])
        )

    def try_update(self, user: User, endpoint_id: str, request: UpdateRequest) -> Sequence[Document]:
        """The documents after such an update; nothing is recorded.

        Raises:
            RefusedError: what would be asked for is not possible.
            NotRecordedError: there is no such endpoint or bundle.
        """
        before = self._living(user, endpoint_id)
        texts = self.template_sets.texts(before.revision.template_set) or {}
        return self._applied(endpoint_id, updated(before, texts, request, self._named_bundle(user, request))[0])

    def restart(self, user: User, endpoint_id: str) -> Endpoint:
        """Record a restart: the workers are replaced, from the templates as they are now.

        Raises:
            RefusedError: the templates have become ones that this endpoint cannot be filled into.
            NotRecordedError: there is no such endpoint.
        """
        self._living(user, endpoint_id)
        texts = self.texts()
        # Recorded before the endpoint is locked: SQLite has one writer at a time.
        digest = self.template_sets.record(texts)

        def change(before: Endpoint, _texts: Mapping[str, str]) -> Change:
            _, asked = restarted(before, texts, self.surroundings)
            return Change(asked, before.bundle.id, digest, "restart")

        return self._told(self.endpoints.revise(user, endpoint_id, change))

    def try_restart(self, user: User, endpoint_id: str) -> Sequence[Document]:
        """The documents after a restart now; nothing is recorded.

        Raises:
            RefusedError: the templates have become ones that this endpoint cannot be filled into.
            NotRecordedError: there is no such endpoint.
        """
        return self._applied(
            endpoint_id, restarted(self._living(user, endpoint_id), self.texts(), self.surroundings)[0]
        )

    def roll_back(self, user: User, endpoint_id: str, generation: int | None) -> Endpoint:
        """Record an older generation again, with its templates and bundle; if none is named, the one before the newest.

        Raises:
            RefusedError: there is no such generation, or it cannot be filled into its templates any more.
            NotRecordedError: there is no such endpoint.
        """
        living = self._living(user, endpoint_id)
        older = self._older(user, living, generation)
        # The contract may have become stricter since that generation was asked for.
        self._again(user, living, older)
        return self._told(self.endpoints.revise(user, endpoint_id, lambda before, _texts: rolled_back(before, older)))

    def try_roll_back(self, user: User, endpoint_id: str, generation: int | None) -> Sequence[Document]:
        """The documents after such a rollback; nothing is recorded.

        Raises:
            RefusedError: there is no such generation, or it cannot be filled into its templates any more.
            NotRecordedError: there is no such endpoint.
        """
        living = self._living(user, endpoint_id)
        return self._applied(endpoint_id, self._again(user, living, self._older(user, living, generation)))

    def delete(self, user: User, endpoint_id: str) -> Endpoint:
        """Record that the endpoint is to go.

        Raises:
            NotRecordedError: there is no such endpoint.
        """
        return self._told(self.endpoints.delete(user, endpoint_id))

    def observation(self, endpoint_id: str, build: str | None = None) -> Observation:
        """What was seen of an endpoint, or of one of its builds, whoever owns it.

        Raises:
            NotRecordedError: there is no such endpoint.
            NotObservedError: nothing is known of it now.
        """
        seen = self.observed(endpoint_id)
        if seen is not None and build is not None:
            seen = seen.of_build(build)
        if seen is not None:
            return seen
        self.endpoints.require(endpoint_id)
        raise NotObservedError(f"It is not known what runs for {endpoint_id}. Keep what is there, and try again.")

    def create_bundle(self, user: User, request: BundleRequest) -> Bundle:
        """Record a bundle."""
        return self.bundles.create(_bundle_of(user, request))

    def _draft(self, user: User, request: CreateRequest) -> tuple[Endpoint, Mapping[str, str]]:
        """The endpoint as it would be recorded, and the templates it would have."""
        require_labels(request.labels)
        bundle = _tried_bundle(user, request) or self.bundles.get(user.owner, request.model_bundle_id)
        given = request.model_dump()
        asked = Specification(
            **{name: given[name] for name in FIELDS if given[name] is not None or _is_needed(name)},
            labels=request.labels,
            surroundings=self.surroundings,
        )
        require_possible(asked)
        require_possible_versions(asked, bundle, has_versions=self.has_versions)
        change = Change(asked, bundle.id, "", "create")
        return new_endpoint(user, request.name, self.namespace, change, bundle), self.texts()

    def _older(self, user: User, endpoint: Endpoint, generation: int | None) -> Revision:
        """The generation that is asked for again."""
        newest = endpoint.generation
        wanted = newest - 1 if generation is None else generation
        revision = self.endpoints.revision(user.owner, endpoint.id, wanted)
        if generation is None and newest == 1:
            raise RefusedError("The endpoint is of its first generation, so there is no older one. Update it instead.")
        if revision is None:
            raise RefusedError(f"The endpoint has no generation {wanted}. Known: 1 to {newest}.")
        return revision

    def _again(self, user: User, before: Endpoint, older: Revision) -> Mapping[ObjectKey, Document]:
        """The documents of an older generation that is asked for again."""
        change = rolled_back(before, older)
        texts = self.template_sets.texts(change.template_set) or {}
        bundle = self.bundles.get(user.owner, change.bundle_id)
        return documents_of(revised(before, change.specification, bundle, change.cause), texts)

    def _applied(self, endpoint_id: str, documents: Mapping[ObjectKey, Document]) -> Sequence[Document]:
        return list(held(documents, hold=self.holds(endpoint_id)).values())

    def _named_bundle(self, user: User, request: UpdateRequest) -> Bundle | None:
        if request.model_bundle is not None or request.model_bundle_id is None:
            return _tried_bundle(user, request)
        return self.bundles.get(user.owner, request.model_bundle_id)

    def _living(self, user: User, endpoint_id: str) -> Endpoint:
        found = self.endpoints.get(user.owner, endpoint_id)
        if found.deleted_at is not None:
            raise NotRecordedError(absent(endpoint_id))
        return found

    def _told(self, endpoint: Endpoint) -> Endpoint:
        self.changed(endpoint.id)
        return endpoint


def _require_recorded_bundle(request: Asked) -> None:
    """Refuse a bundle that no record has: what runs can be made again from the records alone."""
    if request.model_bundle is not None:
        raise RefusedError("model_bundle is for dry_run alone. Record it with POST /v2/model-bundles, and name its id.")


def _tried_bundle(user: User, request: Asked) -> Bundle | None:
    """The bundle as it would be recorded, if the request brings one."""
    return None if request.model_bundle is None else _bundle_of(user, request.model_bundle)


def _bundle_of(user: User, request: BundleRequest) -> Bundle:
    return new_bundle(
        user,
        request.name,
        schema_location=request.schema_location,
        metadata=request.metadata or {},
        flavor=request.flavor.model_dump(mode="json"),
    )


def _is_needed(name: str) -> bool:
    return Specification.model_fields[name].is_required()

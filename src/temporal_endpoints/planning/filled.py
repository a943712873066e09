"""Documents that were filled before: reading JSON takes a twentieth of what reading YAML templates takes."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from temporal_endpoints.planning.documents import Document, documents_of
from temporal_endpoints.records.model import Endpoint, ObjectKey

# Of an endpoint with six objects some 6,000 to 8,000 characters are kept, so 2,000 or more of these. Kubernetes' own
# controllers come back to a thousand endpoints minutes after they were made, and many were filled a second time.
_MOST_CHARACTERS = 16_000_000


class Filled:
    """The documents of generations, which never change; those asked for last are kept. For several threads."""

    def __init__(self, most_characters: int = _MOST_CHARACTERS) -> None:
        self._most = most_characters
        self._lock = Lock()
        self._known: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._characters = 0

    def documents_of(self, endpoint: Endpoint, texts: Mapping[str, str]) -> dict[ObjectKey, Document]:
        """What `planning.documents.documents_of` says; the texts are those of the endpoint's generation.

        Raises:
            RefusedError, ContractError, FillError, DocumentError: as there.
        """
        generation = (endpoint.id, endpoint.revision.generation)
        with self._lock:
            known = self._known.get(generation)
            if known is not None:
                self._known.move_to_end(generation)
        if known is not None:
            return {ObjectKey.of(document): document for document in json.loads(known)}
        found = documents_of(endpoint, texts)
        text = json.dumps(list(found.values()), separators=(",", ":"))
        # A key that is no text would be another one: YAML has such keys.
        if json.loads(text) == list(found.values()):
            self._keep(generation, text)
        return found

    def _keep(self, generation: tuple[str, int], text: str) -> None:
        with self._lock:
            self._characters += len(text) - len(self._known.pop(generation, ""))
            self._known[generation] = text
            while self._characters > self._most:
                self._characters -= len(self._known.popitem(last=False)[1])

"""The chart's templates as they were last seen, and what is said of an endpoint that was made from others.

A generation keeps the templates that it was made from: whatever becomes of the chart's, its workers go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from temporal_endpoints.errors import RefusedError
from temporal_endpoints.planning.documents import require_keys
from temporal_endpoints.records.bundles import digest_of_texts
from temporal_endpoints.records.model import Condition, Endpoint

TEMPLATES = "TemplatesCurrent"
_OUTDATED = "The chart's templates have changed since this generation; a restart takes the new ones."
_MISSING = "Workers go on as they are, and a restart would be refused."


@dataclass(frozen=True)
class Chart:
    """What was last read.

    Attributes:
        texts: the templates by key.
        problem: why there are none, and what to do.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @cached_property
    def digest(self) -> str:
        """The same for equal templates."""
        return digest_of_texts(self.texts)

    def condition(self, endpoint: Endpoint) -> Condition | None:
        """What is to be said of an endpoint; None if its templates are the chart's."""
        if self.problem:
            return Condition(TEMPLATES, "False", "TemplatesMissing", f"{_MISSING} {self.problem}")
        if self.digest == endpoint.revision.template_set:
            return None
        try:
            require_keys(endpoint, self.texts)
        except RefusedError as error:
            return Condition(TEMPLATES, "False", "TemplateMissing", f"{_MISSING} By now {error}")
        return Condition(TEMPLATES, "False", "TemplateOutdated", _OUTDATED)

"""One mutant: a template of the chart with one change."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

_DIGEST_BYTES = 12


@dataclass(frozen=True)
class Mutant:
    """A template with one change.

    Attributes:
        template: the template's path inside the chart, with slashes.
        line: the line that is changed, from 1.
        change: what is changed, in words: "line deleted", "condition false", `"a" -> "ax"`.
        source: the line as it is in the chart, without outer white space.
        text: the whole template after the change.
    """

    template: str
    line: int
    change: str
    source: str
    text: str

    @property
    def identity(self) -> str:
        """A name that stays the same as long as the template and the change do."""
        return blake2b(f"{self.template}\0{self.text}".encode(), digest_size=_DIGEST_BYTES).hexdigest()

    @property
    def where(self) -> str:
        """The template and the line, for people."""
        return f"{self.template}:{self.line}"

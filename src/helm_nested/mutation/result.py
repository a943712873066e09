"""What became of a mutant."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["property", "check", "does not render", "timeout"]
Status = Literal["killed", "survived", "invalid", "not judged"]


@dataclass(frozen=True)
class Killer:
    """Who noticed a mutant.

    Attributes:
        kind: a property or a check; or the mutant does not render everything it should, or does not end.
        name: the test's id, the check's name, or the kind again.
        promise: what is promised and broken: the test's docstring, the check's rule.
        message: what was said.
    """

    kind: Kind
    name: str
    promise: str
    message: str


@dataclass(frozen=True)
class Effect:
    """One place where a mutant renders something else than the chart: which input, which document, which lines.

    Attributes:
        input: the choices, scenario or refused input that shows it.
        place: the template's path, and the document and its path if it can be told.
        lines: removed lines with "-", added ones with "+" in front.
    """

    input: str
    place: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What became of one mutant.

    Attributes:
        status: "killed"; "survived"; "invalid", if Helm cannot even parse its templates; or "not judged", if the
            process that tried it died.
        killer: who noticed it, if it was killed.
        said: of an invalid one, what Helm says; of one not judged, how the process died.
        effects: of a survivor, what it changes; none if every document of the matrix is as before.
        seconds: how long it took.
        is_excused: whether it met nobody, as a reason says that it changes nothing, and it does not.
    """

    status: Status
    killer: Killer | None
    said: str
    effects: tuple[Effect, ...]
    seconds: float
    is_excused: bool = False

    def to_json(self) -> dict[str, Any]:
        """The result as JSON has it."""
        return asdict(self)

    @classmethod
    def of_json(cls, record: dict[str, Any]) -> Result:
        """The result that `to_json` wrote."""
        return cls(
            record["status"],
            Killer(**record["killer"]) if record["killer"] else None,
            record["said"],
            tuple(Effect(each["input"], each["place"], tuple(each["lines"])) for each in record["effects"]),
            record["seconds"],
            record.get("is_excused", False),
        )

"""What the pipeline itself says of a text, as a problem: what is wrong, apart from where it stands and what to do."""

from __future__ import annotations

import re

from helm_nested.checking.model import Problem

NOT_RENDERED = "cannot-be-rendered"
NOT_FILLED = "cannot-be-filled"
NOT_YAML = "not-yaml"
NO_DOCUMENT = "no-document"

RULES = {
    NOT_RENDERED: "Helm renders every allowed combination, and what it renders is YAML.",
    NOT_FILLED: "Every service template can be filled.",
    NOT_YAML: "A filled service template is YAML.",
    NO_DOCUMENT: "Every service template yields a document in some combination; otherwise nothing in it was checked.",
}

_WHERE = re.compile(r"(?:,? ?\(?)\bline (\d+)(?:, column \d+)?:? ?")
# A block that was left open is named with the line where it starts, which moves as well.
_OPENED = re.compile(r" \([^()]* that starts in line \d+\)|: first in line \d+")


def pipeline_problem(text: str) -> Problem:
    """The problem that an error's text tells: its line is the path, an excerpt and advice stand apart.

    Lines and columns move with the values, so they are no part of what the problem is.
    """
    first, _, rest = text.partition("\n")
    if first.endswith(":"):  # what Helm or the chart says stands below
        below, _, rest = rest.strip().partition("\n")
        first = f"{first} {below}"
    place = _WHERE.search(first)
    message = _OPENED.sub("", first)
    if place is not None:
        message = _WHERE.sub(_joint, message, count=1).replace(" )", ")").replace("  ", " ")
    return Problem(f"line {place[1]}" if place else "", message.strip(), advice=rest.strip())


def _joint(place: re.Match[str]) -> str:
    """What joins the words before a place and those behind it."""
    before = place.string[: place.start()]
    return ": " if before and not before.endswith(":") and place[0].rstrip().endswith(":") else " "

"""What the pipeline itself says of a text, as a problem: what is wrong, apart from where it stands and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from helm_nested.checking.model import Problem

NOT_RENDERED = "cannot-be-rendered"
NOT_FILLED = "cannot-be-filled"
NOT_YAML = "not-yaml"
NO_DOCUMENT = "no-document"
# Of a text of which one of these is said nothing else is known.
UNREAD = (NOT_RENDERED, NOT_FILLED, NOT_YAML)

RULES = {
    NOT_RENDERED: "Helm renders every allowed combination, and what it renders is YAML.",
    NOT_FILLED: "Every service template can be filled.",
    NOT_YAML: "A filled service template is YAML.",
    NO_DOCUMENT: "Every service template yields a document in some combination; otherwise nothing in it was checked.",
}

_WHERE = re.compile(r"(?:,? ?\(?)\bline (\d+)(?:, column \d+)?:? ?")
# A block that was left open is named with the line where it starts, which moves as well.
_OPENED = re.compile(r" \([^()]* that starts in line \d+\)|: first in line \d+")
# What a list of problems begins each of them with, and what is a list of YAML in a text instead.
_ITEM = "- "
_YAML = re.compile(r"""["'{\[]|[\w./-]+:(\s|$)\s*\S*$""")


def pipeline_problems(text: str) -> Iterator[Problem]:
    """The problems that an error's text tells, each that it lists alone: its line is the path, advice stands apart.

    Lines and columns move with the values, so they are no part of what the problem is.
    """
    head, told, advice = _parts(text)
    place = _WHERE.search(head)
    if place is not None:
        head = _WHERE.sub(_joint, head, count=1).replace(" )", ")").replace("  ", " ")
    for each in told:
        message = _OPENED.sub("", f"{head} {each}").strip()
        yield Problem(f"line {place[1]}" if place else "", message, advice=advice)


def _parts(text: str) -> tuple[str, list[str], str]:
    """What an error's text says first, each thing that it says below, and what to do."""
    head, _, rest = text.partition("\n")
    lines = rest.strip("\n").splitlines()
    if not head.endswith(":") or not lines:
        # Below stands the line that it is about, and what to do.
        about = f"The line is: {lines.pop(0).strip()}" if lines and lines[0].startswith(" ") else ""
        return head, [""], "\n".join(part for part in (about, *lines) if part)
    # What the chart says is written as it says it, and nothing follows; other texts have what follows at the margin.
    is_indented = lines[0].startswith(" ")
    end = next((number for number, line in enumerate(lines) if is_indented and line[:1].strip()), len(lines))
    below, advice = lines[:end], "\n".join(lines[end:]).strip()
    title = below.pop(0).strip() if len(below) > 1 and below[0].endswith(":") else ""
    items = _items(below)
    if not items:
        return head, ["\n".join(filter(None, (title, *below))).strip()], advice
    return f"{head} {title}".rstrip(), items, advice


def _items(lines: Sequence[str]) -> list[str]:
    """The entries of a list of sentences; nothing where it is another text, or a list in YAML."""
    margin = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    items: list[str] = []
    for line in lines:
        if line.startswith(" " * margin + _ITEM):
            items.append(line[margin + len(_ITEM) :])
        elif items and (not line.strip() or line.startswith(" " * (margin + 1))):
            items[-1] += f"\n{line}"
        else:
            return []
    return [] if any(_YAML.match(item) for item in items) else [item.strip() for item in items]


def _joint(place: re.Match[str]) -> str:
    """What joins the words before a place and those behind it."""
    before = place.string[: place.start()]
    return ": " if before and not before.endswith(":") and place[0].rstrip().endswith(":") else " "

"""A comparison as a comment of a pull request: GitHub's Markdown, whatever the chart's texts hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helm_nested.difference.change import Change, Comparison, place, summary, title
from helm_nested.difference.terminal import when
from helm_nested.visible_text import visible

# GitHub refuses a comment that is longer: "Body is too long (maximum is 65536 characters)".
LIMIT = 65_536
# For the sentence that says how many changes are left out, and the table's head.
_RESERVED = 1_000
_CELL = 300
_PATHS = 12
_CHARACTERS = 6_000


def to_markdown(comparison: Comparison) -> str:
    """The comparison as Markdown of at most LIMIT characters: what matters least is left out, and that is said."""
    head = f"### {_sentence(summary(comparison))}\n\n"
    head += (
        f"`{_plain(comparison.chart)}`, from `{_plain(comparison.base)}` to `{_plain(comparison.head)}`, "
        f"strength {comparison.strength}. Both were given the same values and arguments.\n"
    )
    rows: list[str] = []
    details: list[str] = []
    left = LIMIT - len(head) - _RESERVED
    for number, change in enumerate(comparison.changes, start=1):
        row, detail = _row(number, change), _detail(number, change)
        left -= len(row) + len(detail)
        if left < 0:
            break
        rows.append(row)
        details.append(detail)
    text = head
    if rows:
        text += "\n| | what | where | when | combinations |\n|--:|---|---|---|--:|\n" + "".join(rows)
    text += "".join(details)
    out = len(comparison.changes) - len(rows)
    if out:
        text += (
            f"\n**{out:,} more {'change is' if out == 1 else 'changes are'} left out here**, for a comment can hold "
        )
        text += "no more. They are in the page and in the JSON file (`--html`, `--json`).\n"
    return text


def _row(number: int, change: Change) -> str:
    mark = "**restarts the pods:** " if change.restarts else ""
    if change.rejected:
        mark = f"**refused by Kubernetes** ({_code('; '.join(change.rejected))}): "
    cells = [
        str(number),
        mark + _code(title(change)),
        _code(place(change)),
        " or<br>".join(_code(each) for each in _some(when(change), 4)),
        f"{change.combinations:,}",
    ]
    return f"| {' | '.join(cells)} |\n"


def _detail(number: int, change: Change) -> str:
    paths = [f"{each.path}: {each.before or '(nothing)'} -> {each.after or '(nothing)'}" for each in change.paths]
    text = f"\n<details><summary>{number}. {_code(title(change))}</summary>\n\n"
    if len(paths) > 1:
        text += "".join(f"- {_code(each)}\n" for each in _some(paths, _PATHS)) + "\n"
    text += f"For example in: {_code(change.example)}\n\n"
    if change.excerpt:
        text += _fenced(change.excerpt) + "\n\n"
    return text + "</details>\n"


def _some(texts: Sequence[str], most: int) -> list[str]:
    """The first few, and how many more there are."""
    return list(texts) if len(texts) <= most else [*texts[:most], f"... {len(texts) - most} more"]


def _code(text: str) -> str:
    """A text in a fixed-width face, on one line, that is neither Markdown, HTML, a mention nor a link."""
    text = visible(text.replace("\n", " "))
    return f"<code>{_escaped(text if len(text) <= _CELL else text[: _CELL - 4] + ' ...')}</code>" if text else ""


def _escaped(text: str) -> str:
    """The text with all that could mean something as a character reference, which never means structure.

    https://github.github.com/gfm/#entity-and-numeric-character-references
    """
    # Of what is left none means anything inside a line, but for 'www.', which becomes a link.
    return re.sub(
        r"[^\w\s,./()=\"'-]|_|(?<=www)\.", lambda found: f"&#{ord(found[0])};", text, flags=re.ASCII | re.IGNORECASE
    )


def _plain(text: str) -> str:
    """A text that can stand between backticks."""
    return visible(text.replace("\n", " ")).replace("`", "'")[:_CELL]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fenced(text: str) -> str:
    """A block of a unified diff; its fence is longer than any run of backticks in it, so nothing in it ends it."""
    text = visible(text)
    if len(text) > _CHARACTERS:
        text = text[:_CHARACTERS].rsplit("\n", 1)[0] + "\n ... cut here"
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`+", text))])
    return f"{fence}diff\n{text}\n{fence}"

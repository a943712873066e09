"""How results are printed: as a table for people, or as JSON or YAML for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from temporal_endpoints.terminal import can_print, say

# An endpoint is READY or not whatever these say.
_DECIDE_NOTHING = ("TemplatesCurrent", "ScaleInProtected", "ChangedByHand")
# It is told only while it is so.
_BAD_IF_TRUE = ("ChangedByHand",)


def show(output: str, answer: object, table: str) -> None:
    """Print an answer, in the way that was asked for."""
    if output == "json":
        _say(lambda readable: json.dumps(answer, indent=2, ensure_ascii=not readable))
    elif output == "yaml":
        _say(lambda readable: yaml.safe_dump(answer, sort_keys=False, allow_unicode=readable).rstrip())
    else:
        say(table)


def _say(dumped: Callable[[bool], str]) -> None:
    """For programs: what the terminal would not show as it is, is written in the format's own escapes."""
    text = dumped(True)
    say(text if can_print(text) else dumped(False))


def table_of(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as they have to be."""
    texts = [[str(each) if each is not None else "-" for each in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in texts
    )


def reason_of(endpoint: Mapping[str, Any]) -> str:
    """Why the endpoint is not READY; else what there is to know of it, in a word."""
    troubles = [each for each in endpoint["conditions"] if each["status"] != "True" or each["type"] in _BAD_IF_TRUE]
    if not troubles:
        return ""
    first = troubles[0]
    decides = endpoint["status"] != "READY" and first["type"] not in _DECIDE_NOTHING
    return f"{first['reason']}: {first['message']}" if decides and first["message"] else str(first["reason"])


def endpoints_table(endpoints: Sequence[Mapping[str, Any]]) -> str:
    """One line for each endpoint."""
    head = ("NAME", "ID", "STATUS", "GENERATION", "WORKERS", "QUEUE", "REASON")
    return table_of(head, [_row(each) for each in endpoints])


def _row(endpoint: Mapping[str, Any]) -> Sequence[object]:
    state = endpoint["deployment_state"]
    workers = f"{state['available_workers'] or 0} of {state['min_workers']}-{state['max_workers']}"
    return (
        endpoint["name"],
        endpoint["id"],
        endpoint["status"],
        endpoint["generation"],
        workers,
        endpoint["temporal_task_queue"],
        reason_of(endpoint),
    )

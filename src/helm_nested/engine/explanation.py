"""What Helm says of a failed template, said for the person who has to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A chart's own `fail` or `required` comes as "execution error at (TEMPLATE:LINE:COLUMN): TEXT"; a helm binary adds a
# hint to --debug.
_FAIL = re.compile(r"execution error at (\([^)]*\)): (.*)\Z", re.DOTALL)
_HINT = re.compile(r"\s*Use --debug flag to render out invalid YAML\s*\Z")
_PLACE = re.compile(r"([\w./-]+\.(?:ya?ml|tpl|txt)):(\d+)")
_AGAIN = re.compile(
    r"(?P<part>\S+:\d+:\d+:? executing .{1,400}?: error calling \w+: (?:template: )?)(?P<more>(?P=part)+)"
)
# What Helm says of all schemas together: the chart's name, and below it what its schema refuses, in any order.
BY_SCHEMA = "values don't meet the specifications of the schema(s) in the following chart(s):"
_REFUSED = re.compile(r"- at '.*?': ")
_UNEXPECTED = re.compile(r"(?<=additional properties )'.+'(?= not allowed)")


def _once(again: re.Match[str]) -> str:
    more = len(again["more"]) // len(again["part"])
    return f"{again['part']}(and {more} times the same) "


def explain(message: str) -> str:
    """Helm's message, template and line in front; what the chart itself says without its wrapping."""
    message = _HINT.sub("", message).strip().removeprefix("Error: ")
    failed = _FAIL.search(message)
    # Helm names every template on the way; the innermost, which it names last, is where it failed.
    places = _PLACE.findall(failed[1] if failed else message)
    place = f" ({places[-1][0]}, line {places[-1][1]})" if places else ""
    if failed:
        return f"the chart refuses these values{place}:\n{failed[2].strip()}"
    # On one line, as what is on the others is the failure as well; a template that includes itself fails 1,000 times.
    said = _AGAIN.sub(_once, " ".join(line.strip() for line in message.splitlines()))
    return f"a template failed{place}. Helm says:\n    {said}\nCorrect the template, or the values it was given."


def explain_values(message: str) -> str:
    """What Helm says of values that it does not take, each thing that a schema refuses on a line of its own."""
    _, by_schema, said = message.partition(BY_SCHEMA)
    if not by_schema:
        return f"{message.strip().removeprefix('Error: ')}\nCorrect the values file."
    listed = "\n".join(f"  - {problem}" for problem in sorted(_refused(said)))
    return f"values.schema.json refuses these values, in the charts that are named:\n{listed}\nCorrect the values file."


def _refused(said: str) -> Iterator[str]:
    chart, problem = "", ""
    ways: list[str] = []  # in which one schema of several refuses it, in any order as well
    for line in filter(str.strip, [*said.splitlines(), ":"]):
        if problem and line.startswith(" "):
            ways.append(line.strip().removeprefix("- "))
            continue
        if problem:
            yield f"{problem}{': ' if ways else ''}{', '.join(sorted(ways))}"
        problem, ways = "", []
        is_refused = _REFUSED.match(line) is not None
        if not is_refused and line.endswith(":"):
            chart = line
        else:
            problem = f"{chart} {_told(line) if is_refused else line}"


def _told(line: str) -> str:
    return _UNEXPECTED.sub(lambda names: ", ".join(sorted(names[0].split(", "))), line.removeprefix("- "))

"""What Helm says of a failed template, said for the person who has to mend it."""

from __future__ import annotations

import re

# A chart's own `fail` or `required` comes as "execution error at (TEMPLATE:LINE:COLUMN): TEXT"; a helm binary adds a
# hint to --debug.
_FAIL = re.compile(r"execution error at (\([^)]*\)): (.*)\Z", re.DOTALL)
_HINT = re.compile(r"\s*Use --debug flag to render out invalid YAML\s*\Z")
_PLACE = re.compile(r"([\w./-]+\.(?:ya?ml|tpl|txt)):(\d+)")
_AGAIN = re.compile(
    r"(?P<part>\S+:\d+:\d+:? executing .{1,400}?: error calling \w+: (?:template: )?)(?P<more>(?P=part)+)"
)


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

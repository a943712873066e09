"""Requests whose texts try to be something else: quotes, line breaks, placeholders, YAML, escapes, odd characters."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from .recorded import FLAVOR

# What YAML, Python, Kubernetes, shells or a template could take for something else than text.
PIECES = (
    *('"', "'", "''", '""', "\\", "\\n", "\\u0041", "\\x41", '"\n', "'\n", "\n", "\r", "\r\n", "\t", " ", "  "),
    *("$", "$$", "${X}", "${RESOURCE_NAME}", "${NAMESPACE}", "$RESOURCE_NAME", "$(X)", "$$(X)", "$(POD_IP)", "$("),
    *("{{ .Values.x }}", "{% raw %}", "{x}", "%s", "%(x)s", "`id`", "; rm -rf /", "| cat", "&& true", "<b>", "&amp;"),
    *(": ", " #", "# ", "- ", "? ", "---", "\n---\n", "...", "\n...\n", "&a ", "*a", "!!str ", "!", "|", ">", "|2-"),
    *("%YAML", "\nspec: {}", "\n  replicas: 9\n", '", "x": "y', "', 'x': 'y", '"}]', "]", "}", "[", "{", ",", "="),
    *("null", "~", "yes", "no", "true", "0x1F", "0o7", "1e3", ".inf", ".nan", "1_000", "12:30", "2026-01-01", "<<"),
    *("\x00", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b[31m", "\x7f", "\x85", "\x9f", "\xa0", "\xad", "\u0130"),
    *("\u200b", "\u200d", "\u200e", "\u202e", "\u2028", "\u2029", "\u3000", "\ufeff", "\ufffd", "\ufffe", "\uffff"),
    *("\ue000", "é", "e\u0301", "ß", "中文", "\u0627\u0628", "\U0001f600", "\U0001f468\u200d\U0001f469", "\U00010ffd"),
    *(" a", "a ", "- a", "# b", "0x10", "$($$X)", "x" * 5000),
    *("\ud83d", "\udc00", "x" * 64, "x" * 300, "../..", "/", ".", "_", "A", "a", "b", "1", "-", "@", "sha256:0"),
)
FIELDS = ("name", "queue", "value", "variable", "word", "repository", "tag", "team", "label", "label key", "owner")
# Whoever is refused for one of the fields is told which of these: the request's own name, or the template argument's.
NAMES = {
    "name": ("name", "ENDPOINT_NAME"),
    "queue": ("temporal_task_queue", "TEMPORAL_TASK_QUEUE"),
    "value": ("env", "metadata"),
    "variable": ("env",),
    "word": ("command",),
    "repository": ("flavor.repository",),
    "tag": ("flavor.tag",),
    "team": ("label",),
    "label": ("label",),
    "label key": ("label",),
    "owner": ("OWNER",),
}
_FREE = ("value", "word", "queue")
_MOST_PIECES = 4
ORDINARY = {
    "name": "transcribe",
    "queue": "transcribe",
    "value": "large",
    "variable": "MODEL",
    "word": "worker",
    "repository": "registry.example.com/worker",
    "tag": "1.0",
    "team": "speech",
    "label": "captions",
    "label key": "group",
    "owner": "speech",
}


def hostile_texts(seed: int) -> Iterator[dict[str, str]]:
    """Endless: the texts of a request, of which one or more are hostile; the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    while True:
        # Half of them are hostile only where nearly any text is possible: they are to reach the documents.
        fields = chance.choice((FIELDS, _FREE))
        hostile = chance.sample(fields, chance.choice((1, 1, 1, 2, 3)))
        yield ORDINARY | {field: _text(chance) for field in hostile}


def _text(chance: random.Random) -> str:
    pieces = [chance.choice(PIECES) for _ in range(chance.randint(0, _MOST_PIECES))]
    if chance.random() < 0.2:
        pieces.append("".join(chr(chance.choice((chance.randrange(0x20, 0x3000), chance.randrange(0x110000))))))
    return "".join(pieces)


def bundle_request(texts: dict[str, str]) -> dict[str, Any]:
    """The bundle of these texts."""
    flavor = {
        **FLAVOR,
        "repository": texts["repository"],
        "tag": texts["tag"],
        "command": ["run", texts["word"], "end"],
        "env": {texts["variable"]: texts["value"], "LAST": "last"},
    }
    return {"name": "worker", "schema_location": "", "flavor": flavor}


def endpoint_request(texts: dict[str, str], bundle_id: str) -> dict[str, Any]:
    """The endpoint of these texts."""
    return {
        "name": texts["name"],
        "model_bundle_id": bundle_id,
        "endpoint_type": "temporal",
        "metadata": {"free": texts["value"]},
        "cpus": 1,
        "memory": "1Gi",
        "gpus": 0,
        "min_workers": 1,
        "max_workers": 3,
        "per_worker": 2,
        "labels": {"team": texts["team"], "product": "captions", texts["label key"]: texts["label"]},
        "temporal_task_queue": texts["queue"],
    }

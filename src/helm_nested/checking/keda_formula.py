"""The names in a formula of `scalingModifiers`, which KEDA has expr compile with the names of the triggers alone.

As in https://github.com/expr-lang/expr/blob/v1.17.8/docs/language-definition.md
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

_TEXT_OR_COMMENT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|/\*.*?\*/|//[^\n]*", re.DOTALL)
# Not a field of something, and no part of a number.
_NAME = re.compile(r"(?<![\w.#$])[A-Za-z_]\w*", re.ASCII)
_OWN = re.compile(r"\blet\s+(\w+)", re.ASCII)
_WORDS = frozenset(
    re.findall(
        r"\w+",
        "true false nil not and or in matches contains startsWith endsWith let if else all none any one filter map "
        "find findIndex findLast findLastIndex count sum groupBy sortBy reduce len type abs ceil floor round int float "
        "string trim trimPrefix trimSuffix upper lower split splitAfter replace repeat join indexOf lastIndexOf "
        "hasPrefix hasSuffix max min mean median toJSON fromJSON toBase64 fromBase64 now duration date timezone first "
        "last get take keys values toPairs fromPairs reverse uniq concat flatten sort bitand bitor bitxor bitnand "
        "bitshl bitshr bitushr bitnot",
    )
)


def unknown_names(formula: str, triggers: Container[str]) -> Iterator[str]:
    """The names in the formula that neither a trigger has nor expr knows, each once.

    Of a formula with a map or a function of its own nothing is said: there names may be anything.
    """
    text = _TEXT_OR_COMMENT.sub(" ", formula)
    if "{" in text or "#" in formula:
        return
    known = {*_WORDS, *_OWN.findall(text)}
    for name in dict.fromkeys(_NAME.findall(text)):
        if name not in known and name not in triggers:
            yield name

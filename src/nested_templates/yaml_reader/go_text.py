"""A text in which libyaml reads what Go's YAML library reads, where the two differ: some escapes, tags and anchors."""

from __future__ import annotations

import re
from collections import Counter

import yaml

_ANCHOR = re.compile(r"(?:^|[\s\[{,])&([^\s\[\],{}]+)")
_ODD = ("\\/", "\\'", "! ")
_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
_UNKNOWN = "found unknown escape character"
_VERSION = re.compile(r"^%YAML[ \t]+(?!1\.1\b)", re.MULTILINE)


def as_go_reads(text: str) -> str:
    r"""The text, its lines where they were: `\'` becomes `'`, a lone `!` is `!!str`, an anchor of the same name is new.

    Raises:
        yaml.YAMLError: a text in double quotes has the escape `\/`, which Go does not know, or it begins with
            `%YAML` and another version than 1.1.
    """
    if "%YAML" in text and (version := _VERSION.search(text)):
        # In a block scalar it is text: there it has an indentation.
        line = text.count("\n", 0, version.start())
        mark = yaml.Mark("", version.start(), line, 0, None, 0)
        raise yaml.scanner.ScannerError(None, None, "found incompatible YAML document: Kubernetes reads 1.1", mark)
    names = _ANCHOR.findall(text)
    if len(set(names)) == len(names) and not any(odd in text for odd in _ODD):
        return text
    tokens, text = _scanned(text)
    seen: Counter[str] = Counter()
    written: dict[str, str] = {}
    changes: list[tuple[yaml.Token, str]] = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        if isinstance(token, yaml.DocumentStartToken):
            seen.clear()
            written.clear()
        elif isinstance(token, yaml.AnchorToken):
            seen[token.value] += 1
            if seen[token.value] > 1:
                written[token.value] = f"{token.value}--{seen[token.value]}"
                changes.append((token, f"&{written[token.value]}"))
        elif isinstance(token, yaml.AliasToken) and token.value in written:
            changes.append((token, f"*{written[token.value]}"))
        elif isinstance(token, yaml.TagToken) and _part(text, token) == "!" and isinstance(following, yaml.ScalarToken):
            changes.append((token, "!!str"))
        elif isinstance(token, yaml.ScalarToken) and token.style == '"' and _SLASH.search(_part(text, token)):
            raise yaml.scanner.ScannerError(None, None, _UNKNOWN, token.start_mark)
    for token, replacement in reversed(changes):
        text = f"{text[: token.start_mark.index]}{replacement}{text[token.end_mark.index :]}"
    return text


def _part(text: str, token: yaml.Token) -> str:
    return text[token.start_mark.index : token.end_mark.index]


def _scanned(text: str) -> tuple[list[yaml.Token], str]:
    """The tokens of the text, and the text without what libyaml cannot scan; no tokens where it cannot otherwise."""
    while True:
        try:
            return list(yaml.scan(text, Loader=yaml.CSafeLoader)), text
        except yaml.YAMLError as error:
            mark = error.problem_mark if getattr(error, "problem", None) == _UNKNOWN else None  # type: ignore[attr-defined]
            start = text.rfind("\\'", 0, mark.index + len("\\'")) if mark is not None else -1
            if mark is None or start < 0 or start + len("\\'") < mark.index:
                return [], text  # the loader says what is wrong
            text = f"{text[:start]}{text[start + 1 :]}"

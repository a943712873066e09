"""Whether a repository and a tag make the reference of a container image, by the grammar of distribution/reference.

Registries and container runtimes follow it. What breaks it would be a pod whose image is never pulled.
"""

from __future__ import annotations

import re

from nested_templates.image_grammar import HOST, LONGEST_NAME, LONGEST_TAG, PATH_PART, TAG

_PART, _TAG = re.compile(PATH_PART), re.compile(TAG)
_REGISTRY = re.compile(rf"{HOST}(?::(?P<port>[0-9]+))?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOST_PORT = 65535
_SHOWN_CHARACTERS = 80
_REGISTRY_BY_DEFAULT = "docker.io/"
_EXAMPLE = "registry.example.com/speech/worker"


def require_repository(repository: str) -> None:
    """Refuse what is no name of a repository, with a tag or without.

    Raises:
        ValueError: it says what is wrong. What stands before the first slash is not told, as it may be a password.
    """
    if not repository:
        raise ValueError(f"it is empty. Name the image's repository, as {_EXAMPLE}.")
    if "://" in repository:
        raise ValueError(f"it begins like a URL. Leave the scheme out, as {_EXAMPLE}.")
    if re.search(r"\s", repository):
        raise ValueError(f"it holds white space. Write it as {_EXAMPLE}.")
    if "@" in repository:
        raise ValueError(
            "it holds an @. Write a digest as the tag, sha256:..., and give the cluster a pull secret in place of a "
            "user and a password."
        )
    name = _without_tag(repository)
    registry, path = _split(name)
    count = len(name if registry is not None else f"{_REGISTRY_BY_DEFAULT}{'' if '/' in name else 'library/'}{name}")
    if count > LONGEST_NAME:
        raise ValueError(
            f"with its registry it has {count} characters, and {LONGEST_NAME} are the most. Write a shorter one."
        )
    if registry is not None:
        _require_registry(registry)
    for part in path.split("/"):
        _require_part(part)


def require_tag(tag: str) -> None:
    """Refuse what is neither a tag nor a digest.

    Raises:
        ValueError: it says what is wrong.
    """
    if not tag:
        raise ValueError("it is empty. Name the image's tag or digest.")
    if ":" in tag:
        if _DIGEST.fullmatch(tag) is None:
            raise ValueError("it is not a valid digest. Write sha256: and 64 of the characters 0 to 9 and a to f.")
        return
    if len(tag) > LONGEST_TAG:
        raise ValueError(f"it has {len(tag)} characters, and {LONGEST_TAG} are the most. Write a shorter one.")
    if _TAG.fullmatch(tag) is None:
        raise ValueError(
            f"{tag[:_SHOWN_CHARACTERS]!r} is not a valid tag. Use letters, digits, '_', '.' and '-', and begin with a "
            "letter, a digit or '_'."
        )


def require_one_tag(repository: str, tag: str) -> None:
    """Refuse a repository with a tag of its own beside another tag; beside a digest it may have one.

    Raises:
        ValueError: it says what to do.
    """
    if _without_tag(repository) != repository and not tag.startswith("sha256:"):
        raise ValueError("flavor.repository has a tag, and so has flavor.tag. Write it in flavor.tag alone.")


def _without_tag(repository: str) -> str:
    """The repository without the tag that stands behind its last part; a registry's port is none."""
    before, slash, last = repository.rpartition("/")
    name, colon, tag = last.partition(":")
    if not colon:
        return repository
    if ":" in tag:
        raise ValueError("it has two colons after its last slash. Write a digest as the tag, sha256:...")
    require_tag(tag)
    return f"{before}{slash}{name}"


def _split(name: str) -> tuple[str | None, str]:
    """The registry, if one is named, and the rest: the first part is one if it could be no part of a path."""
    first, slash, rest = name.partition("/")
    if slash and (any(mark in first for mark in ".:[") or first == "localhost" or first != first.lower()):
        return first, rest
    return None, name


def _require_registry(registry: str) -> None:
    match = _REGISTRY.fullmatch(registry)
    if match is None or (match["port"] is not None and not 1 <= int(match["port"]) <= _MOST_PORT):
        raise ValueError(
            "what stands before its first slash is not a host, or a host and a port. Correct it, as "
            "registry.example.com:5000."
        )


def _require_part(part: str) -> None:
    if _PART.fullmatch(part) is not None:
        return
    if not part:
        raise ValueError("a part of it between slashes is empty. Leave one slash out.")
    shown = repr(part[:_SHOWN_CHARACTERS])
    if _PART.fullmatch(part.lower()) is not None:
        raise ValueError(f"{shown} has capitals, and an image's name has none. Write it in lower case.")
    raise ValueError(
        f"{shown} is not a valid part of an image's name. Use lower-case letters and digits, with one '.', one or two "
        "'_', or '-' between them."
    )

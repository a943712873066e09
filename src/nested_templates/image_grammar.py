"""What the parts of an image's reference look like to registries and container runtimes.

They follow https://github.com/distribution/reference (regexp.go, reference.go).
"""

from __future__ import annotations

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
# Regular expressions: a registry's host without a port, one part of a repository's path, and a tag of any length.
HOST = rf"{_LABEL}(?:\.{_LABEL})*"
PATH_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
# Characters: of a repository with its registry, and of a tag.
LONGEST_NAME, LONGEST_TAG = 255, 128

"""The syntax of Kubernetes' names, label keys and label values.

As in https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
"""

from __future__ import annotations

import re
from functools import lru_cache

_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

LABEL_LENGTH = 63
SUBDOMAIN_LENGTH = 253


@lru_cache(maxsize=4096)
def label_key_fault(key: str) -> str | None:
    """What is wrong with a label's key, `name` or `prefix/name`."""
    prefix, slash, name = key.rpartition("/")
    if slash:
        fault = subdomain_fault(prefix)
        if fault:
            return f"its prefix {prefix!r} {fault}"
    if len(name) > LABEL_LENGTH:
        return f"its name is {len(name)} characters long, {LABEL_LENGTH} are allowed"
    if not _QUALIFIED.fullmatch(name):
        return "its name must be letters, digits, '-', '_' and '.', a letter or digit at both ends"
    return None


@lru_cache(maxsize=4096)
def annotation_key_fault(key: str) -> str | None:
    """What is wrong with an annotation's key: as a label's, but its prefix may have capital letters.

    https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go
    """
    return label_key_fault(key.lower())


@lru_cache(maxsize=16384)
def label_value_fault(value: str) -> str | None:
    """What is wrong with a label's value."""
    if len(value) > LABEL_LENGTH:
        return f"is {len(value)} characters long, {LABEL_LENGTH} are allowed"
    if value and not _QUALIFIED.fullmatch(value):
        return "must be letters, digits, '-', '_' and '.', a letter or digit at both ends"
    return None


@lru_cache(maxsize=4096)
def subdomain_fault(name: str) -> str | None:
    """What is wrong with a DNS subdomain (RFC 1123), which most names are."""
    if len(name) > SUBDOMAIN_LENGTH:
        return f"is {len(name)} characters long, {SUBDOMAIN_LENGTH} are allowed"
    if not _SUBDOMAIN.fullmatch(name):
        return "must be small letters, digits, '-' and '.', a letter or digit at both ends of each part"
    return None


@lru_cache(maxsize=4096)
def dns_label_fault(name: str) -> str | None:
    """What is wrong with a DNS label (RFC 1123)."""
    if len(name) > LABEL_LENGTH:
        return f"is {len(name)} characters long, {LABEL_LENGTH} are allowed"
    if not _LABEL.fullmatch(name):
        return "must be small letters, digits and '-', a letter or digit at both ends"
    return None


@lru_cache(maxsize=1024)
def service_name_fault(name: str) -> str | None:
    """What is wrong with a Service's name (RFC 1035: it starts with a letter)."""
    if len(name) > LABEL_LENGTH:
        return f"is {len(name)} characters long, {LABEL_LENGTH} are allowed"
    if not _SERVICE.fullmatch(name):
        return "must be small letters, digits and '-', start with a letter and end with a letter or digit"
    return None


@lru_cache(maxsize=1024)
def path_segment_fault(name: str) -> str | None:
    """What is wrong with a name that only has to fit into a URL, as of a Role."""
    if name in (".", "..") or "/" in name or "%" in name:
        return "must not be '.' or '..', nor hold '/' or '%'"
    return None

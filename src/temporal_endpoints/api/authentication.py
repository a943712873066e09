"""Who asks: an API key as Launch's clients send it, or a token that Kubernetes knows."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from threading import Lock

from nested_templates.errors import DocumentError
from nested_templates.input_file import read_text
from nested_templates.yaml_documents import CONSUMER_READER, load_all
from temporal_endpoints.api.secret_file import lines_of, unreadable
from temporal_endpoints.errors import SettingsError, TemporalEndpointsError
from temporal_endpoints.records.endpoints import User

# Tells whose token it is, as Kubernetes names users; None if it is nobody's.
Review = Callable[[str], str | None]
_LOG = logging.getLogger(__name__)
# How long an answer of Kubernetes holds: a token that is withdrawn is good for so long.
_REVIEW_SECONDS = 30.0
_MOST_REVIEWS = 10_000
_BASIC, _BEARER = "basic", "bearer"
_OWNER = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_SERVICE_ACCOUNT = re.compile(r"system:serviceaccount:(?P<namespace>[^:]+):(?P<name>[^:]+)")


_UNKNOWN = (
    "Could not authenticate user. Send a key that this control plane knows as the user name of Basic; "
    "the command line takes it from --api-key or $TEMPORAL_ENDPOINTS_API_KEY."
)


class UnknownUserError(TemporalEndpointsError):
    """Nobody is known by what was sent."""


class Keys:
    """API keys by owner, of a file or a folder, read again when they change.

    A folder is a mounted Secret: each file is named after an owner, and has a key on each line. A file is a YAML map
    from owners to a key or a list of keys.

    Raises:
        SettingsError: there is no such file or folder, it holds something else, or not one key.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._state: object = None
        self._digests: dict[bytes, str] = {}
        self.owner_of("")
        if not self._digests:
            # Later it may be so: the last key was withdrawn.
            raise SettingsError(f"{path} holds no key, so nobody could ask. Write one into it, or correct --keys.")

    def owner_of(self, key: str) -> str | None:
        """Whose key it is."""
        with self._lock:
            self._read()
            digest = _digest(key)
            # All of them are compared, so that the time tells nothing.
            found = [owner for known, owner in self._digests.items() if hmac.compare_digest(known, digest)]
            return found[0] if found else None

    def _read(self) -> None:
        try:
            files = self._files()
            # A clock alone is too coarse for two changes at once, and a Secret is exchanged by a link.
            state = [(each, *_identity(each)) for each in files]
            if state != self._state:
                owners = self._of_folder(files) if self._path.is_dir() else self._of_file()
                self._require_owners(owners)
                self._digests = self._by_digest(owners)
                self._state = state
        except OSError as error:
            self._fail(unreadable(self._path, "--keys", error))
        except DocumentError as error:
            self._fail(SettingsError(f"the keys cannot be read: {error}"))
        except ValueError:
            # An error's own text may quote a key.
            self._fail(SettingsError(f"the keys at {self._path} cannot be read: no text in UTF-8. Correct it."))
        except SettingsError as error:
            self._fail(error)

    def _fail(self, error: SettingsError) -> None:
        """At the start that is an error; later the keys stay those from before, for example while a Secret changes."""
        if self._state is None:
            raise error
        _LOG.warning("the keys stay as they were: %s", error)

    def _require_owners(self, owners: Mapping[str, list[str]]) -> None:
        for owner in owners:
            if _OWNER.fullmatch(owner) is None:
                told = self._told(owner, owners)
                raise SettingsError(f"{self._path}: {told} is not a valid label value. Rename that owner.")

    def _by_digest(self, owners: Mapping[str, list[str]]) -> dict[bytes, str]:
        digests: dict[bytes, str] = {}
        for owner, keys in owners.items():
            for key in keys:
                if ":" in key:
                    raise SettingsError(
                        f"{self._path}: a key of {self._told(owner, owners)} has a colon, where Basic ends a user "
                        "name, so nobody could send it. Change that key."
                    )
                other = digests.setdefault(_digest(key), owner)
                if other != owner:
                    both = " and ".join(self._told(each, owners) for each in (other, owner))
                    raise SettingsError(f"{self._path}: {both} have the same key. Change one.")
        return digests

    def _told(self, owner: str, owners: Collection[str]) -> str:
        """Which owner, for messages: of a map the number, as it may be written the wrong way round, from keys."""
        return repr(owner) if self._path.is_dir() else f"the owner number {list(owners).index(owner) + 1}"

    def _files(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        return sorted(each for each in self._path.iterdir() if each.is_file() and not each.name.startswith("."))

    def _of_folder(self, files: list[Path]) -> Mapping[str, list[str]]:
        return {each.name: lines_of(each) for each in files}

    def _of_file(self) -> Mapping[str, list[str]]:
        documents = load_all(read_text(self._path), str(self._path), CONSUMER_READER, is_secret=True)
        said = documents[0] if len(documents) == 1 else None
        if not isinstance(said, dict):
            raise SettingsError(f"{self._path} is no map from owners to keys. Write for example: team: [key].")
        owners: dict[str, list[str]] = {}
        for number, (owner, written) in enumerate(said.items(), start=1):
            keys = written if isinstance(written, list) else [written]
            if not isinstance(owner, str) or not all(isinstance(key, str) and key.strip() for key in keys):
                raise SettingsError(
                    f"{self._path}: the owner number {number} or a key of it is no text. Put owners and keys in quotes."
                )
            # A block scalar has a line's end, which nobody sends.
            owners[owner] = [key.strip() for key in keys]
        return owners


class Authenticator:
    """Turns the header `Authorization` into a user.

    Args:
        keys: the API keys; without them, and without `review`, any user name is believed, as Launch's open-source
            version does: only where nobody else can reach the address.
        review: asks Kubernetes about tokens.
    """

    def __init__(self, keys: Keys | None = None, review: Review | None = None) -> None:
        self._keys = keys
        self._review = review
        self._believes = keys is None and review is None
        self._lock = Lock()
        self._reviewed: dict[bytes, tuple[float, str | None]] = {}

    def may_wait(self, header: str | None) -> bool:
        """Whether Kubernetes may be asked whose header it is."""
        return self._review is not None and _scheme(header) == _BEARER

    def user(self, header: str | None) -> User:
        """Who sends this header.

        Raises:
            UnknownUserError: nobody does, or nobody who is known.
        """
        if not header:
            raise UnknownUserError(
                "No authentication was passed in. Send the header `Authorization` with Basic and your key as user name."
            )
        scheme, sent = _scheme(header), header.partition(" ")[2].strip()
        if scheme == _BASIC:
            return self._of_key(_user_name(sent))
        if scheme == _BEARER:
            return self._of_token(sent)
        raise UnknownUserError(_UNKNOWN)

    def _of_key(self, key: str) -> User:
        owner = key if self._believes else self._keys.owner_of(key) if self._keys else None
        if owner is None or _OWNER.fullmatch(owner) is None:
            raise UnknownUserError(_UNKNOWN)
        return User(owner, owner)

    def _of_token(self, token: str) -> User:
        if self._review is None:
            return self._of_key(token)
        name = self._reviewed_name(token)
        account = _SERVICE_ACCOUNT.fullmatch(name or "")
        if account is not None:
            # A namespace is the team that its service accounts belong to.
            return User(account["name"], account["namespace"])
        if name is None or _OWNER.fullmatch(name) is None:
            raise UnknownUserError(_UNKNOWN)
        return User(name, name)

    def _reviewed_name(self, token: str) -> str | None:
        assert self._review is not None  # noqa: S101 - for mypy
        digest, now = _digest(token), time.monotonic()
        with self._lock:
            known = self._reviewed.get(digest)
        if known is not None and known[0] > now:
            return known[1]
        name = self._review(token)
        with self._lock:
            if len(self._reviewed) >= _MOST_REVIEWS:
                self._reviewed.clear()
            self._reviewed[digest] = (now + _REVIEW_SECONDS, name)
        return name


def _scheme(header: str | None) -> str:
    return (header or "").partition(" ")[0].lower()


def _identity(file: Path) -> tuple[int, int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _user_name(sent: str) -> str:
    try:
        decoded = base64.b64decode(sent, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise UnknownUserError(_UNKNOWN) from error
    return decoded.partition(":")[0]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()

"""The token by which a scaler asks: it opens one route, of every endpoint, and nothing else."""

from __future__ import annotations

import hmac
import logging
from pathlib import Path

from temporal_endpoints.api.authentication import UnknownUserError
from temporal_endpoints.api.secret_file import lines_of, unreadable
from temporal_endpoints.errors import SettingsError

_LOG = logging.getLogger(__name__)


class ScalerToken:
    """The tokens of a file, one a line, read again whenever one is asked for: a Secret may be exchanged.

    Args:
        path: the file; without one nobody may ask.

    Raises:
        SettingsError: the file cannot be read, or holds no token.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._tokens: list[bytes] = []
        if path is not None:
            self._tokens = self._read(path)

    def require(self, header: str | None) -> None:
        """Do nothing if the header `Authorization` bears one of the tokens.

        Raises:
            UnknownUserError: it does not.
        """
        if self._path is None:
            raise UnknownUserError("No scaler may ask: the control plane was started without --scaler-token.")
        try:
            self._tokens = self._read(self._path)
        except SettingsError as error:
            _LOG.warning("the scaler's token stays as it was: %s", error)
        scheme, _, sent = (header or "").partition(" ")
        asked = sent.strip().encode("utf-8", "surrogatepass")
        # All of them are compared, so that the time tells nothing.
        fits = [hmac.compare_digest(token, asked) for token in self._tokens]
        if scheme.lower() != "bearer" or not any(fits):
            raise UnknownUserError("Could not authenticate the scaler. Send `Authorization: Bearer` and its token.")

    @staticmethod
    def _read(path: Path) -> list[bytes]:
        try:
            tokens = [line.encode() for line in lines_of(path)]
        except UnicodeDecodeError:
            # The error itself may quote a token.
            raise SettingsError(f"{path} holds no text in UTF-8. Correct it, or --scaler-token.") from None
        except OSError as error:
            raise unreadable(path, "--scaler-token", error) from None
        if not tokens:
            raise SettingsError(f"{path} holds no token. Write one into it, or correct --scaler-token.")
        return tokens

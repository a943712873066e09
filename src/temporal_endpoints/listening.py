"""The address at which the API is asked."""

from __future__ import annotations

import socket

from temporal_endpoints.errors import SettingsError

# As many as uvicorn lets wait.
_MOST_WAITING = 2048


def listening_at(host: str, port: int) -> socket.socket:
    """A socket that listens at this address; who asks before it is served waits for that.

    Raises:
        SettingsError: another program listens there, or the address is none of this machine.
    """
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    # As the connections of a process that has just ended do not keep the next one from it.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        # At once: with that option two processes may be bound to one address as long as neither of them listens.
        made.listen(_MOST_WAITING)
    except (TypeError, ValueError):
        made.close()
        raise SettingsError(f"{host!r} is no host name and no address. Correct --host.") from None
    except OSError as error:
        made.close()
        raise SettingsError(
            f"nothing can listen on {address(host, port)}: {error.strerror}. End what listens there, perhaps another "
            "`temporal-endpoints serve`, or choose another --host or --port."
        ) from error
    return made


def address(host: str, port: int) -> str:
    """Host and port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

"""A PostgreSQL server on a socket in a temporary folder: test equipment."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from local_cluster.guard import Guard

# Set where nothing may go untested, as in CI.
REQUIRED = "TEMPORAL_ENDPOINTS_POSTGRESQL_REQUIRED"
_USER = "postgres"
_SECONDS = 30


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, of Debian's package or on PATH; the newest of several."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: int(each.parent.name))[::-1]:
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def server(bin_folder: Path) -> Iterator[Path]:
    """A running server; yields the folder of its socket, where everybody is the superuser."""
    # A socket's path has at most 107 characters, which those of pytest exceed.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    # PostgreSQL refuses to run as root.
    user = _USER if os.geteuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    data = str(folder / "data")
    guard = Guard(folder)
    environment = {**os.environ, **guard.environment}
    try:
        initialise = [str(bin_folder / "initdb"), "-D", data, "-A", "trust", "-U", _USER, "--no-sync", "-E", "UTF8"]
        subprocess.run(initialise, user=user, env=environment, check=True, capture_output=True, cwd=folder)
        # What it writes is thrown away, so nothing waits for the disk.
        settings = ["-c", "listen_addresses=", "-c", "fsync=off"]
        command = [str(bin_folder / "postgres"), "-D", data, "-k", str(folder), *settings]
        process = subprocess.Popen(command, user=user, env=environment, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            _wait(folder, process)
            yield folder
        finally:
            process.terminate()
            process.wait(_SECONDS)
    finally:
        guard.end()


def new_database(folder: Path) -> str:
    """The URL of a new database on the server, of a name that no other has."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(host=str(folder), user=_USER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"postgresql://{_USER}@/{name}?host={quote(str(folder), safe='')}"


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user=_USER, dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return

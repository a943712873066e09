"""A chart's files in an archive, which is how Helm's library gives and takes them."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

Files = Mapping[PurePosixPath, bytes]


def members(archive: bytes) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The files in an archive, below a folder of the chart's name."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as source:
        for member in source.getmembers():
            content = source.extractfile(member)
            if content is not None:
                yield PurePosixPath(member.name), content.read()


def packed(files: Files) -> bytes:
    """An archive of these files, as quickly as it can be had."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as target:
        for path, content in files.items():
            info = tarfile.TarInfo(str(path))
            info.size = len(content)
            target.addfile(info, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), compresslevel=0, mtime=0)

"""Everything of a person's, out of all apps, as one ZIP archive that is made while it is sent."""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from meatlizard.accounts.models import User
from meatlizard.storage.streams import Sink

Files: TypeAlias = Iterator[tuple[str, bytes | Iterator[bytes]]]
"""Paths within the archive, and what is there, whole or in pieces; never more than one of them is in memory."""

_sources: list[Callable[[User], Files]] = []


def belongings(source: Callable[[User], Files]) -> Callable[[User], Files]:
    """Registers what an app has of a person; call it in the app's ``ready``."""
    if source not in _sources:
        _sources.append(source)
    return source


def archive(user: User) -> Iterator[bytes]:
    """In pieces."""
    return packed(file for source in _sources for file in source(user))


def packed(files: Iterable[tuple[str, bytes | Iterator[bytes]]]) -> Iterator[bytes]:
    """A ZIP archive of ``files`` in pieces, at least one for each and the table of contents at the end."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in files:
            if isinstance(data, bytes):
                archive.writestr(name, data)
                yield sink.taken()
                continue
            # How long it becomes is not known, and it may be longer than the form without 64 bits says.
            with archive.open(name, "w", force_zip64=True) as member:
                for piece in data:
                    member.write(piece)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()

"""Files of a conversation as one ZIP archive, made while it is sent."""

import zipfile
from collections.abc import Iterator, Sequence

from chat.artifacts import naming, reading
from chat.models import ArtifactVersion
from meatlizard.storage.streams import Sink


def archive(rows: Sequence[ArtifactVersion]) -> Iterator[bytes]:
    """In pieces; one text at a time is in memory. Names are made safe once more, and told apart."""
    sink = Sink()
    names = naming.apart(naming.safe(row.artifact.name, "") for row in rows)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for name, row in zip(names, rows, strict=True):
            text = reading.text_of(row)
            if text is not None:
                packed.writestr(name, text.encode())
                yield sink.taken()
    yield sink.taken()

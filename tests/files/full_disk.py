"""What happens on a disk of two megabytes: run within namespaces of its own, where FOLDER is such a disk.

``python -m tests.files.full_disk FOLDER``: prints what it saw as JSON.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import django


def main() -> None:
    django.setup()
    from django.conf import settings

    from files.blobs import incoming
    from files.blobs.trouble import DiskFull

    folder = Path(sys.argv[1])
    settings.MEDIA_ROOT, settings.INCOMING_DIR = folder / "media", folder / "incoming"
    coming = incoming.begin()
    piece, acked = b"x" * 300_000, 0
    refused = ""
    while not refused:
        try:
            coming.append(piece)
            acked += len(piece)
        except DiskFull as error:
            refused = f"{error.status} {error.code}"
    left = os.statvfs(folder)
    said = {
        "refused": refused, "acked": acked, "size": coming.size, "on_disk": coming.path.stat().st_size,
        "free": left.f_bavail * left.f_frsize,
    }  # fmt: skip
    coming.close()
    again = incoming.again(coming.id)
    said["whole"] = again.digest() == hashlib.sha256(b"x" * acked).hexdigest()
    again.abandon()
    left = os.statvfs(folder)
    said["free_after"] = left.f_bavail * left.f_frsize
    other = incoming.begin()
    other.append(piece)
    said["other"] = other.size
    print(json.dumps(said))


if __name__ == "__main__":
    main()

"""Which place an operator means."""

import re
from pathlib import Path

from django.conf import settings

from meatlizard.ops.backups.places.bucket import Bucket
from meatlizard.ops.backups.places.disk import Disk
from meatlizard.ops.backups.places.place import Place
from meatlizard.ops.backups.trouble import BackupFailed

IN_BUCKET = re.compile(r"s3://(?P<bucket>[A-Za-z0-9._-]{3,63})(?:/(?P<folder>[^\x00]*))?")


def usual() -> Place:
    """What BACKUP_TO says."""
    return at(settings.BACKUP_TO)


def at(where: str | Path) -> Place:
    """``where``: a folder, or ``s3://bucket/folder``. Raises BackupFailed."""
    given = str(where)
    if not given.startswith("s3:"):
        return Disk(Path(given or Path(settings.VAR_DIR) / "backups").absolute())
    found = IN_BUCKET.fullmatch(given)
    if found is None:
        raise BackupFailed("A bucket is given as s3://name/folder.", code="no_place")
    folder = (found["folder"] or "").strip("/")
    return Bucket(_client(), found["bucket"], f"{folder}/" if folder else "")


def _client() -> object:
    # Imported late: a site without a bucket needs nothing of it.
    import boto3

    from meatlizard.storage.bucket import client_config

    return boto3.client(
        "s3",
        endpoint_url=settings.BACKUP_S3_ENDPOINT_URL or None,
        region_name=settings.BACKUP_S3_REGION or None,
        aws_access_key_id=settings.BACKUP_S3_ACCESS_KEY_ID,
        aws_secret_access_key=settings.BACKUP_S3_SECRET_ACCESS_KEY,
        config=client_config(),
    )

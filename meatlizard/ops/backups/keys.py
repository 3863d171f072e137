"""Who may read a backup (age recipients), and who does (age identities)."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pyrage
from django.conf import settings
from django.utils.crypto import salted_hmac

from meatlizard.ops.backups.trouble import BackupFailed

Recipients: TypeAlias = Sequence[Any]
Identities: TypeAlias = Sequence[Any]


def recipients() -> Recipients:
    """Those of BACKUP_RECIPIENTS; none: backups are not encrypted. Raises BackupFailed, and names which one is wrong."""
    return [_recipient(number, given) for number, given in enumerate(settings.BACKUP_RECIPIENTS, 1)]


def mark_of_recipients() -> str:
    """Another one for others: what some can read is of no use to a backup for others. Empty without any."""
    return " ".join(sorted(settings.BACKUP_RECIPIENTS))


def identities(text: str | None = None) -> Identities:
    """Those in ``text``, a file as age-keygen or ssh-keygen writes it; without it those of BACKUP_IDENTITY. Raises BackupFailed."""
    given = settings.BACKUP_IDENTITY if text is None else text
    if "PRIVATE KEY-----" in given:
        return [_identity(pyrage.ssh.Identity.from_buffer, f"{given.strip()}\n".encode())]
    lines = (line.strip() for line in given.splitlines())
    return [_identity(pyrage.x25519.Identity.from_str, line) for line in lines if line and not line.startswith("#")]


def of_site() -> bytes:
    """What this site knows its own backups and contents by, without telling anybody anything about them."""
    return salted_hmac("meatlizard.ops.backups", "", algorithm="sha256").digest()


def _recipient(number: int, given: str) -> Any:
    read = pyrage.ssh.Recipient.from_str if given.startswith("ssh-") else pyrage.x25519.Recipient.from_str
    try:
        return read(given)
    except pyrage.RecipientError as error:
        raise BackupFailed(
            f"Recipient {number} of BACKUP_RECIPIENTS is none of age's: {error}.", code="no_recipient"
        ) from error


def _identity(read: Any, given: Any) -> Any:
    try:
        return read(given)
    except (pyrage.IdentityError, ValueError) as error:
        # Not what it says: it could repeat a part of the key.
        raise BackupFailed("The identity is none of age's, or is itself encrypted.", code="no_identity") from error

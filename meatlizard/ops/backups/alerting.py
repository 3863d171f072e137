"""Tells operators when the newest backup is late, none was verified, or nobody can tell; and when all is well again."""

from django.utils.translation import gettext as _

from meatlizard.alerts import actions as alerts
from meatlizard.ops.backups.standing import standing
from meatlizard.ops.backups.trouble import BackupFailed

SOURCE = "backups"


def tell() -> None:
    try:
        found = standing()
        bad, words = found.late or found.unverified, found.words()
    except BackupFailed as error:
        bad, words = True, error.message
    alerts.report(SOURCE, _("Backups"), bad=bad, words=words)

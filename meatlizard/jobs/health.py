"""Whether background jobs are taken."""

import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext

from meatlizard.health.components import Found
from meatlizard.jobs.models import Job

LATE: Final = datetime.timedelta(minutes=10)
"""A job that waits longer than that, with its time come, waits for a worker that is not there, or for a crowd."""


def look() -> Found:
    now = timezone.now()
    waiting = Job.objects.due()
    # The time a waiting job may be run from is when its wait begins.
    late = waiting.filter(created__lt=now - LATE).exclude(run_after__gt=now - LATE).exists()
    said = gettext("%(waiting)d wait, %(running)d under way") % {
        "waiting": waiting.count(),
        "running": Job.objects.held().count(),
    }
    return Found("warning" if late else "good", said)

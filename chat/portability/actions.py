"""Verbs of imports: take an archive."""

import datetime
import logging
from typing import IO

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat.models import ImportRun
from chat.portability.carrying import UNDER_WAY, carry_out, end
from chat.portability.form import writable
from chat.portability.jobs import run_import
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from meatlizard.languages import number

log = logging.getLogger(__name__)

MAX_UPLOAD = 250_000_000
AT_ONCE = 1_000_000
"""Bytes up to which an archive is worked on while its sender waits; a larger one is a job."""

PATIENCE = datetime.timedelta(minutes=10)
"""After which a job looks after an import that began in a request: the process may have been killed in it."""

GIVEN_UP = datetime.timedelta(days=1)
"""After which an import that has not ended never will, and stands in nobody's way."""


def begin(owner: User, name: str, file: IO[bytes], size: int) -> ImportRun:
    """Takes an archive. A small one is carried out when this returns, a larger one by a job.

    Raises Invalid for one that is empty or too large, LimitReached while another of the same person is under way.
    """
    if size > MAX_UPLOAD:
        raise Invalid(
            gettext("An archive has at most {most} MB.").format(most=number(MAX_UPLOAD // 1000000)),
            code="archive_too_large",
        )
    if not size:
        raise Invalid(gettext("This file is empty."), code="archive_empty")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).filter(pk=owner.pk).first()
        for other in ImportRun.objects.filter(owner=owner.pk, state__in=UNDER_WAY):
            if other.created > timezone.now() - GIVEN_UP:
                raise LimitReached(gettext("Another import of yours is still under way."), code="import_running")
            end(other, ImportRun.State.FAILED, gettext("It did not come to an end, and was given up."))
        run = ImportRun.objects.create(owner=owner, name=writable(name)[:200], created=timezone.now())
    try:
        run.file.save(f"{run.pk}", File(file))
    except OSError:
        log.exception("import.not_stored", extra={"import": str(run.pk)})
        end(run, ImportRun.State.FAILED, gettext("The site could not store this file. Nothing was imported."))
        return run
    if size <= AT_ONCE:
        run_import.using(run_after=timezone.now() + PATIENCE).enqueue(str(run.pk))
        carry_out(run)
    else:
        run_import.enqueue(str(run.pk))
    run.refresh_from_db()
    return run

"""An import, carried out: in the request that brought it or in a job, and after a crash from where it was."""

import logging
from typing import IO, Any

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from chat.bus import on_commit
from chat.events import ListChanged
from chat.hub import user_topic
from chat.models import ImportRun
from chat.portability import archive, writing
from chat.portability.form import writable
from chat.portability.writing import Prepared
from meatlizard.errors import Invalid
from meatlizard.languages import number

log = logging.getLogger(__name__)

MAX_CONVERSATIONS = 50_000
MAX_TOLD = 100
"""Refusals that are told one by one; of the rest only the number."""

UNDER_WAY = (ImportRun.State.WAITING, ImportRun.State.RUNNING)


def carry_out(run: ImportRun) -> None:
    """Imports what was not imported yet. Carried out again after a crash, it goes on where it was."""
    if not ImportRun.objects.filter(pk=run.pk, state__in=UNDER_WAY).update(state=ImportRun.State.RUNNING):
        return
    run.refresh_from_db()
    try:
        with run.file.open("rb") as file:
            _all(run, file)
    except Invalid as error:
        end(run, ImportRun.State.FAILED, error.message)
    except FileNotFoundError:
        end(run, ImportRun.State.FAILED, gettext("The file was lost on the way. Give it again."))
    except _Overtaken:
        log.warning("import.overtaken", extra={"import": str(run.pk)})
    else:
        end(run, ImportRun.State.DONE)
    on_commit(user_topic(run.owner_id), ListChanged())


class _Overtaken(Exception):
    """Another worker goes on with this import."""


def _all(run: ImportRun, file: IO[bytes]) -> None:
    for index, found in enumerate(archive.conversations(file)):
        if index >= MAX_CONVERSATIONS:
            raise Invalid(
                gettext("The first {most} conversations were taken; an archive may have no more.").format(
                    most=number(MAX_CONVERSATIONS)
                )
            )
        if index >= run.seen:
            _one(run, index, found)


def _one(run: ImportRun, number: int, found: Any) -> None:
    try:
        program, talk = writing.read(found)
        prepared = writing.prepare(run.owner, program, talk)
        _store(run, number, prepared)
    except Invalid as error:
        _refuse(run, number, found, error.message)
    except IntegrityError:
        log.exception("import.conflict", extra={"import": str(run.pk)})
        _refuse(run, number, found, gettext("It does not fit with what is here already."))
    except (DatabaseError, _Overtaken):
        raise
    except Exception:
        # One conversation that is odd in a way nobody thought of must not cost the others.
        log.exception("import.not_understood", extra={"import": str(run.pk)})
        _refuse(run, number, found, gettext("It could not be read. The site's log says why."))


def _store(run: ImportRun, number: int, prepared: Prepared) -> None:
    with transaction.atomic():
        outcome = writing.store(run.owner, prepared)
        _count(run, number, **{outcome: F(outcome) + 1})


def _refuse(run: ImportRun, number: int, found: Any, reason: str) -> None:
    title = ""
    if isinstance(found, dict):
        within = found.get("conversation")
        title = str(
            found.get("title") or found.get("name") or (within.get("title") if isinstance(within, dict) else "")
        )
    told = run.refused
    if len(told) < MAX_TOLD:
        told = [*told, {"title": writable(title)[:100] or f"number {number + 1}", "reason": reason}]
    run.refused = told
    _count(run, number, refused_count=F("refused_count") + 1, refused=told)


def _count(run: ImportRun, number: int, **changes: Any) -> None:
    """Together with what it counts: each conversation of the archive is counted once, whoever carries it out."""
    if not ImportRun.objects.filter(pk=run.pk, seen=number).update(seen=number + 1, **changes):
        raise _Overtaken


def end(run: ImportRun, state: str, error: str = "") -> None:
    ImportRun.objects.filter(pk=run.pk).update(state=state, error=error[:500], ended=timezone.now(), file="")
    if run.file and run.file.name:
        run.file.storage.delete(run.file.name)

"""Background work of the making of videos, in a queue with slots of its own."""

import logging
from typing import TYPE_CHECKING

from django_tasks import TaskContext, task

from files.blobs.trouble import DiskFull, Gone, Unreachable
from video.making import QUEUE

if TYPE_CHECKING:
    from video.models import Step

log = logging.getLogger(__name__)

TRIES = 3
"""Of a step that fails for a reason that nobody foresaw."""


@task(queue_name=QUEUE, takes_context=True)
def do_step(context: TaskContext, step: int) -> None:
    """Takes the step and does it; nothing where it is done, or another worker has it."""
    from video.making import steps, working
    from video.media.refusals import Problem, Refused, Stopped

    mine = steps.take(step, context.task_result.id)
    if mine is None:
        return
    video = mine.video
    blob = video.blob
    if blob is None or not blob.readable:
        _without_content(mine)
        return
    log.info(
        "video.step", extra={"video": str(video.pk), "kind": mine.kind, "number": mine.number, "attempt": mine.attempts}
    )
    try:
        working.do(mine)
    except (steps.Lost, Stopped):
        # Cancelled, deleted, or another worker's by now. What has become free is asked for by who frees it.
        steps.give_back(mine, asked=False)
    except Refused as refusal:
        _fail(mine, refusal.code, refusal.detail)
    except DiskFull:
        _fail(mine, "disk_full")
    except (Gone, FileNotFoundError):
        _fail(mine, "no_content")
    except Exception as error:
        if isinstance(error, Problem) and error.code == "disk_full":
            _fail(mine, error.code, error.detail)
            return
        if mine.attempts < TRIES:
            steps.give_back(mine, asked=True)
            raise
        log.exception("video.step_failed", extra={"video": str(video.pk), "kind": mine.kind})
        code = (
            error.code
            if isinstance(error, Problem)
            else "storage_unreachable"
            if isinstance(error, Unreachable)
            else "broken"
        )
        _fail(mine, code, error.detail if isinstance(error, Problem) else "")


def _fail(step: "Step", code: str, detail: str = "") -> None:
    from video.making import actions, steps

    if steps.give_back(step, asked=False):
        actions.fail(step.video, step.place, code, detail)


def _without_content(step: "Step") -> None:
    """It is being checked, and goes on once it has passed; or there is none that may be used."""
    from video.making import actions, steps

    blob = step.video.blob
    waits = blob is not None and blob.state == blob.State.CHECKING
    if steps.give_back(step, asked=False) and not waits:
        code = "quarantined" if blob is not None and blob.state == blob.State.QUARANTINED else "no_content"
        actions.fail(step.video, step.place, code)


@task
def delete_folder(folder: str) -> None:
    """Of a video that is gone, from a storage that did not answer then."""
    from video.making import keeping

    keeping.delete_folder(folder)


@task
def look_after() -> None:
    """What nobody does any more is done again; what is over is deleted."""
    from video.making import upkeep

    upkeep.all_of_it()

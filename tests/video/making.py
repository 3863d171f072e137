"""Videos made of real files, step by step in the test's own thread."""

from pathlib import Path
from typing import Any

from files.blobs import adopting, incoming
from meatlizard.accounts.models import User
from meatlizard.jobs import actions as jobs
from meatlizard.jobs.models import Job
from meatlizard.jobs.worker import run_job
from video import actions
from video.making import QUEUE
from video.making import actions as making
from video.models import Video


def blob_of(content: bytes) -> Any:
    coming = incoming.begin()
    try:
        coming.append(content)
        return adopting.adopt(coming)
    finally:
        coming.abandon()


def begun(owner: User, clip: Path, **more: Any) -> Video:
    """With its original there, and the first job asked for."""
    video = actions.draft(owner, **more)
    making.begin(video, blob_of(clip.read_bytes()), clip.name)
    return video


def work(most: int = 100, owner: str = "w1") -> list[Job]:
    """Does what is asked for, one job after the other, as many as that; those done."""
    done: list[Job] = []
    while len(done) < most and (job := jobs.claim(owner, QUEUE)) is not None:
        run_job(job)
        done.append(job)
    return done


def made(owner: User, clip: Path, **more: Any) -> Video:
    video = begun(owner, clip, **more)
    work()
    video.refresh_from_db()
    return video

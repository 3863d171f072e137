"""Clearing up behind viewings."""

from django_tasks import task

from video.watching import actions


@task
def forget_old() -> int:
    return actions.forget_old()

"""Tasks that tests enqueue, also into worker processes of their own."""

import time
from pathlib import Path

from django_tasks import TaskContext, task

from meatlizard.ops.logs import current_request_id


@task
def add(a: int, b: int) -> int:
    return a + b


@task
async def add_later(a: int, b: int) -> int:
    return a + b


@task
def who_asked() -> str:
    return current_request_id()


@task(takes_context=True)
def fails_until(context: TaskContext, attempt: int) -> int:
    if context.attempt < attempt:
        raise ValueError("not yet\nDETAIL: canary-0b5e")
    return context.attempt


@task
def note_and_hold(started: str, release: str) -> str:
    """Notes in ``started`` that it has begun, and ends when ``release`` exists."""
    with Path(started).open("a") as file:
        file.write("x")
    while not Path(release).exists():
        time.sleep(0.01)
    return "held"


@task
def gives_no_json() -> object:
    return object()

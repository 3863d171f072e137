"""The engine behind the Tasks API: ``@task`` from ``django_tasks``, rows in our table, workers of our own.

An operator may point TASKS_BACKEND at another engine; whoever writes tasks sees no difference.
"""

import uuid
from typing import Any

from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.signals import task_enqueued
from django_tasks.utils import normalize_json

from meatlizard.jobs import actions
from meatlizard.jobs.lease import State
from meatlizard.jobs.models import Job

STATUS = {
    State.QUEUED: TaskResultStatus.READY,
    State.LEASED: TaskResultStatus.RUNNING,
    State.STREAMING: TaskResultStatus.RUNNING,
    State.DONE: TaskResultStatus.SUCCESSFUL,
    State.FAILED: TaskResultStatus.FAILED,
    State.CANCELLED: TaskResultStatus.FAILED,
}


class JobsBackend(BaseTaskBackend):
    """Tasks run at least once: after a crash again, at most three times in all. Write them so that twice does no harm."""

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        self.validate_task(task)
        job = actions.enqueue(
            task.module_path,
            normalize_json(args),
            normalize_json(kwargs),
            queue=task.queue_name,
            backend=self.alias,
            priority=task.priority,
            run_after=task.run_after,
        )
        result = result_of(job, task)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> TaskResult[Any]:
        try:
            job = Job.objects.filter(pk=uuid.UUID(result_id)).first()
        except ValueError:
            job = None
        if job is None:
            raise TaskResultDoesNotExist(result_id)
        return result_of(job, task_of(job))


def task_of(job: Job) -> Task[Any, Any]:
    """Raises ImportError or TypeError when the function is gone or is no task any more."""
    task = import_string(job.task)
    if not isinstance(task, Task):
        raise TypeError(f"{job.task} is no task")
    return task.using(priority=job.priority, queue_name=job.queue, run_after=job.run_after, backend=job.backend)


def result_of(job: Job, task: Task[Any, Any]) -> TaskResult[Any]:
    result: TaskResult[Any] = TaskResult(
        task=task,
        id=str(job.pk),
        status=STATUS[State(job.state)],
        enqueued_at=job.created,
        started_at=job.started,
        finished_at=job.finished,
        last_attempted_at=job.started,
        args=job.args,
        kwargs=job.kwargs,
        backend=job.backend,
        errors=[TaskError(**error) for error in job.errors],
        worker_ids=job.workers,
    )
    object.__setattr__(result, "_return_value", job.result)
    return result

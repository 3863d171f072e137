"""Background work of the chat."""

from uuid import UUID

from django_tasks import task

from chat import task_claims


@task
def purge_tasks() -> int:
    """Deletes tasks of models that are over since long, with their files."""
    return task_claims.purge()


@task
def delete_input(inference_task: str) -> None:
    """Deletes the recording that an ended task worked on."""
    task_claims.delete_input(UUID(inference_task))

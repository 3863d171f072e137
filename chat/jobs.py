"""Background work of the chat."""

from uuid import UUID

from django_tasks import task

from chat import keeping, task_claims
from chat.knowledge import actions as knowledge
from chat.knowledge import adding
from chat.personas import actions as personas
from chat.prompting import actions as prompts
from chat.prompting import compositions
from chat.remembering import actions as remembering
from chat.routes import replies


@task
def purge_tasks() -> int:
    """Deletes tasks of models that are over since long, with their files."""
    return task_claims.purge()


@task
def empty_trash() -> int:
    """Deletes for good what has been in people's trash for its time."""
    adding.give_up_late()
    return keeping.empty_trash() + personas.empty_trash() + knowledge.empty_trash() + remembering.empty_trash()


@task
def purge_prompts() -> int:
    """Deletes system prompts to which no answer refers any more, answers that were known long enough, and prompts that have been in the trash for their time."""
    return compositions.purge() + prompts.empty_trash() + replies.purge()


@task
def delete_input(inference_task: str) -> None:
    """Deletes the recording that an ended task worked on."""
    task_claims.delete_input(UUID(inference_task))

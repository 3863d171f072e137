"""Background work of moderation."""

from django_tasks import task

from meatlizard.moderation.actions import audit, cases


@task
def clear_old() -> int:
    """Deletes decided cases and audit entries that are older than the operator keeps."""
    return cases.clear() + audit.prune()

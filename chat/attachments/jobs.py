"""Background work of attachments."""

from django_tasks import task


@task
def sweep_attachments() -> int:
    """Deletes files that no message has (any more)."""
    # Imported late: what sweeps also asks for sweeping.
    from chat.attachments.actions import sweep

    return sweep()

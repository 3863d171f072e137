"""Background work of attachments."""

from django_tasks import task


@task
def sweep_attachments() -> int:
    """Deletes files that no message has (any more)."""
    # Imported late: what sweeps also asks for sweeping.
    from chat.attachments.actions import SWEPT_AT_ONCE, sweep
    from meatlizard.reading.confined import clear_leftovers

    clear_leftovers()
    gone = sweep()
    if gone >= SWEPT_AT_ONCE:
        # There may be more, whose bytes their owners wait for. A new job, so that others get their turn in between.
        sweep_attachments.enqueue()
    return gone

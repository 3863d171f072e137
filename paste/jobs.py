"""Background work of pastes."""

from django_tasks import task


@task
def sweep_pastes() -> int:
    """Deletes what is past its time, spent or deleted, and what never came whole."""
    # Imported late: what sweeps also asks for sweeping.
    from paste.sweeping import AT_ONCE, sweep

    gone = sweep()
    if gone >= AT_ONCE:
        # A new job, so that others get their turn in between.
        sweep_pastes.enqueue()
    return gone


@task
def render_file(file: int) -> None:
    """Highlights what is too long for somebody to wait for."""
    from paste import showing
    from paste.models import File

    row = File.objects.filter(pk=file).first()
    if row is not None:
        showing.in_background(row)

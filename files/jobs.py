"""Background work of files."""

from uuid import UUID

from django_tasks import task


@task
def sweep_files() -> int:
    """Deletes contents and uploads that nobody keeps, and gives back room that was set aside for nothing."""
    from files import quota
    from files.blobs import sweeping
    from files.tus import sweeping as uploads

    gone = uploads.sweep() + sweeping.sweep() + quota.sweep()
    if gone >= sweeping.AT_ONCE:
        # A new job, so that others get their turn in between.
        sweep_files.enqueue()
    return gone


@task
def look_at_waiting_files() -> int:
    """Those that the scanner has not seen: it was away when they came, or the process died."""
    from files.safety import scanning

    return scanning.look_at_waiting()


@task
def tidy_files() -> None:
    """Finds what crashes have left in the places, and gives it a row again or deletes it. Contents are not read."""
    from files.verifying import Report, orphans

    for _looked_at in orphans.look(Report()):
        pass


@task
def read_folder(folder: str) -> None:
    """Brings the collection of a folder into step with it."""
    from files.asking import keep_in_step

    keep_in_step(UUID(folder))

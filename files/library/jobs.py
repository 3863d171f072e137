"""Background work of the library."""

from django_tasks import task


@task()
def empty_trash() -> int:
    """Deletes for good what has lain in the trash long enough, of everybody. Returns how many files."""
    from files.library import deleting

    return sum(deleting.sweep(owner) for owner in deleting.overdue())

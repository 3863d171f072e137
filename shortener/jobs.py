"""Background work of short links."""

from django_tasks import task

from shortener import changes, rollup
from shortener.actions import hosts


@task
def count_clicks() -> int:
    """Adds stored clicks to the counts by the hour."""
    return rollup.count()


@task
def tidy_up() -> int:
    """Closes days that are over, and deletes what is not kept any longer."""
    rollup.count()
    rollup.close_days()
    changes.prune()
    return rollup.sweep()


@task
def update_block_lists() -> int:
    """Reads the lists of hosts that are kept elsewhere."""
    return hosts.update_all()

"""Background work of imports."""

from uuid import UUID

from django_tasks import task

from chat.models import ImportRun
from chat.portability import carrying


@task
def run_import(run: str) -> None:
    """Imports an archive, or goes on with one. Does nothing when that is done."""
    row = ImportRun.objects.filter(pk=UUID(run)).first()
    if row is not None:
        carrying.carry_out(row)

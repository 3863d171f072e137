"""Background work of previews."""

from django_tasks import task

from files.models import Blob


@task
def make_preview(blob: str, name: str) -> None:
    """Preview and text of a content; ``name`` of a file that has it."""
    from files.previews import actions
    from files.texts import extracting

    row = Blob.objects.filter(pk=blob).first()
    if row is not None:
        actions.make(row)
        extracting.extract(row, name)

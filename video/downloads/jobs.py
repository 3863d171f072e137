"""Background work of downloads, beside the making of videos."""

from django_tasks import task

from video.making import QUEUE


@task(queue_name=QUEUE)
def join_download(download: int) -> None:
    from video.downloads import actions

    actions.join(download)

"""Pages of files, below ``/files/``."""

from django.urls import include, path

from files.asgi.refusals import behind
from files.previews.urls import urlpatterns as previews
from files.views import details, doing, lists

app_name = "files"

urlpatterns = [
    path("<uuid:file>/content/<str:name>", behind, name="content"),
    path("", lists.home, name="library"),
    path("", include("files.doors.urls")),
    path("", include("files.doors.urls")),
    path("folder/<uuid:folder>/", lists.folder, name="folder"),
    path("recent/", lists.recent, name="recent"),
    path("starred/", lists.starred, name="starred"),
    path("trash/", lists.trash, name="trash"),
    path("usage/", lists.usage_page, name="usage"),
    path("tags/", details.tags, name="tags"),
    path("tags/<int:tag>/rename/", details.rename_tag, name="rename_tag"),
    path("tags/<int:tag>/delete/", details.delete_tag, name="delete_tag"),
    path("do/folder/", doing.make_folder, name="make_folder"),
    path("do/rename/", doing.rename, name="rename"),
    path("do/move/", doing.move, name="move"),
    path("do/copy/", doing.copy, name="copy"),
    path("do/star/", doing.star, name="star"),
    path("do/tag/", details.tag, name="tag"),
    path("do/trash/", doing.trash, name="trash_selected"),
    path("do/restore/", doing.restore, name="restore"),
    path("do/delete/", doing.delete, name="delete"),
    path("do/empty/", doing.empty, name="empty"),
    path("do/undo/", doing.undo, name="undo"),
    path("<uuid:file>/details/", details.details, name="details"),
    path("<uuid:file>/tags/", details.set_tags, name="set_tags"),
    path("<uuid:file>/versions/delete/", details.delete_earlier, name="delete_earlier"),
    path("<uuid:file>/versions/<int:number>/restore/", details.restore_version, name="restore_version"),
    path("<uuid:file>/versions/<int:number>/delete/", details.delete_version, name="delete_version"),
    *previews,
]

"""Addresses of shares and inboxes. What answers content and zips stands ahead of Django: the routes here say where they are, and why
they were refused."""

from django.urls import path

from files.asgi.refusals import behind
from files.sharing.views import owning, reporting, sending, visiting

app_name = "files-sharing"

urlpatterns = [
    path("files/shares/", owning.home, name="home"),
    path("files/shares/new/", owning.new, name="new"),
    path("files/shares/<int:files_share>/", owning.share, name="share"),
    path("files/shares/<int:files_share>/revoke/", owning.revoke, name="revoke"),
    path("files/shares/<int:files_share>/delete/", owning.delete, name="delete"),
    path("files/shares/inboxes/new/", sending.new_inbox, name="new_inbox"),
    path("files/shares/inboxes/<int:files_inbox>/", sending.inbox, name="inbox"),
    path("files/shares/inboxes/<int:files_inbox>/close/", sending.close_inbox, name="close_inbox"),
    path("files/shares/inboxes/<int:files_inbox>/delete/", sending.delete_inbox, name="delete_inbox"),
    path("f/up/<slug:inbox_slug>/", sending.send, name="send"),
    path("f/<slug:shared>/", visiting.show, name="show"),
    path("f/<slug:shared>/folder/<uuid:shared_folder>/", visiting.folder, name="folder"),
    path("f/<slug:shared>/file/<uuid:shared_file>/", visiting.file, name="file"),
    path("f/<slug:shared>/file/<uuid:shared_file>/preview/<str:picture>", visiting.preview, name="preview"),
    path("f/<slug:shared>/get/<uuid:shared_file>/", visiting.get, name="get"),
    path("f/<slug:shared>/get/", visiting.get_zip, name="get_zip"),
    path("f/<slug:shared>/qr/", visiting.qr, name="qr"),
    path("f/<slug:shared>/report/", reporting.report, name="report"),
    path("f/<slug:shared>/content/<uuid:shared_file>/<str:shared_name>", behind, name="content"),
    path("f/<slug:shared>/zip", behind, name="zip"),
]

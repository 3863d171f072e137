"""Addresses of pastes, below ``/p/``."""

from django.urls import path

from paste.doors.views import takes_uploads
from paste.views import assisting, embedding, files, history, lists, making, reading, talking

app_name = "paste"

urlpatterns = [
    path("", takes_uploads(lists.home), name="home"),
    path("new/", making.new, name="new"),
    path("public/", lists.public, name="public"),
    path("collections/", lists.shelves, name="collections"),
    path("collections/<str:shelf>/", lists.collection, name="collection"),
    path("collections/<str:shelf>/delete/", lists.delete_collection, name="delete_collection"),
    path("collections/<str:shelf>/remove/", lists.take_out, name="take_out"),
    path("<str:slug>/", reading.show, name="show"),
    path("<str:slug>/part/<int:file>/<int:number>/", reading.piece, name="piece"),
    path("<str:slug>/raw/", files.raw, name="raw_first"),
    path("<str:slug>/raw/<int:file>/", files.raw, name="raw"),
    path("<str:slug>/download/<int:file>/", files.download, name="download"),
    path("<str:slug>/zip/", files.archive, name="zip"),
    path("<str:slug>/qr/", files.qr, name="qr"),
    path("<str:slug>/embed/", embedding.embed, name="embed"),
    path("<str:slug>/embed.js", embedding.script, name="script"),
    path("<str:slug>/edit/", making.edit, name="edit"),
    path("<str:slug>/settings/", making.settings, name="settings"),
    path("<str:slug>/delete/", making.delete, name="delete"),
    path("<str:slug>/undelete/", making.undelete, name="undelete"),
    path("<str:slug>/forget/", making.forget, name="forget"),
    path("<str:slug>/fork/", history.fork, name="fork"),
    path("<str:slug>/revisions/", history.revisions, name="revisions"),
    path("<str:slug>/revisions/<int:number>/", reading.revision, name="revision"),
    path("<str:slug>/revisions/<int:number>/changes/", history.differences, name="differences"),
    path("<str:slug>/revisions/<int:number>/restore/", history.restore, name="restore"),
    path("<str:slug>/comment/", talking.comment, name="comment"),
    path("<str:slug>/comment/<str:comment>/remove/", talking.remove_comment, name="remove_comment"),
    path("<str:slug>/react/", talking.react, name="react"),
    path("<str:slug>/star/", talking.star, name="star"),
    path("<str:slug>/collect/", talking.collect, name="collect"),
    path("<str:slug>/ask/", assisting.ask, name="ask"),
    path("<str:slug>/ask/<uuid:asked>/", assisting.answer, name="answer"),
    path("<str:slug>/report/", talking.report, name="report"),
]

"""Addresses of files of conversations; included below ``/chat/``."""

from django.urls import path

from chat.artifacts import views

urlpatterns = [
    path("<uuid:conversation>/files/", views.listed, name="artifacts"),
    path("<uuid:conversation>/files/zip/", views.packed, name="artifacts-zip"),
    path("file/<uuid:artifact>/", views.link, name="artifact"),
    path("file/<uuid:artifact>/keep/", views.keep, name="artifact-keep"),
    path("file/<uuid:artifact>/delete/", views.remove, name="artifact-delete"),
    path("file/<uuid:artifact>/<int:number>/", views.look, name="artifact-look"),
    path("file/<uuid:artifact>/<int:number>/text/", views.text, name="artifact-text"),
    path("file/<uuid:artifact>/<int:number>/download/", views.download, name="artifact-download"),
    path("file/<uuid:artifact>/<int:number>/frame/", views.frame, name="artifact-frame"),
    path("file/<uuid:artifact>/<int:number>/edit/", views.revise, name="artifact-edit"),
    path("file/<uuid:artifact>/<int:number>/restore/", views.restore, name="artifact-restore"),
]

"""Part of ``video:``."""

from django.urls import path

from video.downloads import views

urlpatterns = [path("v/<str:slug>/download/<str:rendition>", views.download, name="download")]

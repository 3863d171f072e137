"""Part of ``video:``."""

from django.urls import path

from video.captions import reading, views

urlpatterns = [
    path("v/<str:slug>/captions/", views.all_of_video, name="captions"),
    path("v/<str:slug>/captions/hear/", views.hear, name="captions_hear"),
    path("v/<str:slug>/captions/<uuid:captions>/", views.edit, name="captions_edit"),
    path("v/<str:slug>/captions/<uuid:captions>/describe/", views.describe, name="captions_describe"),
    path("v/<str:slug>/captions/<uuid:captions>/replace/", views.replace, name="captions_replace"),
    path("v/<str:slug>/captions/<uuid:captions>/delete/", views.remove, name="captions_delete"),
    path("v/<str:slug>/captions/<uuid:captions>.vtt", reading.vtt, name="captions_vtt"),
    path("v/<str:slug>/captions/<uuid:captions>.srt", reading.srt, name="captions_srt"),
    path("v/<str:slug>/transcript/<uuid:captions>/", reading.transcript, name="transcript"),
]

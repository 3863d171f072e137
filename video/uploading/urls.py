from django.urls import path

from video.uploading import views

urlpatterns = [
    path("videos/upload/", views.upload, name="upload"),
    path("videos/from-file/", views.from_file, name="from-file"),
    path("v/<slug:slug>/state", views.state, name="state"),
    path("v/<slug:slug>/describe", views.describe, name="describe"),
    path("v/<slug:slug>/cancel", views.cancel, name="cancel"),
    path("v/<slug:slug>/retry", views.retry, name="retry"),
    path("v/<slug:slug>/anew", views.anew, name="anew"),
    path("v/<slug:slug>/delete", views.delete, name="delete"),
    path("v/<slug:slug>/restore", views.restore, name="restore"),
]

from django.urls import path

from video.embedding import views

urlpatterns = [
    path("v/<slug:slug>/embed/", views.embed, name="embed"),
    path("v/<slug:slug>/player", views.player, name="player"),
]

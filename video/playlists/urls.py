from django.urls import path

from video.playlists import feed, views

urlpatterns = [
    path("v/<slug:slug>/like", views.like, name="like"),
    path("v/<slug:slug>/save", views.save, name="save"),
    path("videos/playlists/", views.playlists, name="playlists"),
    path("videos/later/", views.later, name="later"),
    path("videos/liked/", views.liked, name="liked"),
    path("videos/playlist/<slug:list_slug>/", views.playlist, name="playlist"),
    path("videos/playlist/<slug:list_slug>/feed.rss", feed.feed, name="playlist-feed"),
    path("videos/playlist/<slug:list_slug>/edit", views.edit, name="playlist-edit"),
    path("videos/playlist/<slug:list_slug>/delete", views.delete, name="playlist-delete"),
    path("videos/playlist/<slug:list_slug>/move", views.move, name="playlist-move"),
    path("videos/playlist/<slug:list_slug>/out", views.take_out, name="playlist-out"),
    path("videos/playlist/<slug:list_slug>/back", views.put_back, name="playlist-back"),
]

"""Addresses of what is remembered; included below ``/chat/``."""

from django.urls import path

from chat.remembering import views

urlpatterns = [
    path("memory/", views.facts, name="facts"),
    path("memory/note/", views.note, name="facts-note"),
    path("memory/delete-all/", views.remove_all, name="facts-delete"),
    path("memory/bring-back/", views.bring_back, name="facts-bring-back"),
    path("memory/switch/", views.switch, name="facts-switch"),
    path("memory/export/", views.export, name="facts-export"),
    path("memory/personas/<uuid:persona>/", views.persona, name="facts-persona"),
    path("memory/<int:fact>/", views.fact, name="fact"),
    path("memory/<int:fact>/delete/", views.remove, name="fact-delete"),
    path("<uuid:conversation>/facts/", views.conversation, name="talk-facts"),
]

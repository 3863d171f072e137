"""Addresses of collections; included below ``/chat/``."""

from django.urls import path

from chat.knowledge.views import attaching, collections, documents

urlpatterns = [
    path("knowledge/", collections.collections, name="collections"),
    path("knowledge/menu/", attaching.menu, name="collection-menu"),
    path("knowledge/<uuid:collection>/", collections.collection, name="collection"),
    path("knowledge/<uuid:collection>/edit/", collections.edit, name="collection-edit"),
    path("knowledge/<uuid:collection>/delete/", collections.remove, name="collection-delete"),
    path("knowledge/<uuid:collection>/bring-back/", collections.bring_back, name="collection-bring-back"),
    path("knowledge/<uuid:collection>/files/", documents.add_files, name="collection-files"),
    path("knowledge/<uuid:collection>/note/", documents.add_note, name="collection-note"),
    path("knowledge/<uuid:collection>/page/", documents.add_page, name="collection-page"),
    path("knowledge/<uuid:collection>/take/", documents.add_from, name="collection-take"),
    path("knowledge/document/<uuid:document>/", documents.document, name="document"),
    path("knowledge/document/<uuid:document>/again/", documents.read_again, name="document-again"),
    path("knowledge/document/<uuid:document>/delete/", documents.remove, name="document-delete"),
    path("knowledge/document/<uuid:document>/bring-back/", documents.bring_back, name="document-bring-back"),
    path("knowledge/passage/<int:passage>/", documents.passage, name="passage"),
    path("<uuid:conversation>/knowledge/", attaching.conversation, name="talk-knowledge"),
    path("<uuid:conversation>/knowledge/add/", attaching.add, name="talk-knowledge-add"),
    path("personas/<uuid:persona>/knowledge/", attaching.persona, name="persona-knowledge"),
]

"""Addresses of personas and lorebooks; included below ``/chat/``."""

from django.urls import include, path

from chat.personas.views import editing, files, lorebooks, pages, talks

urlpatterns = [
    path("personas/", pages.personas, name="personas"),
    path("personas/menu/", pages.menu, name="persona-menu"),
    path("personas/", include("chat.personas.authoring.urls")),
    path("personas/new/", editing.new, name="persona-new"),
    path("personas/preview/", editing.preview, name="persona-preview"),
    path("personas/import/", files.take_in, name="persona-import"),
    path("personas/<uuid:persona>/", pages.persona, name="persona"),
    path("personas/<uuid:persona>/edit/", editing.edit, name="persona-edit"),
    path("personas/<uuid:persona>/avatar/", files.avatar, name="persona-avatar"),
    path("personas/<uuid:persona>/card.png", files.export, {"kind": "png"}, name="persona-png"),
    path("personas/<uuid:persona>/card.json", files.export, {"kind": "json"}, name="persona-json"),
    path("personas/<uuid:persona>/versions/", pages.versions, name="persona-versions"),
    path("personas/<uuid:persona>/versions/<int:number>/restore/", pages.restore, name="persona-restore"),
    path("personas/<uuid:persona>/delete/", pages.delete, name="persona-delete"),
    path("personas/<uuid:persona>/undelete/", pages.bring_back, name="persona-undelete"),
    path("personas/<uuid:persona>/copy/", pages.copy, name="persona-copy"),
    path("personas/<uuid:persona>/chat/", talks.begin, name="persona-chat"),
    path("lorebooks/", lorebooks.books, name="lorebooks"),
    path("lorebooks/new/", lorebooks.new, name="lorebook-new"),
    path("lorebooks/<uuid:book>/", lorebooks.book, name="lorebook"),
    path("lorebooks/<uuid:book>/export/", lorebooks.export, name="lorebook-export"),
    path("lorebooks/<uuid:book>/delete/", lorebooks.delete, name="lorebook-delete"),
    path("<uuid:conversation>/persona/", talks.talk, name="talk"),
    path("<uuid:conversation>/persona/who/", talks.who, name="talk-who"),
    path("<uuid:conversation>/persona/choose/", talks.choose, name="talk-choose"),
    path("<uuid:conversation>/persona/greet/", talks.greet, name="talk-greet"),
    path("<uuid:conversation>/persona/avatar/", files.speaker, name="talk-avatar"),
]

"""Addresses of the prompt library; included below ``/chat/``."""

from django.urls import path

from chat.prompting.views import editing, pages, requests

urlpatterns = [
    path("prompts/", pages.prompts, name="prompts"),
    path("prompts/new/", editing.new, name="prompt-new"),
    path("prompts/menu/", requests.menu, name="prompt-menu"),
    path("prompts/<uuid:prompt>/", pages.prompt, name="prompt"),
    path("prompts/<uuid:prompt>/edit/", editing.edit, name="prompt-edit"),
    path("prompts/<uuid:prompt>/versions/", pages.versions, name="prompt-versions"),
    path("prompts/<uuid:prompt>/versions/<int:number>/take-back/", pages.take_back, name="prompt-take-back"),
    path("prompts/<uuid:prompt>/delete/", pages.remove, name="prompt-delete"),
    path("prompts/<uuid:prompt>/bring-back/", pages.bring_back, name="prompt-bring-back"),
    path("prompts/<uuid:prompt>/copy/", pages.copy, name="prompt-copy"),
    path("prompts/<uuid:prompt>/share/", pages.share, name="prompt-share"),
    path("prompts/<uuid:prompt>/fill/", requests.fill, name="prompt-fill"),
    path("about-me/", editing.own_text, name="own-text"),
    path("message/<uuid:message>/prompt/", requests.read_by_answer, name="prompt-read"),
]

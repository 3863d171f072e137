from django.urls import include, path

from chat.search import views as search_views
from chat.views import branches, diagrams, keeping, pages

app_name = "chat"

urlpatterns = [
    path("", include("chat.artifacts.urls")),
    path("", include("chat.attachments.urls")),
    path("", include("chat.context.urls")),
    path("", include("chat.flows.urls")),
    path("", include("chat.knowledge.urls")),
    path("", include("chat.moderating.urls")),
    path("", include("chat.personas.urls")),
    path("", include("chat.portability.urls")),
    path("", include("chat.comparing.urls")),
    path("", include("chat.telling.urls")),
    path("", include("chat.rating.urls")),
    path("", include("chat.prompting.urls")),
    path("", include("chat.remembering.urls")),
    path("", include("chat.sharing.urls")),
    path("", include("chat.temporary.urls")),
    path("", include("chat.tools.urls")),
    path("", include("chat.transcripts.urls")),
    path("", pages.home, name="home"),
    path("new/", pages.create, name="create"),
    path("list/", pages.conversations, name="list"),
    path("keep/", keeping.keep, name="keep"),
    path("folders/", keeping.add_folder, name="folders"),
    path("folders/<uuid:folder>/", keeping.change_folder, name="folder"),
    path("folders/<uuid:folder>/delete/", keeping.delete_folder, name="folder-delete"),
    path("diagrams/", diagrams.frame, name="diagrams"),
    path("search/", search_views.find, name="search"),
    path("message/<uuid:message>/source/", pages.source, name="source"),
    path("message/<uuid:message>/thinking/", pages.thinking, name="thinking"),
    path("message/<uuid:message>/show/", branches.show, name="show"),
    path("message/<uuid:message>/edit/", branches.edit, name="edit"),
    path("message/<uuid:message>/delete/", branches.remove, name="remove"),
    path("message/<uuid:message>/restore/", branches.restore, name="restore"),
    path("message/<uuid:message>/fork/", branches.fork, name="fork"),
    path("<uuid:conversation>/", pages.conversation, name="conversation"),
    path("<uuid:conversation>/rename/", pages.rename, name="rename"),
    path("<uuid:conversation>/delete/", pages.delete, name="delete"),
    path("<uuid:conversation>/settings/", pages.settings, name="settings"),
]

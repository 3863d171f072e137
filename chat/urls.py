from django.urls import path

from chat import views
from chat.search import views as search_views

app_name = "chat"

urlpatterns = [
    path("", views.home, name="home"),
    path("new/", views.create, name="create"),
    path("list/", views.conversations, name="list"),
    path("search/", search_views.find, name="search"),
    path("message/<uuid:message>/source/", views.source, name="source"),
    path("message/<uuid:message>/thinking/", views.thinking, name="thinking"),
    path("<uuid:conversation>/", views.conversation, name="conversation"),
    path("<uuid:conversation>/rename/", views.rename, name="rename"),
    path("<uuid:conversation>/delete/", views.delete, name="delete"),
    path("<uuid:conversation>/settings/", views.settings, name="settings"),
]

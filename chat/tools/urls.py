from django.urls import path

from chat.tools import call_views, views

urlpatterns = [
    path("<uuid:conversation>/tools/", views.tools, name="tools"),
    path("zone/", views.zone, name="zone"),
    path("call/<uuid:call>/", call_views.call, name="call"),
]

"""Addresses for programs, at the root of the site: command lines are typed, and haste's clients know theirs by heart."""

from django.urls import path

from paste.doors import views

app_name = "doors"

urlpatterns = [
    path("documents", views.document, name="document"),
    path("documents/<str:slug>", views.documented, name="documented"),
    path("raw/<str:slug>", views.raw, name="raw"),
    path("p/sharex.sxcu", views.sharex, name="sharex"),
    path("p/pastebinit.conf", views.pastebinit, name="pastebinit"),
    path("p", views.make, name="make"),
    path("p/<str:slug>", views.named, name="named"),
]

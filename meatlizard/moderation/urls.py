from django.urls import path

from meatlizard.moderation import views

app_name = "moderation"

urlpatterns = [
    path("", views.standing, name="standing"),
    path("read/", views.read, name="read"),
    path("<uuid:case>/", views.case, name="case"),
]

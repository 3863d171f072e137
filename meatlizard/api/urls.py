"""Below ``/api/``."""

from django.urls import path

from meatlizard.api import v1, views

app_name = "api"

urlpatterns = [
    path("", views.documentation, name="documentation"),
    path("keys/", views.keys, name="keys"),
    path("keys/<int:key>/revoke/", views.revoke, name="revoke"),
    path("v1/", v1.api().urls),
    path("<path:rest>", views.nothing, name="nothing"),
]

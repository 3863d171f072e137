"""Addresses of export and import; included below ``/chat/``."""

from django.urls import path

from chat.portability import views

urlpatterns = [
    path("<uuid:conversation>/export/<str:kind>/", views.export, name="export"),
    path("export/<str:kind>/", views.export_all, name="export_all"),
    path("import/", views.archives, name="archives"),
    path("import/<uuid:run>/", views.imported, name="imported"),
]

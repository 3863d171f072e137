from django.urls import path

from meatlizard.ops.backups import views

urlpatterns = [
    path("admin/backups/", views.backups, name="backups"),
    path("admin/backups/progress/", views.progress, name="backups-progress"),
]

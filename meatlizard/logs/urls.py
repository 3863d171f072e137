from django.urls import path

from meatlizard.logs import views

urlpatterns = [path("admin/logs/", views.logs, name="logs")]

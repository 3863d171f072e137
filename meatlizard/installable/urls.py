from django.urls import path

from meatlizard.installable import views

urlpatterns = [
    path("sw.js", views.worker, name="service_worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("robots.txt", views.robots, name="robots"),
    path("offline/", views.offline, name="offline"),
]

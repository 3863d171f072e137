from django.urls import path

from video.importing import views

urlpatterns = [path("videos/import/", views.import_, name="import")]

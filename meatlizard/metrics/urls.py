from django.urls import path

from meatlizard.metrics import views

urlpatterns = [path("metrics", views.exposed, name="metrics")]

from django.urls import path

from meatlizard.metrics import pages, views

urlpatterns = [
    path("metrics", views.exposed, name="metrics"),
    path("admin/figures/", pages.figures, name="figures"),
    path("admin/figures/<slug:chart>/", pages.figure, name="figure"),
]

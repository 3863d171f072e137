from django.urls import path

from video.reporting import views

urlpatterns = [path("v/<slug:slug>/report/", views.report, name="report")]

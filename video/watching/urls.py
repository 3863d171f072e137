from django.urls import path

from video.watching import views

urlpatterns = [
    path("v/<slug:slug>/watching", views.watching, name="watching"),
    path("v/<slug:slug>/analytics/", views.analytics, name="analytics"),
    path("v/<slug:slug>/analytics.csv", views.analytics_csv, name="analytics-csv"),
    path("videos/history/", views.history_page, name="history"),
    path("videos/history/change", views.history_change, name="history-change"),
]

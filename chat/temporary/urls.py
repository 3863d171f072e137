from django.urls import path

from chat.temporary import views

urlpatterns = [path("temporary/keep/", views.keep, name="temporary-keep")]

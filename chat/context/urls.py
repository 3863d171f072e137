from django.urls import path

from chat.context import views

urlpatterns = [
    path("<uuid:conversation>/context/", views.context, name="context"),
    path("<uuid:conversation>/summarise/", views.summarise, name="summarise"),
    path("<uuid:conversation>/summaries/", views.by_themselves, name="summaries"),
    path("message/<uuid:message>/pin/", views.pin, name="pin"),
    path("summary/<uuid:checkpoint>/edit/", views.edit, name="summary-edit"),
    path("summary/<uuid:checkpoint>/delete/", views.delete, name="summary-delete"),
]

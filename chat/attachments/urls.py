"""Addresses of attachments; included below ``/chat/``."""

from django.urls import path

from chat.attachments import views

urlpatterns = [
    path("attachments/", views.upload, name="attach"),
    path("attachments/take/", views.take, name="attach-take"),
    path("attachments/menu/", views.menu, name="attach-menu"),
    path("attachments/<uuid:upload>/remove/", views.remove, name="attach-remove"),
    path("attachments/<uuid:upload>/file/", views.file, name="attach-file"),
    path("attachments/<uuid:upload>/image/", views.image, name="attach-image"),
    path("attachments/<uuid:upload>/thumbnail/", views.thumbnail, name="attach-thumbnail"),
    path("attachments/<uuid:upload>/text/", views.text, name="attach-text"),
]

"""Addresses of shared conversations; included below ``/chat/``."""

from django.urls import path

from chat.sharing import views

urlpatterns = [
    path("share/", views.share_nothing, name="share_nothing"),
    path("<uuid:conversation>/share/", views.share, name="share"),
    path("shares/", views.shares, name="shares"),
    path("shares/<uuid:share>/revoke/", views.revoke, name="revoke"),
    path("shared/<str:token>/", views.shared, name="shared"),
    path("shared/<str:token>/copy/", views.copy, name="copy"),
]

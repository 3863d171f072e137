"""Addresses of the assistant and of reviews; included below ``/chat/personas/``."""

from django.urls import path

from chat.personas.authoring import views

urlpatterns = [
    path("assist/draft/", views.draft, name="persona-draft"),
    path("assist/suggest/", views.suggest, name="persona-suggest"),
    path("assist/picture/", views.paint, name="persona-paint"),
    path("assist/reply/", views.reply, name="persona-reply"),
    path("assist/<uuid:task>/", views.outcome, name="persona-outcome"),
    path("assist/<uuid:task>/picture/", views.picture, name="persona-picture"),
    path("assist/<uuid:task>/forget/", views.forget, name="persona-forget"),
    path("reviews/", views.reviews, name="persona-reviews"),
    path("<uuid:persona>/review/", views.review, name="persona-review"),
]

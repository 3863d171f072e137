from django.urls import path

from video.comments import views

urlpatterns = [
    path("v/<slug:slug>/comments/", views.comments, name="comments"),
    path("v/<slug:slug>/comments/say", views.say, name="say"),
    path("v/<slug:slug>/comments/<slug:comment>/", views.comment, name="comment"),
    path("v/<slug:slug>/comments/<slug:comment>/edit", views.edit, name="comment-edit"),
    path("v/<slug:slug>/comments/<slug:comment>/remove", views.remove, name="comment-remove"),
    path("v/<slug:slug>/comments/<slug:comment>/like", views.like, name="comment-like"),
    path("v/<slug:slug>/comments/<slug:comment>/approve", views.approve, name="comment-approve"),
    path("v/<slug:slug>/comments/<slug:comment>/block", views.block, name="comment-block"),
    path("v/<slug:slug>/comments/<slug:comment>/report", views.report, name="comment-report"),
    path("videos/comments/", views.said, name="said"),
    path("videos/comments/unblock", views.unblock, name="unblock"),
]

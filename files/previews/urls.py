"""The page of a file, below ``/files/``."""

from django.urls import path

from files.previews import views

urlpatterns = [
    path("<uuid:file>/", views.file, name="file"),
    path("<uuid:file>/preview/<str:name>", views.preview, name="preview"),
    path("<uuid:file>/text/<int:number>", views.text, name="text"),
    path("<uuid:file>/retry/", views.retry, name="retry"),
    path("<uuid:file>/others/", views.others, name="others"),
    path("<uuid:file>/ask/", views.ask, name="ask"),
    path("folder/<uuid:folder>/ask/", views.ask_folder, name="ask_folder"),
    path("pdf-frame/", views.pdf_frame, name="pdf_frame"),
]

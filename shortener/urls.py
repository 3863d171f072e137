"""Pages of short links, below ``/links/``."""

from django.urls import path

from shortener.views import carrying, figures, manage, small, visiting

app_name = "shortener"

urlpatterns = [
    path("", manage.index, name="index"),
    path("shorten/", manage.shorten, name="shorten"),
    path("new/", manage.create, name="create"),
    path("many/", manage.many, name="many"),
    path("import/", carrying.bring_in, name="import"),
    path("export.json", carrying.as_json, name="export-json"),
    path("export.csv", carrying.as_csv, name="export-csv"),
    path("slug/", small.slug, name="slug"),
    path("to/", small.link_to, name="link-to"),
    path("qr.svg", small.code, {"kind": "svg"}, name="qr-svg"),
    path("qr.png", small.code, {"kind": "png"}, name="qr-png"),
    path("folders/<int:link_folder>/delete/", manage.delete_folder, name="delete-folder"),
    path("<int:link>/", manage.edit, name="edit"),
    path("<int:link>/delete/", manage.delete, name="delete"),
    path("<int:link>/statistics/", figures.owner, name="figures"),
    path("<int:link>/statistics.csv", figures.as_csv, name="figures-csv"),
    path("<int:link>/statistics.json", figures.as_json, name="figures-json"),
    path("<int:link>/live/", figures.live, name="live"),
    path("public/<path:address>", figures.public, name="public"),
    path("report/<path:address>", visiting.report, name="report"),
    path("<int:link>/again/", manage.start_again, name="again"),
]

"""Facts about what lies here, for operators: neither names nor contents."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from files import quota
from files.models import Blob, File, Reservation, Upload
from files.safety import admin as quarantine  # noqa: F401  (registers it)
from meatlizard.read_only import ReadOnly, Untouchable


@admin.register(Blob)
class BlobAdmin(Untouchable, admin.ModelAdmin[Blob]):
    list_display = ["__str__", "media_type", "stored", "state", "place", "references", "created", "verified"]
    list_filter = ["state", "place"]
    search_fields = ["sha256"]
    fields = [
        "sha256", "media_type", "stored", "state", "place", "copy", "references", "created", "unreferenced", "verified",
    ]  # fmt: skip

    @admin.display(description=_("stored"), ordering="size")
    def stored(self, row: Blob) -> str:
        return filesizeformat(row.size)


@admin.register(File)
class FileAdmin(Untouchable, admin.ModelAdmin[File]):
    list_display = ["pk", "owner", "media_type", "stored", "number", "created", "changed", "trashed"]
    list_select_related = ["owner"]
    search_fields = ["owner__username", "blob__sha256"]
    search_help_text = _("A member's name, or the SHA-256 of a content.")
    fields = ["id", "owner", "blob", "media_type", "stored", "number", "created", "changed", "trashed"]

    @admin.display(description=_("stored"), ordering="size")
    def stored(self, row: File) -> str:
        return filesizeformat(row.size)


@admin.register(Reservation)
class ReservationAdmin(ReadOnly, admin.ModelAdmin[Reservation]):
    """To delete one gives its room back; the upload that it is for takes it again or is refused."""

    list_display = ["pk", "owner", "stored", "created", "expires"]
    list_select_related = ["owner"]
    search_fields = ["owner__username"]
    fields = ["id", "owner", "stored", "created", "expires"]

    @admin.display(description=_("size"), ordering="size")
    def stored(self, row: Reservation) -> str:
        return filesizeformat(row.size)

    def delete_model(self, request: HttpRequest, obj: Reservation) -> None:
        quota.cancel(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Reservation]") -> None:
        for row in queryset:
            quota.cancel(row.pk)


@admin.register(Upload)
class UploadAdmin(Untouchable, admin.ModelAdmin[Upload]):
    list_display = ["pk", "owner", "state", "stored", "created", "expires"]
    list_select_related = ["owner"]
    list_filter = ["state"]
    search_fields = ["owner__username"]
    fields = ["id", "owner", "grant", "state", "stored", "created", "expires"]

    @admin.display(description=_("size"), ordering="length")
    def stored(self, row: Upload) -> str:
        return str(_("not known yet")) if row.length is None else filesizeformat(row.length)


from files.sharing import admin as sharing  # noqa: E402, F401  (registers its pages)

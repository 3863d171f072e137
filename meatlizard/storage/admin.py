"""How full it is, for operators."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from meatlizard.read_only import Untouchable
from meatlizard.storage.models import StorageUse


@admin.register(StorageUse)
class StorageUseAdmin(Untouchable, admin.ModelAdmin[StorageUse]):
    """The bound of a person stands in the tier."""

    list_display = ["user", "stored", "tier"]
    list_select_related = ["user__tier"]
    search_fields = ["user__username"]
    fields = ["user", "stored", "tier"]

    @admin.display(description=_("stored"), ordering="used")
    def stored(self, row: StorageUse) -> str:
        return filesizeformat(row.used)

    @admin.display(description=_("tier"))
    def tier(self, row: StorageUse) -> str:
        return row.user.tier.title

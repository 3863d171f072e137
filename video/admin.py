"""Facts about videos, for operators: neither titles nor what is in them."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from meatlizard.read_only import Untouchable
from video.models import Category, Channel, Rendition, Step, Video


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin[Category]):
    list_display = ["name", "slug", "order"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Channel)
class ChannelAdmin(Untouchable, admin.ModelAdmin[Channel]):
    list_display = ["handle", "owner", "main", "created"]
    list_select_related = ["owner"]
    search_fields = ["handle", "owner__username"]
    fields = ["handle", "owner", "main", "created"]


@admin.register(Video)
class VideoAdmin(Untouchable, admin.ModelAdmin[Video]):
    list_display = ["pk", "owner", "state", "privacy", "error", "duration", "height", "stored", "created", "trashed"]
    list_filter = ["state", "privacy", "error"]
    list_select_related = ["owner"]
    search_fields = ["owner__username", "id", "slug"]
    fields = [
        "id", "owner", "channel", "state", "error", "detail", "progress", "estimate", "privacy", "blob", "stored", "duration", "width", "height",
        "place", "begun", "playable", "published", "created", "changed", "trashed", "views",
    ]  # fmt: skip

    @admin.display(description=_("counts for the owner"), ordering="charged")
    def stored(self, row: Video) -> str:
        return filesizeformat(row.charged)


@admin.register(Rendition)
class RenditionAdmin(Untouchable, admin.ModelAdmin[Rendition]):
    list_display = ["video", "name", "codecs", "width", "height", "bandwidth", "ended"]
    list_filter = ["kind", "codec", "ended"]
    search_fields = ["video__id"]
    fields = [
        "video", "place", "name", "kind", "codec", "codecs", "width", "height", "frame_rate", "channels", "bandwidth", "average", "size", "ended",
    ]  # fmt: skip


@admin.register(Step)
class StepAdmin(Untouchable, admin.ModelAdmin[Step]):
    list_display = ["video", "kind", "number", "state", "progress", "attempts", "asked", "heard", "seconds"]
    list_filter = ["state", "kind"]
    search_fields = ["video__id", "job"]
    fields = [
        "video",
        "place",
        "kind",
        "number",
        "names",
        "state",
        "progress",
        "job",
        "attempts",
        "asked",
        "heard",
        "seconds",
    ]

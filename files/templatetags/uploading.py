"""What the panel for uploads works with in somebody's own library."""

from typing import Any
from uuid import UUID

from django import template
from django.urls import reverse

from files.tus.door import PATH

register = template.Library()


@register.simple_tag(takes_context=True)
def own_uploads(context: template.Context) -> dict[str, Any]:
    """``upload`` of ``files/upload/_panel.html``, for the folder of the page."""
    folder = context.get("folder")
    return {
        "endpoint": PATH, "before": reverse("files:before"), "folder": folder.pk if folder else "",
        "owner": context["request"].user.pk, "fetches": reverse("files:fetches"),
        "cancel_fetch": reverse("files:cancel_fetch", args=[UUID(int=0)]),
    }  # fmt: skip

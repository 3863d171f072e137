from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class ShortenerConfig(AppConfig):
    name = "shortener"
    verbose_name = _("short links")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts.belongings import belongings
        from meatlizard.api import registry
        from meatlizard.control.services import Service, register
        from meatlizard.moderation import services as moderated
        from meatlizard.moderation.actions.sanctions import account_suspended
        from shortener import (
            knowing,
            services,  # noqa: F401  (registers the long-running parts)
        )
        from shortener.actions.links import SERVICE
        from shortener.moderating import LinkTexts

        paths = ("/links", "/s", "/api/v1/links", "/rest/v3", "/yourls-api.php")
        world = ("/s", "/links/public", "/links/report")
        register(Service("shortener", _("Short links"), paths, world, ("links",), _on_a_domain_of_links))
        moderated.register(SERVICE, LinkTexts())
        belongings(_links)
        knowing.load()
        registry.add_scope("links:read", _("read short links and their figures"))
        registry.add_scope("links:write", _("make, change and delete short links"))
        registry.add_router("/links", "shortener.api.links.router", "links")
        account_suspended.connect(_forget, dispatch_uid="shortener.suspended")
        post_save.connect(_saved, sender=settings.AUTH_USER_MODEL, dispatch_uid="shortener.saved")
        # Once the links are gone: whoever changes one of them has its row first, and then says so.
        post_delete.connect(_forget, sender=settings.AUTH_USER_MODEL, dispatch_uid="shortener.forget")


def _on_a_domain_of_links(scope: dict[str, Any]) -> bool:
    from shortener.redirect.memory import memory
    from shortener.redirect.path import host_of

    return bool(memory.hosts) and host_of(scope).decode("latin-1") in memory.hosts


def _links(user: Any) -> Any:
    from shortener.carrying.export import files_of

    return files_of(user)


def _saved(sender: Any, instance: Any, created: bool, update_fields: Any = None, **kwargs: Any) -> None:
    """Whoever is deactivated, or active again, is so by being saved."""
    if not created and (update_fields is None or "is_active" in update_fields):
        _forget(sender)


def _forget(sender: Any, **kwargs: Any) -> None:
    """Links of a person who was suspended, or whose account goes, lead nowhere any more."""
    from shortener.changes import EVERYTHING, changed

    changed(EVERYTHING)

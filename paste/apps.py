from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import pre_delete
from django.utils.translation import gettext_lazy as _


class PasteConfig(AppConfig):
    name = "paste"
    verbose_name = _("pastes")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts.belongings import belongings
        from meatlizard.accounts.dashboard import dashboard_facts
        from meatlizard.api import registry
        from meatlizard.control.services import Service, register
        from meatlizard.moderation import services as moderated
        from paste import (
            knowing,
            services,  # noqa: F401  (registers the long-running part)
        )
        from paste.checking import SERVICE
        from paste.texts import PasteTexts
        from shortener import targets

        paths = ("/p", "/documents", "/raw", "/sealed", "/api/v1/pastes")
        register(Service("paste", _("Pastes"), paths, scopes=("pastes",)))
        pre_delete.connect(_forget, sender=settings.AUTH_USER_MODEL, dispatch_uid="paste.forget")
        dashboard_facts(_facts)
        belongings(_pastes)
        knowing.load()
        moderated.register(SERVICE, PasteTexts())
        targets.allow_own("/p/")
        registry.add_scope("pastes:read", _("read your pastes"))
        registry.add_scope("pastes:write", _("make, change and delete pastes"))
        registry.add_router("/pastes", "paste.api.router", "pastes")


def _forget(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A person's account is being deleted."""
    from paste.sweeping import forget

    forget(instance.pk)


def _pastes(user: Any) -> Any:
    from paste import carrying

    return carrying.of(user)


def _facts(user: Any) -> dict[str, Any]:
    from paste.access import pastes_of

    return {"paste_count": pastes_of(user).count()}

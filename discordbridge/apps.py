from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate, pre_delete, pre_migrate
from django.utils.translation import gettext_lazy as _


class DiscordBridgeConfig(AppConfig):
    name = "discordbridge"
    verbose_name = _("Discord")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chat.prompting import outside as prompts
        from chat.remembering import places
        from discordbridge.memory import meaning, outside, personal
        from meatlizard.accounts.leaving import anonymising
        from meatlizard.control.services import Service, register
        from meatlizard.vectors import registry

        prompts.register(outside.layers)
        places.register(personal.private)
        registry.register(meaning.NAME, meaning.Messages())
        pre_migrate.connect(_unhook_memory, sender=self, dispatch_uid="discord.memory")
        post_migrate.connect(_make_memory, sender=self, dispatch_uid="discord.memory")
        pre_delete.connect(_forget, sender=settings.AUTH_USER_MODEL, dispatch_uid="discord.forget")
        anonymising.connect(_anonymised, dispatch_uid="discord.anonymise")
        register(Service("discord", _("Discord"), ("/discord",)))
        if settings.DISCORD_TOKEN:
            from discordbridge import (
                health,
                measuring,
                onlooking,  # noqa: F401  (has the pages say who reads along)
            )
            from meatlizard.health.components import component

            component("discord", _("Discord"), health.look)
            measuring.register()
        _tie_when_signing_in()
        if settings.DISCORD_TOKEN and settings.DISCORD_IN_SITE:
            from discordbridge import services  # noqa: F401  (registers the bot of the serving process)


def _unhook_memory(sender: Any, using: str, plan: Any = (), **kwargs: Any) -> None:
    from discordbridge.memory import fulltext

    if plan:
        fulltext.unhook(using)


def _make_memory(sender: Any, using: str, **kwargs: Any) -> None:
    """Index and triggers, after whatever a migration did to the table."""
    from discordbridge.memory import fulltext

    fulltext.make(using)


def _forget(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A person's account is being deleted."""
    from discordbridge.actions import leaving

    leaving.forget(instance.pk)


def _anonymised(sender: Any, person: int, **kwargs: Any) -> None:
    from discordbridge.actions import leaving

    leaving.anonymise(person)


def _tie_when_signing_in() -> None:
    """Who signs in with Discord, or adds it to an account, is the person on Discord, too: the library has asked Discord."""
    from allauth.account.signals import user_logged_in
    from allauth.socialaccount.signals import pre_social_login, social_account_added, social_account_removed

    from discordbridge import signing_in

    pre_social_login.connect(signing_in.asked_in, dispatch_uid="discord.asked_in")
    user_logged_in.connect(signing_in.signed_in, dispatch_uid="discord.signed_in")
    social_account_added.connect(signing_in.added, dispatch_uid="discord.added")
    social_account_removed.connect(signing_in.removed, dispatch_uid="discord.removed")

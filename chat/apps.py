from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate, pre_delete, pre_migrate
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chat import embedding as machines
        from chat import (
            health,
            measuring,
            services,  # noqa: F401  (registers the long-running parts)
        )
        from chat.knowledge import ready as knowledge
        from chat.moderating import classifying
        from chat.moderating.texts import SERVICE, ChatTexts
        from chat.preparing import register
        from chat.queue_control import Generations
        from chat.routes.step import STEP
        from chat.tools import plugins, shipped
        from meatlizard.accounts.belongings import belongings
        from meatlizard.accounts.leaving import anonymising
        from meatlizard.accounts.merging import merging
        from meatlizard.accounts.sessions import session_ended
        from meatlizard.control import queues
        from meatlizard.control.services import Service
        from meatlizard.control.services import register as register_service
        from meatlizard.health.components import component
        from meatlizard.moderation import classifier
        from meatlizard.moderation import services as moderated
        from meatlizard.moderation.actions.sanctions import account_suspended
        from meatlizard.ops.backups import contents as backed_up
        from meatlizard.vectors import embedding

        backed_up.index_of("chat_searchentry")
        pre_migrate.connect(_unhook_search, sender=self, dispatch_uid="chat.search")
        post_migrate.connect(_make_search, sender=self, dispatch_uid="chat.search")
        pre_delete.connect(_forget, sender=settings.AUTH_USER_MODEL, dispatch_uid="chat.forget")
        session_ended.connect(_session_ended, dispatch_uid="chat.session_ended")
        merging.connect(_merged, dispatch_uid="chat.merge")
        anonymising.connect(_anonymised, dispatch_uid="chat.anonymise")
        account_suspended.connect(_suspended, dispatch_uid="chat.suspended")
        component("inference", _("Inference clients"), health.look)
        measuring.register()
        queues.register(Generations())
        register_service(
            Service("chat", _("The chat"), ("/chat", "/ws/chat"), world=("/chat/shared", "/chat/transcripts/link"))
        )
        moderated.register(SERVICE, ChatTexts())
        knowledge.load()
        classifier.register(classifying.ask)
        register(STEP)
        shipped.load()
        plugins.load()
        embedding.register("machines", machines.Machines())
        belongings(_conversations)
        belongings(_transcripts)


def _transcripts(user: Any) -> Any:
    from chat.transcripts.carrying import files_of

    return files_of(user)


def _conversations(user: Any) -> Any:
    from chat.portability.export import files_of

    return files_of(user)


def _forget(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A person's account is being deleted."""
    from chat.leaving import forget

    forget(instance.pk)


def _anonymised(sender: Any, person: int, **kwargs: Any) -> None:
    from chat.leaving import anonymise

    anonymise(person)


def _suspended(sender: Any, person: int, **kwargs: Any) -> None:
    """What a suspended person has open is closed, and what is written for them stopped."""
    from chat.leaving import shut_out

    shut_out(person)


def _merged(sender: Any, old: int, new: int, **kwargs: Any) -> None:
    """Two accounts of one person become one."""
    from chat.merging import merge

    merge(old, new)


def _unhook_search(sender: Any, using: str, plan: Any = (), **kwargs: Any) -> None:
    """Takes the search off the tables that migrations are about to change."""
    from chat.knowledge import fulltext
    from chat.search import unhook

    if plan:
        unhook(using)
        fulltext.unhook(using)


def _make_search(sender: Any, using: str, **kwargs: Any) -> None:
    """Index and triggers of the search, after whatever a migration did to the tables."""
    from chat.knowledge import fulltext
    from chat.search import make

    make(using)
    fulltext.make(using)


def _session_ended(sender: Any, session_key: str, **kwargs: Any) -> None:
    """Open pages of a session that ended are told at once, in every process."""
    from chat.bus import control_on_commit, session_mark

    control_on_commit("session", session_mark(session_key))

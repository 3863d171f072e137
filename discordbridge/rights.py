"""Who may administer from Discord: a guild by role, the whole site by the rights of the account here."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext

from discordbridge.access import guild_settings, person_of
from discordbridge.models import Guild
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound
from meatlizard.ops.switches import operates


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who gives a command of administrators in ``guild``. ``account``: who that is here, if anybody."""

    discord: int
    guild: Guild
    account: User | None
    by_role: bool = field(default=False)

    @property
    def door(self) -> str:
        """For the audit."""
        return f"discord {self.discord}"

    def operator(self, permission: str) -> User:
        """The account, which may do on the site what ``permission`` names. Raises Forbidden."""
        account = self.account
        if account is None or not (account.is_staff and account.has_perm(permission)):
            raise Forbidden(
                gettext(
                    "This changes the whole site. Only an operator of the site may do it, whose account is linked with this one on Discord "
                    "(/link)."
                ),
                code="not_an_operator",
            )
        return account

    def may(self, permission: str) -> bool:
        return self.account is not None and self.account.is_staff and self.account.has_perm(permission)


def actor(discord: int, guild: int, administrator: bool, roles: Iterable[int]) -> Actor:
    """Raises Forbidden for who may administer nothing. ``administrator``: of the Discord server, by its own roles."""
    row = guild_settings(guild)
    if row is None:
        raise NotFound(gettext("The bot has not been in this guild yet."))
    account = person_of(discord)
    if account is not None and (not account.is_active or account.is_suspended):
        raise Forbidden(gettext("Your account on this site is shut out."), code="shut_out")
    by_role = administrator or bool(set(roles).intersection(row.admin_roles))
    if not by_role and not (account is not None and operates(account)):
        raise Forbidden(gettext("This is for administrators of this server."), code="not_an_administrator")
    return Actor(discord, row, account, by_role)

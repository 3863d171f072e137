"""How allauth asks this site: who may register, and where a request comes from."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from meatlizard.accounts.access import needs_setup
from meatlizard.security.client_address import address_key


def is_open(request: HttpRequest) -> bool:
    """Whether a visitor may make an account; by invitation too, the form asks for it. The first one is made by the set-up page."""
    return settings.REGISTRATION in ("open", "invite") and not needs_setup()


class ConfirmGivenAddress(EmailVerificationStage):
    """Asks to confirm an address that was given. Who has none was let in by the operator, or came before the site had mail: waiting for
    a letter that nobody sends would lock them out, the administrator first. Signing up asks for an address where there is mail."""

    def handle(self) -> Any:
        user = self.login.user
        if user is not None and not user.email and not EmailAddress.objects.filter(user=user).exists():
            return None, True
        return super().handle()


class AccountAdapter(DefaultAccountAdapter):
    def get_login_stages(self) -> list[str]:
        ours = f"{ConfirmGivenAddress.__module__}.{ConfirmGivenAddress.__qualname__}"
        theirs = f"{EmailVerificationStage.__module__}.{EmailVerificationStage.__qualname__}"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return is_open(request)

    def get_client_ip(self, request: HttpRequest) -> str:
        # Of an IPv6 address the /64: limits are counted by it, and the list of one's sessions shows it.
        return address_key(request).partition("/")[0]


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return is_open(request)

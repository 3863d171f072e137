"""What tests of the pages of links share."""

from django.test import Client

from meatlizard.accounts.models import User

TARGET = "https://example.org/page?a=1"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client

"""Sentences that more than one door says."""

from django.utils.translation import gettext


def deletion(site: str, slug: str, token: str) -> str:
    """To a visitor, once: nobody can tell it again."""
    return gettext("To delete this paste before its time, keep this address: %(address)s") % {
        "address": f"{site.rstrip('/')}/p/{slug}/forget/?token={token}"
    }

"""Why a video of another site was not brought here."""

from typing import Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final = {
    "not_fetched": _("The video could not be fetched from its address. Look whether it plays there, then try again."),
    "import_unsupported": _("At this address there is no video that can be fetched."),
    "import_closed": _("That site shows this video to its own members, in some countries, or locked alone, so it cannot be fetched."),
    "import_too_large": _("This video is larger than the site takes."),
    "import_refused": _("This address leads to where videos are not fetched from."),
}  # fmt: skip

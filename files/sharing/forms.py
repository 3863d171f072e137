"""What the pages of shares carry, checked."""

import datetime
import re
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from files.models.shares import Audience, Inbox, Share
from files.sharing import terms as rules
from files.sharing.inboxes import InboxTerms
from files.sharing.terms import Terms
from meatlizard.security.passwords import MAX_PASSWORD

HOUR, DAY = 3_600, 86_400
MB: Final = 1_048_576
"""As pages write sizes."""

LIVES: Final = [
    ("", _("never")), (str(HOUR), _("in an hour")), (str(DAY), _("in a day")), (str(7 * DAY), _("in a week")),
    (str(30 * DAY), _("in 30 days")), (str(365 * DAY), _("in a year")),
]  # fmt: skip


class Lasting(forms.Form):
    """What shares and inboxes have in common: a title, a password, an end. ``row``: what is changed, None for a new one."""

    title = forms.CharField(required=False, max_length=rules.MAX_TITLE, label=_("Title"))
    password = forms.CharField(
        required=False, max_length=MAX_PASSWORD, strip=False, label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    no_password = forms.BooleanField(required=False, label=_("Take the password away"))
    life = forms.ChoiceField(required=False, choices=LIVES, label=_("It ends"))

    def __init__(
        self, data: Any = None, *, row: Share | Inbox | None = None, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial, auto_id="share-%s")
        self.keeps: datetime.datetime | None = None
        life = self.fields["life"]
        assert isinstance(life, forms.ChoiceField)
        if row is not None and row.password:
            self.fields["password"].help_text = _("Empty: as it was.")
        else:
            del self.fields["no_password"]
        if row is not None and row.expires is not None:
            # Also of one that is past: what is changed otherwise does not open it again, unless another end is chosen.
            life.choices = [("keep", _("when it did")), *LIVES]
            self.initial["life"], self.keeps = "keep", row.expires

    def password_wanted(self) -> str | None:
        """None: as it was."""
        if self.cleaned_data.get("no_password"):
            return ""
        return self.cleaned_data["password"] or None

    def expires(self) -> datetime.datetime | None:
        life = self.cleaned_data["life"]
        if life == "keep":
            return self.keeps
        return timezone.now() + datetime.timedelta(seconds=int(life)) if life else None


class ShareForm(Lasting):
    audience = forms.ChoiceField(choices=Audience.choices, initial=Audience.LINK, label=_("Who may have it"))
    people = forms.CharField(
        required=False, max_length=20_000, label=_("Names of members"), help_text=_("Parted by spaces or commas."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    max_downloads = forms.IntegerField(
        required=False, min_value=1, max_value=rules.MAX_DOWNLOADS, label=_("Downloads at most"),
        help_text=_("Each file that was fetched whole counts once. Empty: any number."),
    )  # fmt: skip
    view_only = forms.BooleanField(
        required=False,
        label=_("To be looked at only"),
        help_text=_("Shown without a download. Who sees a picture can still keep it."),
    )
    notify = forms.BooleanField(required=False, label=_("Send me a letter when something was downloaded"))
    slug = forms.CharField(
        required=False, max_length=60, label=_("Words of your own in the address"),
        help_text=_("Only with a password or for members. Empty: an address that nobody can guess."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    field_order = (
        "title",
        "audience",
        "people",
        "password",
        "no_password",
        "life",
        "max_downloads",
        "view_only",
        "notify",
        "slug",
    )

    def __init__(self, data: Any = None, *, row: Share | None = None, initial: dict[str, Any] | None = None) -> None:
        begun = dict(initial or {})
        if row is not None:
            names = " ".join(sorted(one.get_username() for one in row.people.all()))
            begun |= {
                "title": row.title, "audience": row.audience, "people": names, "max_downloads": row.max_downloads,
                "view_only": row.view_only, "notify": row.notify,
            }  # fmt: skip
        super().__init__(data, row=row, initial=begun)
        if row is not None:
            del self.fields["slug"]

    def terms(self) -> Terms:
        said = self.cleaned_data
        names = tuple(filter(None, re.split(r"[\s,;]+", said["people"])))
        return Terms(
            said["title"], said["audience"], names, self.password_wanted(), self.expires(), said["max_downloads"], said["view_only"],
            said["notify"],
        )  # fmt: skip


class InboxForm(Lasting):
    note = forms.CharField(
        required=False, max_length=1_000, label=_("What you ask for"), widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Senders read it."),
    )  # fmt: skip
    max_files = forms.IntegerField(min_value=1, max_value=100_000, initial=100, label=_("Files at most"))
    total = forms.IntegerField(min_value=1, max_value=1_000_000, initial=1_024, label=_("MB at most, all together"))
    each = forms.IntegerField(min_value=1, max_value=1_000_000, initial=100, label=_("MB at most, each file"))
    types = forms.CharField(
        required=False, max_length=500, label=_("Kinds of files"),
        help_text=_("Beginnings of types or endings of names, parted by spaces: image/ .pdf. Empty: any."),
    )  # fmt: skip
    members_only = forms.BooleanField(required=False, label=_("Members of this site only"))
    notify = forms.BooleanField(required=False, label=_("Send me a letter when something came in"))
    field_order = (
        "title",
        "note",
        "max_files",
        "total",
        "each",
        "types",
        "members_only",
        "password",
        "no_password",
        "life",
        "notify",
    )

    def __init__(self, data: Any = None, *, row: Inbox | None = None, initial: dict[str, Any] | None = None) -> None:
        begun = dict(initial or {})
        if row is not None:
            begun |= {
                "title": row.title, "note": row.note, "max_files": row.max_files, "total": row.max_bytes // MB,
                "each": row.max_file_bytes // MB, "types": row.types, "members_only": row.members_only, "notify": row.notify,
            }  # fmt: skip
        super().__init__(data, row=row, initial=begun)

    def terms(self) -> InboxTerms:
        said = self.cleaned_data
        return InboxTerms(
            title=said["title"], note=said["note"], max_files=said["max_files"], max_bytes=said["total"] * MB,
            max_file_bytes=said["each"] * MB, types=said["types"], members_only=said["members_only"],
            password=self.password_wanted(), expires=self.expires(), notify=said["notify"],
        )  # fmt: skip


class PasswordForm(forms.Form):
    password = forms.CharField(
        max_length=MAX_PASSWORD,
        strip=False,
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

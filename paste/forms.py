"""What the pages of pastes carry, checked."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.errors import Invalid
from meatlizard.security.passwords import MAX_PASSWORD
from paste.actions import Terms
from paste.checking import ANONYMOUS_DAYS, MAX_DAYS, MAX_FILES, MAX_TITLE, MAX_VIEWS
from paste.contents import Draft
from paste.models import Paste

MINUTE, HOUR, DAY = 60, 3_600, 86_400
LIVES = [
    ("", _("never")), (str(10 * MINUTE), _("in 10 minutes")), (str(HOUR), _("in an hour")), (str(DAY), _("in a day")),
    (str(7 * DAY), _("in a week")), (str(30 * DAY), _("in 30 days")), (str(365 * DAY), _("in a year")),
]  # fmt: skip


class TermsForm(forms.Form):
    """Who may read it, how often and for how long. Without an account not all of it is offered."""

    privacy = forms.ChoiceField(
        choices=Paste.Privacy.choices, initial=Paste.Privacy.UNLISTED, label=_("Who may read it")
    )
    password = forms.CharField(
        required=False, max_length=MAX_PASSWORD, strip=False, label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    life = forms.ChoiceField(required=False, choices=LIVES, label=_("It ends"))
    views = forms.IntegerField(
        required=False, min_value=1, max_value=MAX_VIEWS, label=_("Times it can be read"),
        help_text=_("1: once, then it is gone. Empty: as often as one likes."),
    )  # fmt: skip
    discussion = forms.BooleanField(required=False, initial=True, label=_("Readers may comment"))

    def __init__(self, *args: Any, anonymous: bool = False, paste: Paste | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        privacy, life = self.fields["privacy"], self.fields["life"]
        assert isinstance(privacy, forms.ChoiceField) and isinstance(life, forms.ChoiceField)
        if anonymous:
            privacy.choices = [pair for pair in Paste.Privacy.choices if pair[0] != Paste.Privacy.PRIVATE]
            life.choices = [pair for pair in LIVES if pair[0] and int(pair[0]) <= ANONYMOUS_DAYS * DAY]
            life.initial = str(7 * DAY)
        self.keeps: datetime.datetime | None = None
        if paste is not None:
            self._of(paste, life)

    def _of(self, paste: Paste, life: forms.ChoiceField) -> None:
        self.fields["password"].help_text = _("Empty: as it was.") if paste.password else ""
        if paste.expires is not None:
            life.choices = [("keep", _("when it did")), *LIVES]
            self.keeps = paste.expires
        self.initial = {
            **self.initial,
            "privacy": paste.privacy, "views": paste.views_left, "discussion": paste.discussion,
            "life": "keep" if paste.expires else "",
        }  # fmt: skip

    def terms(self) -> Terms:
        said = self.cleaned_data
        life = said["life"]
        expires = self.keeps if life == "keep" else None
        if life and life != "keep":
            expires = timezone.now() + datetime.timedelta(seconds=min(int(life), MAX_DAYS * DAY))
        return Terms(said["privacy"], said["password"], expires, said["views"], said["discussion"])


class PasteForm(TermsForm):
    title = forms.CharField(required=False, max_length=MAX_TITLE, label=_("Title"))
    publish_anyway = forms.BooleanField(required=False, label=_("Publish it with what looks like a secret"))
    field_order = ("title", "privacy", "password", "life", "views", "discussion")


class RevisionForm(forms.Form):
    title = forms.CharField(required=False, max_length=MAX_TITLE, label=_("Title"))
    note = forms.CharField(required=False, max_length=200, label=_("What you changed"))
    publish_anyway = forms.BooleanField(required=False, label=_("Publish it with what looks like a secret"))
    base = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class PasswordForm(forms.Form):
    password = forms.CharField(
        max_length=MAX_PASSWORD,
        strip=False,
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class CommentForm(forms.Form):
    text = forms.CharField(max_length=10_000, label=_("Comment"), widget=forms.Textarea(attrs={"rows": 4}))
    parent = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)


class CollectionForm(forms.Form):
    title = forms.CharField(max_length=MAX_TITLE, label=_("Name"))
    public = forms.BooleanField(required=False, label=_("Whoever has its address may read it"))


def drafts(request: HttpRequest, before: Sequence[Draft] = ()) -> list[Draft]:
    """The files of a form. Those of the editor are numbered from 0: ``name-0``, ``format-0``, ``text-0`` (a text or, from the page's
    script, a file), or ``keep-0`` with the place of one of ``before`` that stays as it is; beside them come ``file``s.
    """
    return [*_edited(request, before), *_uploaded(request)][: MAX_FILES + 1]


def _edited(request: HttpRequest, before: Sequence[Draft]) -> Iterator[Draft]:
    post = request.POST
    for number in range(MAX_FILES + 1):
        name, format = post.get(f"name-{number}"), post.get(f"format-{number}", "")
        if name is None:
            continue
        keep = post.get(f"keep-{number}", "")
        if keep:
            yield Draft(name, _kept(keep, before).data, format)
            continue
        file = request.FILES.get(f"text-{number}")
        data = file.read() if isinstance(file, UploadedFile) else _typed(post.get(f"text-{number}", ""))
        if data.strip():
            yield Draft(name, data, format)


def _typed(text: str) -> bytes:
    # Browsers send every end of a line of a form as two characters.
    return text.replace("\r\n", "\n").encode(errors="replace")


def _kept(keep: str, before: Sequence[Draft]) -> Draft:
    if not keep.isdecimal() or len(keep) > 3 or int(keep) >= len(before):
        raise Invalid(gettext("This file is not there any more. Open the paste again."), code="no_such_file")
    return before[int(keep)]


def _uploaded(request: HttpRequest) -> Iterator[Draft]:
    for file in request.FILES.getlist("file"):
        data = file.read()
        if data:
            yield Draft(file.name or "", data)

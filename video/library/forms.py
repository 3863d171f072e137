"""What the pages of the library carry, checked. People are named by their username, one a line or with commas."""

import re
from typing import Any, Final

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from meatlizard.accounts.models import User
from meatlizard.security.passwords import MAX_PASSWORD
from video.embedding.hosts import named
from video.models import Category, Channel, Video

LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?", re.IGNORECASE)


class ChannelField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} (@{obj.handle})"


class CategoryField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return gettext(obj.name)


class VideoForm(forms.Form):
    """Everything that its owner says of a video. An empty password keeps the one there is."""

    title = forms.CharField(max_length=200, label=_("Title"))
    description = forms.CharField(
        required=False, max_length=20_000, label=_("Description"), widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Markdown. Times such as 1:30 lead there; three lines or more that begin with one, the first of them 0:00, are chapters."),
    )  # fmt: skip
    tags = forms.CharField(required=False, max_length=1_500, label=_("Tags"), help_text=_("Divided by commas."))
    channel = ChannelField(Channel.objects.none(), to_field_name="handle", empty_label=None, label=_("Channel"))
    category = CategoryField(Category.objects.none(), required=False, to_field_name="slug", label=_("Category"))
    language = forms.RegexField(
        LANGUAGE,
        required=False,
        max_length=12,
        label=_("Language"),
        help_text=_("Its short form, such as en or pt-BR."),
    )
    privacy = forms.ChoiceField(choices=Video.Privacy.choices, label=_("Who sees it"))
    password = forms.CharField(
        required=False, max_length=MAX_PASSWORD, strip=False, label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )  # fmt: skip
    people = forms.CharField(
        required=False, max_length=8_000, label=_("People"), widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Usernames, divided by commas or lines.")
    )  # fmt: skip
    embed = forms.ChoiceField(choices=Video.Embed.choices, label=_("It may be embedded"))
    embed_hosts = forms.CharField(
        required=False, max_length=2_000, label=_("Sites that may embed it"), widget=forms.Textarea(attrs={"rows": 3}), help_text=_("One a line, such as example.org.")
    )  # fmt: skip
    downloads = forms.BooleanField(required=False, label=_("Whoever sees it may download it"))
    comments = forms.ChoiceField(choices=Video.Comments.choices, label=_("Comments"))

    def __init__(self, data: Any, video: Video, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial, auto_id="video-%s")
        self.video = video
        self.named: list[User] = []
        channel, category = self.fields["channel"], self.fields["category"]
        assert isinstance(channel, ChannelField) and isinstance(category, CategoryField)
        channel.queryset = Channel.objects.filter(owner=video.owner_id)
        category.queryset = Category.objects.all()
        if video.password:
            self.fields["password"].help_text = _("Empty: as it was.")

    def clean_people(self) -> str:
        said: str = self.cleaned_data["people"]
        names = {name.strip() for name in re.split(r"[,\n]", said.replace("\x00", "")) if name.strip()}
        self.named = list(User.objects.filter(username__in=names, is_active=True))
        if missing := sorted(names - {person.get_username() for person in self.named}):
            raise forms.ValidationError(
                ngettext("There is nobody called %(names)s.", "There is nobody called any of these: %(names)s.", len(missing)) % {"names": ", ".join(missing[:10])}
            )  # fmt: skip
        return said

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("privacy") == Video.Privacy.PASSWORD and not found.get("password") and not self.video.password:
            self.add_error("password", _("Give a password, or choose otherwise who sees it."))
        if found.get("embed") == Video.Embed.HOSTS and not named(found.get("embed_hosts", "")):
            self.add_error("embed_hosts", _("Name one site at least, such as example.org."))
        return found


class PasswordForm(forms.Form):
    password = forms.CharField(
        max_length=MAX_PASSWORD, strip=False, label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": True})
    )  # fmt: skip


class ChannelForm(forms.Form):
    """``handle`` only of a new one: addresses stay."""

    name = forms.CharField(max_length=80, label=_("Name"))
    handle = forms.CharField(
        max_length=60,
        label=_("Handle"),
        help_text=_("In its address: small letters, digits, hyphens and underscores. It stays as it is."),
    )
    about = forms.CharField(
        required=False,
        max_length=5_000,
        label=_("About"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Markdown."),
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None, made: bool = False) -> None:
        super().__init__(data, initial=initial, auto_id="channel-%s")
        if made:
            del self.fields["handle"]

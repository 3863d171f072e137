from django import forms
from django.utils.translation import gettext_lazy as _

from meatlizard.accounts.models import User
from video.models import Playlist


class PlaylistForm(forms.Form):
    title = forms.CharField(label=_("Name"), max_length=150)
    about = forms.CharField(
        label=_("About it"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    privacy = forms.ChoiceField(
        label=_("Who sees it"), choices=Playlist.Privacy.choices, initial=Playlist.Privacy.PRIVATE
    )
    people = forms.CharField(
        label=_("Shared with"), required=False, max_length=5_000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Names of members, one a line. They see it while it is shared."),
    )  # fmt: skip

    def clean_people(self) -> list[User]:
        names = list(dict.fromkeys(name.strip() for name in self.cleaned_data["people"].splitlines() if name.strip()))
        found = {user.get_username(): user for user in User.objects.filter(username__in=names[:200], is_active=True)}
        if missing := [name for name in names if name not in found]:
            raise forms.ValidationError(_("There is nobody called %(name)s."), params={"name": missing[0]})
        return list(found.values())
